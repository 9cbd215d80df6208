"""Real libusb without a USB kernel: simulated devices behind an emulated usbfs (Debian's umockdev).

Run by /usr/bin/python3 with python3-gi and gir1.2-umockdev-1.0, as a script. It imports devices from our simulator over USB/IP, shows
them in a testbed as the kernel would in sysfs and /dev/bus/usb, and answers the ioctls that libusb makes. A client runs with the
environment that the ready line names. One line of JSON for each thing that happens goes to standard output: ready, plugged, unplugged.

A cable pulled at the simulator is a uevent "remove", ENODEV for every later ioctl, and ESHUTDOWN for every request under way; one put back
is another device number and a uevent "add".
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import select
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import gi  # the path above is what makes the rest importable by Debian's Python

gi.require_version("UMockdev", "1.0")
from gi.repository import GLib, UMockdev  # noqa: E402

from firmware_sim.hosts import usbfs  # noqa: E402
from firmware_sim.hosts.usbfs import Face, SubmittedUrb  # noqa: E402
from firmware_sim.hosts.usbip_caller import Call, CallFailed, CallRefused  # noqa: E402

BUSID = "1-1"
LOOK_EVERY = 0.1  # s between two looks for a device that is not there
HOLD = 1  # ms that "nothing to reap" waits for something: libusb asks again at once
BUSY = 0.005  # s after a request, in which its answer is likely: nothing is held then
CLEAR_FEATURE, SET_FEATURE, GET_DESCRIPTOR, SET_CONFIGURATION, SET_INTERFACE = 1, 3, 6, 9, 11
PORT_RESET = 4
PRELOAD = "libumockdev-preload.so.0"


class Pending:
    """One URB of a client."""

    def __init__(self, memory: Any, pointer: int, urb: SubmittedUrb) -> None:
        self.memory = memory
        self.pointer = pointer
        self.urb = urb
        self.number = 0  # at the USB/IP server
        self.status = 0
        self.data = b""
        self.moved = 0


class Opened:
    """One open file of a client: its requests, and what it has claimed. Guarded by the port's lock."""

    def __init__(self, descriptor: int | None = None) -> None:
        self.descriptor = descriptor  # of the socket that its ioctls come by
        self.under_way: dict[int, Pending] = {}
        self.done: deque[Pending] = deque()
        self.claimed: set[int] = set()
        self.reaping: Any = None  # a reap that waits
        self.busy_until = 0.0  # s, monotonic

    @property
    def hung_up(self) -> bool:
        """Its program has ended, perhaps inside an ioctl, which umockdev does not notice."""
        return self.descriptor is not None and hung_up(self.descriptor)


class Usbfs(UMockdev.IoctlBase):  # type: ignore[misc]
    """The ioctls of one device node."""

    def __init__(self, call: Call, face: Face) -> None:
        super().__init__()
        self._call = call
        self._face = face
        self._lock = threading.RLock()
        self._files: dict[Any, Opened] = {}
        self._buried: list[Any] = []  # umockdev complains of clients that are forgotten before their socket is closed
        self._table: dict[int, Callable[[Any, Opened], None]] = {
            usbfs.GET_CAPABILITIES: lambda client, _: self._give_word(client, usbfs.CAPABILITIES),
            usbfs.GET_SPEED: lambda client, _: client.complete(self._face.speed, 0),
            usbfs.CONNECT_INFO: lambda client, _: self._give(client, struct.pack("<IBxxx", self._face.number, 0)),
            usbfs.GET_DRIVER: lambda client, _: client.complete(-1, errno.ENODATA),
            usbfs.IOCTL: lambda client, _: client.complete(-1, errno.ENODATA),
            usbfs.CLAIM_INTERFACE: lambda client, opened: self._claim(client, opened, _word(client)),
            usbfs.DISCONNECT_CLAIM: lambda client, opened: self._claim(client, opened, _word(client)),
            usbfs.RELEASE_INTERFACE: self._release,
            usbfs.SUBMIT_URB: self._submit,
            usbfs.DISCARD_URB: self._discard,
            usbfs.REAP_URB: lambda client, opened: self._reap(client, opened, wait=True),
            usbfs.REAP_URB_NO_DELAY: lambda client, opened: self._reap(client, opened, wait=False),
            usbfs.CLEAR_HALT: lambda client, _: self._forward(client, 0x02, CLEAR_FEATURE, 0, _word(client)),
            usbfs.SET_INTERFACE: lambda client, _: self._set_interface(client),
            usbfs.SET_CONFIGURATION: lambda client, _: self._set_configuration(client),
            usbfs.RESET: lambda client, _: self._reset(client),
        }

    def do_handle_ioctl(self, client: Any) -> bool:
        action = self._table.get(client.get_request())
        with self._lock:
            opened = self._opened(client)
            if self._call.over.is_set() and client.get_request() not in (usbfs.REAP_URB, usbfs.REAP_URB_NO_DELAY, usbfs.DISCARD_URB):
                client.complete(-1, errno.ENODEV)
            elif action is None:
                client.complete(-1, errno.ENOTTY)
            else:
                action(client, opened)
        return True

    def gone(self) -> None:
        """The cable was pulled: whoever waits for something to reap is told."""
        with self._lock:
            for opened in self._files.values():
                self._serve_reap(opened)

    def do_client_connected(self, client: Any) -> None:
        with self._lock:
            self._bury()
            known = {opened.descriptor for opened in self._files.values()}
            new = [number for number in accepted(self._face.node) if number not in known and not hung_up(number)]
            self._files[client] = Opened(new[0] if len(new) == 1 else None)

    def _opened(self, client: Any) -> Opened:
        return self._files.setdefault(client, Opened())

    def _bury(self) -> None:
        """What was open in a program that has ended is closed: requests are taken back, interfaces are free."""
        for client, opened in list(self._files.items()):
            if not client.get_connected() or opened.hung_up:
                del self._files[client]
                self._buried.append(client)
                self._close(opened)

    def _close(self, opened: Opened) -> None:
        for pending in opened.under_way.values():
            self._call.unlink(pending.number, lambda _: None)

    def _claim(self, client: Any, opened: Opened, number: int) -> None:
        self._bury()
        if number != self._face.configuration[9 + 2]:
            client.complete(-1, errno.ENOENT)
        elif any(number in other.claimed for other in self._files.values() if other is not opened):
            client.complete(-1, errno.EBUSY)
        else:
            opened.claimed.add(number)
            client.complete(0, 0)

    def _release(self, client: Any, opened: Opened) -> None:
        number = _word(client)
        client.complete(*((0, 0) if number in opened.claimed else (-1, errno.EINVAL)))
        opened.claimed.discard(number)

    def _submit(self, client: Any, opened: Opened) -> None:
        pointer = _pointer(client)
        memory = client.get_arg().resolve(0, usbfs.URB_SIZE)
        urb = SubmittedUrb.parse(bytes(memory.retrieve()))
        pending = Pending(memory, pointer, urb)
        opened.under_way[pointer] = pending
        opened.busy_until = time.monotonic() + BUSY
        buffer = self._buffer(pending)
        if urb.kind == usbfs.URB_CONTROL:
            setup, data = buffer[:8], buffer[8:]
            endpoint, length = setup[0] & 0x80, struct.unpack_from("<H", setup, 6)[0]
            outgoing = b"" if endpoint else data[:length]
        else:
            setup, endpoint, length, outgoing = bytes(8), urb.endpoint, urb.length, buffer
        client.complete(0, 0)

        def ended(status: int, data: bytes, moved: int) -> None:
            self._ended(opened, pending, status, data, moved)

        flags = urb.flags & 0x41  # SHORT_NOT_OK, ZERO_PACKET have the kernel's own numbers
        pending.number = self._call.submit(endpoint, length, ended, data=outgoing, setup=setup, flags=flags)

    @staticmethod
    def _buffer(pending: Pending) -> bytes:
        """What the client has written for the device."""
        urb = pending.urb
        if not urb.length or (urb.kind != usbfs.URB_CONTROL and urb.endpoint & 0x80):
            return b""
        return bytes(pending.memory.resolve(usbfs.URB_BUFFER, urb.length).retrieve())

    def _discard(self, client: Any, opened: Opened) -> None:
        pending = opened.under_way.get(_pointer(client))
        client.complete(*((0, 0) if pending is not None else (-1, errno.EINVAL)))
        if pending is not None:
            self._call.unlink(pending.number, lambda in_time: self._taken_back(opened, pending) if in_time else None)

    def _taken_back(self, opened: Opened, pending: Pending) -> None:
        self._ended(opened, pending, -errno.ENOENT, b"", 0)

    def _ended(self, opened: Opened, pending: Pending, status: int, data: bytes, moved: int) -> None:
        with self._lock:
            if opened.under_way.pop(pending.pointer, None) is None:
                return
            pending.status, pending.data, pending.moved = status, data, moved
            opened.done.append(pending)
            self._serve_reap(opened)

    def _reap(self, client: Any, opened: Opened, *, wait: bool) -> None:
        opened.reaping = client
        self._serve_reap(opened)
        if opened.reaping is not None and not wait:
            source = GLib.timeout_source_new(0 if time.monotonic() < opened.busy_until else HOLD)
            source.set_callback(lambda _: self._nothing_came(opened, client))
            source.attach(GLib.MainContext.ref_thread_default())

    def _nothing_came(self, opened: Opened, client: Any) -> bool:
        with self._lock:
            if opened.reaping is client:
                opened.reaping = None
                client.complete(-1, errno.EAGAIN)
        return False

    def _serve_reap(self, opened: Opened) -> None:
        client = opened.reaping
        if client is None:
            return
        if opened.done:
            opened.reaping = None
            self._hand_over(client, opened.done.popleft())
        elif self._call.over.is_set():
            opened.reaping = None
            client.complete(-1, errno.ENODEV)

    @staticmethod
    def _hand_over(client: Any, pending: Pending) -> None:
        memory, data = pending.memory, pending.data
        memory.update(usbfs.URB_STATUS, struct.pack("<i", pending.status))
        memory.update(usbfs.URB_ACTUAL, struct.pack("<i", pending.moved))
        if data:
            before = 8 if pending.urb.kind == usbfs.URB_CONTROL else 0
            memory.resolve(usbfs.URB_BUFFER, before + len(data)).update(before, data)
        client.get_arg().resolve(0, 8).set_ptr(0, memory)
        client.complete(0, 0)

    def _set_interface(self, client: Any) -> None:
        number, alternate = struct.unpack("<II", bytes(client.get_arg().resolve(0, 8).retrieve()))
        self._forward(client, 0x01, SET_INTERFACE, alternate, number)

    def _set_configuration(self, client: Any) -> None:
        self._bury()
        if any(opened.claimed for opened in self._files.values()):
            client.complete(-1, errno.EBUSY)
        else:
            self._forward(client, 0x00, SET_CONFIGURATION, _word(client), 0)

    def _reset(self, client: Any) -> None:
        """As the kernel does: reset the port, configure again."""
        value = self._face.configuration[5]
        again = struct.pack("<BBHHH", 0x00, SET_CONFIGURATION, value, 0, 0)

        def configured(status: int, _data: bytes, _moved: int) -> None:
            client.complete(0 if status == 0 else -1, -status)

        def was_reset(_status: int, _data: bytes, _moved: int) -> None:
            self._call.submit(0, 0, configured, setup=again)

        self._call.submit(0, 0, was_reset, setup=struct.pack("<BBHHH", 0x23, SET_FEATURE, PORT_RESET, 0, 0))

    def _forward(self, client: Any, request_type: int, request: int, value: int, index: int) -> None:
        def ended(status: int, _data: bytes, _moved: int) -> None:
            client.complete(0 if status == 0 else -1, -status)

        self._call.submit(0, 0, ended, setup=struct.pack("<BBHHH", request_type, request, value, index, 0))

    @staticmethod
    def _give_word(client: Any, value: int) -> None:
        Usbfs._give(client, struct.pack("<I", value))

    @staticmethod
    def _give(client: Any, data: bytes) -> None:
        client.get_arg().resolve(0, len(data)).update(0, data)
        client.complete(0, 0)


def hung_up(descriptor: int) -> bool:
    """The other end of a socket is closed."""
    poll = select.poll()
    poll.register(descriptor, select.POLLHUP)
    return any(event & (select.POLLHUP | select.POLLNVAL) for _, event in poll.poll(0))


def accepted(node: str) -> list[int]:
    """File descriptors of this process's sockets by which ioctls of a device node come."""
    return [int(one.name) for one in Path("/proc/self/fd").iterdir() if _is_accepted(int(one.name), node)]


def _is_accepted(number: int, node: str) -> bool:
    try:
        if not stat.S_ISSOCK(os.fstat(number).st_mode):
            return False
        sock = socket.socket(fileno=number)
    except OSError:
        return False
    try:
        listens = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        return sock.family == socket.AF_UNIX and str(sock.getsockname()).endswith(node) and not listens
    finally:
        sock.detach()  # it is umockdev's


def _word(client: Any) -> int:
    return int(struct.unpack("<I", bytes(client.get_arg().resolve(0, 4).retrieve()))[0])


def _pointer(client: Any) -> int:
    return int(struct.unpack("<Q", bytes(client.get_arg().retrieve()))[0])


class Port:
    """One simulator, plugged into the testbed whenever it offers a device."""

    def __init__(self, testbed: Any, address: str, bus: int) -> None:
        self._testbed = testbed
        self._address = address
        self._bus = bus
        self._number = 1
        self.first = threading.Event()  # it has been plugged in once

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"port-{self._bus}", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                call = Call(self._address, BUSID, -errno.ESHUTDOWN)
                self._plugged(call)
            except (OSError, CallRefused, CallFailed):
                time.sleep(LOOK_EVERY)

    def _plugged(self, call: Call) -> None:
        """From plug to unplug."""
        self._number = self._number % 127 + 1
        try:
            face = read_face(call, self._bus, self._number)
        except CallFailed:
            call.close()
            raise
        handler = Usbfs(call, face)
        self._testbed.add_from_string(face.describe())
        self._testbed.attach_ioctl(face.node, handler)
        self._testbed.uevent(f"/sys{face.path}", "add")
        say({"plugged": face.node, "address": self._address, "serial": face.strings[2]})
        self.first.set()
        call.over.wait()
        handler.gone()
        self._testbed.uevent(f"/sys{face.path}", "remove")
        self._testbed.detach_ioctl(face.node)
        self._testbed.remove_device(f"/sys{face.path}/{face.bus}-1:1.0")
        self._testbed.remove_device(f"/sys{face.path}")
        say({"unplugged": face.node, "address": self._address, "serial": face.strings[2]})


def read_face(call: Call, bus: int, number: int) -> Face:
    """Enumerate as the kernel does. Raises CallFailed."""
    device = call.control(0x80, GET_DESCRIPTOR, 0x0100, 0, 18)
    head = call.control(0x80, GET_DESCRIPTOR, 0x0200, 0, 9)
    if len(device) < 18 or len(head) < 9:
        raise CallFailed("a descriptor is too short")
    configuration = call.control(0x80, GET_DESCRIPTOR, 0x0200, 0, struct.unpack_from("<H", head, 2)[0])
    if len(configuration) < 18:
        raise CallFailed("the configuration descriptor is too short")
    manufacturer, product, serial = (_string(call, device[at]) for at in (14, 15, 16))
    call.control(0x00, SET_CONFIGURATION, configuration[5], 0)
    return Face(bus, number, call.device.speed, device, configuration, (manufacturer, product, serial))


def _string(call: Call, index: int) -> str:
    if not index:
        return ""
    try:
        return call.control(0x80, GET_DESCRIPTOR, 0x0300 | index, 0x0409, 255)[2:].decode("utf-16-le", "replace")
    except CallFailed:
        return ""


def say(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def under_preload() -> None:
    """The testbed sends uevents as if from the kernel, which works only inside the emulation that its clients run in."""
    if PRELOAD not in os.environ.get("LD_PRELOAD", ""):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"LD_PRELOAD": PRELOAD})  # noqa: S606


def main() -> int:
    under_preload()
    parser = argparse.ArgumentParser(description="Shows simulated USB devices to real libusb, by umockdev's emulated usbfs.")
    parser.add_argument(
        "--usbip", action="append", required=True, metavar="ADDRESS", help="unix:/path or tcp:127.0.0.1:PORT; may be repeated"
    )
    parser.add_argument("command", nargs="*", help="run this in the testbed and exit with its code; without it, run until stopped")
    options = parser.parse_args()
    testbed = UMockdev.Testbed.new()
    ports = [Port(testbed, address, bus) for bus, address in enumerate(options.usbip, start=1)]
    for bus, port in enumerate(ports, start=1):
        testbed.add_from_string(usbfs.root_hub(bus))
        port.start()
    for port in ports:
        port.first.wait(10)
    environment = {"UMOCKDEV_DIR": testbed.get_root_dir(), "LD_PRELOAD": PRELOAD}
    say({"ready": True, "environment": environment})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if options.command:
        return subprocess.run(options.command, env=os.environ | environment, check=False).returncode
    signal.pause()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
