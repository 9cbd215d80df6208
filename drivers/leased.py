"""A scanner that is opened under a lease: two programs never speak to one device, and who has it is said in words."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from drivers.device import Capabilities, DeviceEvent, DeviceInfo, Indication, Request, Scanner, SelfTest
from drivers.errors import Busy
from drivers.lease import DURATION, Lease, Leases
from drivers.states import DeviceState


class LeasedScanner:
    """A `drivers.device.Scanner` around another. From `open` to `close` a thread renews the lease."""

    def __init__(self, scanner: Scanner, leases: Leases, name: str, *, renew_every: float = DURATION / 3) -> None:
        """`name`: the serial number that the lease is for."""
        self._scanner = scanner
        self._leases = leases
        self._name = name
        self._every = renew_every
        self._lease: Lease | None = None
        self._ended = threading.Event()
        self._renewing: threading.Thread | None = None
        self._taken_over = False

    @property
    def info(self) -> DeviceInfo:
        return self._ours().info

    @property
    def capabilities(self) -> Capabilities:
        return self._ours().capabilities

    @property
    def state(self) -> DeviceState:
        return DeviceState.LOST if self._taken_over else self._scanner.state

    def open(self) -> None:
        """Raises Busy, naming the holder; and what opening raises."""
        self.close()
        lease = self._leases.take(self._name)
        try:
            self._scanner.open()
        except BaseException:
            lease.release()
            raise
        self._lease, self._taken_over, self._ended = lease, False, threading.Event()
        self._renewing = threading.Thread(target=self._renew, args=(lease, self._ended), name=f"lease-{self._name}", daemon=True)
        self._renewing.start()

    def close(self) -> None:
        self._ended.set()
        if self._renewing is not None:
            self._renewing.join()
        lease, self._lease = self._lease, None
        self._scanner.close()
        if lease is not None:
            lease.release()

    def self_test(self) -> SelfTest:
        return self._ours().self_test()

    def platen_clear(self) -> bool | None:
        return self._ours().platen_clear()

    def indicate(self, indication: Indication) -> None:
        self._ours().indicate(indication)

    def arm(self, request: Request) -> int:
        return self._ours().arm(request)

    def trigger(self, token: int) -> None:
        self._ours().trigger(token)

    def cancel(self, token: int) -> None:
        self._ours().cancel(token)

    def events(self, token: int) -> Iterator[DeviceEvent]:
        return self._ours().events(token)

    def _ours(self) -> Scanner:
        if self._taken_over:
            raise Busy(f"The device {self._name} was taken over by another program while this one did not answer.")
        return self._scanner

    def _renew(self, lease: Lease, ended: threading.Event) -> None:
        while not ended.wait(self._every):
            if not lease.renew():
                if not ended.is_set():
                    self._taken_over = True
                    self._scanner.close()
                return
