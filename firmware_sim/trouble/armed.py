"""A fault that waits for its time."""

from __future__ import annotations

from dataclasses import dataclass, field

from firmware_sim.faults import Fault, Values


@dataclass(eq=False)
class Armed:
    """`times` and `after` of the fault are counted here."""

    fault: Fault
    values: Values
    passed: int = field(default=0, init=False)  # occasions that came
    happened: int = field(default=0, init=False)

    def number(self, name: str) -> int:
        return int(self.values[name])

    def text(self, name: str) -> str:
        return str(self.values[name])

    @property
    def spent(self) -> bool:
        times = self.values.get("times", 1)
        return times != 0 and self.happened >= int(times)

    def strikes(self) -> bool:
        """An occasion has come: whether it happens now."""
        if self.spent:
            return False
        self.passed += 1
        if self.passed <= int(self.values.get("after", 0)):
            return False
        self.happened += 1
        return True

    def as_json(self) -> dict[str, object]:
        return {"name": self.fault.name, "values": dict(self.values), "happened": self.happened, "spent": self.spent}
