"""What a device sends as one transfer, and what may go wrong on its way.

A transfer is a row of steps: bytes, and marks at which something happens instead of the next packet. Without marks it is what a faultless
device sends.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firmware_sim.core.urb import Piece

if TYPE_CHECKING:
    from firmware_sim.core.endpoints import InEndpoint


@dataclass(frozen=True)
class Mark:
    """Reached when a host waits for the next packet: `happen` is called once, under the device's lock."""

    happen: Callable[[InEndpoint], None]


Step = Piece | Mark


class Transfer:
    def __init__(self, steps: Iterable[Step], *, terminated: bool, tag: str) -> None:
        self._steps: deque[memoryview | Mark] = deque(
            step if isinstance(step, Mark) else memoryview(step) for step in steps if isinstance(step, Mark) or step
        )
        self.terminated = terminated  # ends with a short packet or a zero-length packet
        self.tag = tag
        self.begun = False

    def mark(self) -> Mark | None:
        """The mark that comes next, taken from the row."""
        head = self._steps[0] if self._steps else None
        if not isinstance(head, Mark):
            return None
        self.begun = True
        self._steps.popleft()
        return head

    @property
    def left(self) -> int:
        """Bytes until the next mark or the end."""
        head = self._steps[0] if self._steps else b""
        return 0 if isinstance(head, Mark) else len(head)

    @property
    def over(self) -> bool:
        """Nothing follows the bytes that are left."""
        return not self._steps or (len(self._steps) == 1 and not isinstance(self._steps[0], Mark))

    def cut(self, size: int) -> memoryview:
        """The next bytes, at most `left`."""
        self.begun = True
        head = self._steps[0] if self._steps else memoryview(b"")
        assert not isinstance(head, Mark), "a mark is taken before the bytes behind it"
        if size < len(head):
            self._steps[0] = head[size:]
        elif self._steps:
            self._steps.popleft()
        return head[:size]

    def bytes_left(self) -> bytes:
        """All that has not been sent, without the marks."""
        return b"".join(step for step in self._steps if not isinstance(step, Mark))
