"""Endpoints that move packets, not byte streams (USB 2.0, 5.8.3 and 8.5).

A read ends when it is full or when a packet shorter than wMaxPacketSize arrives. A packet that does not fit into the room left is
babble: the read ends with EOVERFLOW and the packet is kept, as it was never acknowledged. No packet to send is a NAK: the read waits.
Not thread-safe by themselves: the device's lock is held around every call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from firmware_sim.core.pace import Throttle
from firmware_sim.core.transfer import Transfer
from firmware_sim.core.urb import Piece, Status, Urb, UrbFlag

Shape = Callable[["InEndpoint", Transfer], Iterable[Transfer]]


class InEndpoint:
    """Device to host. `shape` may change what is sent (a fault), `meter` how fast it moves (USB's speed)."""

    def __init__(self, address: int, max_packet: int) -> None:
        self.address = address
        self.max_packet = max_packet
        self.halted = False
        self.nak = False  # the device answers every IN token with NAK
        self.shape: Shape | None = None
        self.meter: Throttle | None = None
        self._transfers: deque[Transfer] = deque()
        self._reads: deque[Urb] = deque()

    def send(self, data: Piece, *, tag: str = "", terminated: bool = True) -> None:
        """Queue one transfer; it flows as the host reads."""
        transfer = Transfer([data], terminated=terminated, tag=tag)
        self._transfers.extend([transfer] if self.shape is None else self.shape(self, transfer))
        self.flow()

    def queue(self, transfer: Transfer) -> None:
        """Queue a transfer past `shape`."""
        self._transfers.append(transfer)
        self.flow()

    def submit(self, urb: Urb) -> None:
        if self.halted:
            urb.finish(Status.STALL)
            return
        self._reads.append(urb)
        self.flow()

    def cancel(self, urb: Urb) -> bool:
        """Take back a waiting read; False when it had already ended. What it had received is lost, as on the bus."""
        if urb not in self._reads:
            return False
        self._reads.remove(urb)
        return True

    def waiting(self, tag: str) -> int:
        """How many transfers with this tag no host has begun to read."""
        return sum(transfer.tag == tag and not transfer.begun for transfer in self._transfers)

    def begun(self, tag: str) -> bool:
        """A transfer with this tag has been read in part."""
        return any(transfer.tag == tag and transfer.begun for transfer in self._transfers)

    def drop(self, tag: str) -> None:
        """Forget the transfers with this tag that no host has begun to read; one half read goes on to its end."""
        self._transfers = deque(transfer for transfer in self._transfers if transfer.begun or transfer.tag != tag)

    def __len__(self) -> int:
        return len(self._transfers)

    @property
    def starved(self) -> bool:
        """A host reads, there is something to send, and only the meter holds it back."""
        return bool(self._reads and self._transfers) and not (self.halted or self.nak)

    def halt(self) -> None:
        self.halted = True
        self._end_all(Status.STALL)

    def fail(self, status: Status) -> None:
        """The read that waits longest ends like this."""
        if self._reads:
            self._reads.popleft().finish(status)

    def give_up(self, transfer: Transfer) -> None:
        """Forget what is left of a transfer."""
        if transfer in self._transfers:
            self._transfers.remove(transfer)

    def clear(self) -> None:
        """CLEAR_FEATURE(ENDPOINT_HALT): a transfer half read is given up, whole ones are kept, so the host finds a header next."""
        self.halted = False
        if self._transfers and self._transfers[0].begun:
            self._transfers.popleft()
        self.flow()

    def reset(self, status: Status = Status.GONE) -> None:
        """Forget everything: bus reset, new configuration, unplugged."""
        self.halted = self.nak = False
        self._transfers.clear()
        self._end_all(status)

    def flow(self) -> None:
        """Move what can be moved."""
        while self.starved:
            urb = self._reads[0]
            status = self._fill(urb)
            if self._reads and self._reads[0] is urb:
                if status is None:
                    return
                self._reads.popleft().finish(status)

    def _fill(self, urb: Urb) -> Status | None:
        """The end of the read; None when it must wait for more, for the meter, or because a mark has ended or halted it."""
        while self.starved and self._reads[0] is urb:
            transfer = self._transfers[0]
            if mark := transfer.mark():
                mark.happen(self)
                continue
            whole = self._may_move(min(urb.length - urb.actual, transfer.left) // self.max_packet * self.max_packet)
            if whole:
                urb.take(transfer.cut(whole))
            if self._held_back(urb, transfer):
                return None
            status = self._last_packet(urb, transfer)
            if status is not None:
                return status
        return None

    def _may_move(self, wanted: int) -> int:
        if self.meter is None:
            return wanted
        allowed = self.meter(wanted) // self.max_packet * self.max_packet
        self.meter.moved(allowed)
        return allowed

    def _held_back(self, urb: Urb, transfer: Transfer) -> bool:
        return self.meter is not None and min(urb.length - urb.actual, transfer.left) >= self.max_packet

    def _last_packet(self, urb: Urb, transfer: Transfer) -> Status | None:
        """After the whole packets: the end of the read, or None when something else goes into the same read."""
        room, left = urb.length - urb.actual, transfer.left
        if room == 0 and urb.length:
            if not left and transfer.over and not transfer.terminated:
                self._transfers.popleft()
            return Status.OK
        if left == 0 and not (transfer.over and transfer.terminated):
            if transfer.over:
                self._transfers.popleft()
            return None
        if min(left, self.max_packet) > room:
            return Status.BABBLE
        if transfer.over:
            self._transfers.popleft()
        urb.take(transfer.cut(left))
        return Status.OK

    def _end_all(self, status: Status) -> None:
        while self._reads:
            self._reads.popleft().finish(status)


class OutEndpoint:
    """Host to device: whole transfers are handed to `receive`, each ended by a short or zero-length packet."""

    def __init__(self, address: int, max_packet: int, receive: Callable[[bytes], None], limit: int = 4096) -> None:
        self.address = address
        self.max_packet = max_packet
        self.halted = False
        self.nak = False
        self._receive = receive
        self._limit = limit  # bytes in one transfer; more is a STALL
        self._partial = bytearray()
        self._writes: deque[Urb] = deque()

    def submit(self, urb: Urb) -> None:
        if self.halted:
            urb.finish(Status.STALL)
            return
        self._writes.append(urb)
        self.flow()

    def cancel(self, urb: Urb) -> bool:
        if urb not in self._writes:
            return False
        self._writes.remove(urb)
        return True

    def halt(self) -> None:
        self.halted = True
        self._end_all(Status.STALL)

    def clear(self) -> None:
        self.halted = False
        self._partial.clear()
        self.flow()

    def reset(self, status: Status = Status.GONE) -> None:
        self.halted = self.nak = False
        self._partial.clear()
        self._end_all(status)

    def flow(self) -> None:
        while self._writes and not (self.halted or self.nak):
            self._accept(self._writes.popleft())

    def _accept(self, urb: Urb) -> None:
        self._partial += urb.data
        if len(self._partial) > self._limit:
            self._partial.clear()
            self.halted = True
            urb.finish(Status.STALL)
            self._end_all(Status.STALL)
            return
        urb.actual = len(urb.data)
        ended = len(urb.data) % self.max_packet != 0 or not urb.data or UrbFlag.ZERO_PACKET in urb.flags
        urb.finish(Status.OK)
        if ended:
            whole = bytes(self._partial)
            self._partial.clear()
            self._receive(whole)

    def _end_all(self, status: Status) -> None:
        while self._writes:
            self._writes.popleft().finish(status)
