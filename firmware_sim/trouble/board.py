"""Where faults are armed: one board for each bench. It hangs itself into the hooks once, and asks the armed faults in their order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from firmware_sim.faults import find, read_values
from firmware_sim.trouble.armed import Armed

Deed = Callable[[Armed], None]


@dataclass(frozen=True)
class Move:
    """What a fault does at the moment it is armed, and when it is cleared. The others only wait for their occasion."""

    arm: Deed = lambda _: None
    clear: Deed = lambda _: None


class Board:
    """`lock` is the device's: every hook is called under it."""

    def __init__(self, model: str, lock: threading.Condition, moves: Mapping[str, Move]) -> None:
        self.model = model
        self.armed: list[Armed] = []
        self._lock = lock
        self._moves = moves

    def arm(self, name: str, given: Mapping[str, object] | None = None) -> Armed:
        """Raises FaultError."""
        fault = find(name, self.model)
        armed = Armed(fault, read_values(fault, given or {}))
        with self._lock:
            self.armed.append(armed)
            self._moves.get(name, Move()).arm(armed)
            self._lock.notify_all()
        return armed

    def clear(self, name: str = "") -> int:
        """Take back one fault by name, or all; how many."""
        with self._lock:
            gone = [armed for armed in self.armed if name in ("", armed.fault.name)]
            self.armed = [armed for armed in self.armed if armed not in gone]
            for armed in gone:
                self._moves.get(armed.fault.name, Move()).clear(armed)
            self._lock.notify_all()
        return len(gone)

    def waiting(self, *names: str) -> Iterator[Armed]:
        """Armed faults of these names that are not spent."""
        return (armed for armed in list(self.armed) if armed.fault.name in names and not armed.spent)

    def striking(self, *names: str) -> Armed | None:
        """An occasion for these faults has come: the one that happens now, if any."""
        return next((armed for armed in self.waiting(*names) if armed.strikes()), None)

    def tell(self) -> list[dict[str, object]]:
        return [armed.as_json() for armed in self.armed]
