"""Attaches the bench's device to this machine's own kernel, over a socket pair: no USB/IP port, no tool. Root only."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path

from firmware_sim.core.device import UsbDevice
from firmware_sim.hosts import vhci_sysfs
from firmware_sim.hosts.usbip_importer import Importer
from firmware_sim.hosts.usbip_wire import UsbipError
from firmware_sim.hosts.vhci_sysfs import SYSFS, VhciError


class VhciPort:
    """One device on one port of the kernel. Raises VhciError."""

    def __init__(self, device: UsbDevice, sysfs: Path = SYSFS) -> None:
        self._device = device
        self._sysfs = sysfs
        if not device.claim(self):
            raise VhciError("The simulated device is imported by somebody else.")
        self._ours, kernels = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._devid = 1 << 16 | device.number
        try:
            with kernels:
                self.port = vhci_sysfs.attach(kernels, self._devid, int(device.descriptors.speed), sysfs)
        except VhciError:
            self._ours.close()
            device.release(self)
            raise
        self._thread = threading.Thread(target=self._serve, name="vhci", daemon=True)
        self._thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            vhci_sysfs.detach(self.port, self._sysfs)
        with contextlib.suppress(OSError):
            self._ours.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    def _serve(self) -> None:
        try:
            with contextlib.suppress(OSError, EOFError, UsbipError):
                Importer(self._device, self._devid, self._ours).run()
        finally:
            self._ours.close()
            self._device.release(self)
