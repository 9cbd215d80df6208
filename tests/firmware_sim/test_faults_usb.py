"""Every fault of a USB device happens on the wire. The names are those of `livescan sim faults`."""

from __future__ import annotations

import errno
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from firmware_sim.bench import Bench
from firmware_sim.faults import FAULTS, USB, FaultError, Where
from tests.firmware_sim import fap60_host as fap
from tests.firmware_sim.fap60_host import Host, arm_bytes
from tests.firmware_sim.usbip_client import Client, Refused, devlist

STALL, BABBLE, NO_MEMORY = -errno.EPIPE, -errno.EOVERFLOW, -errno.ENOMEM
RIGHT_FOUR = {2, 3, 4, 5}
SERIAL = (0x80, 6, 0x0303, 0x0409, 255)
STATE = (0xC1, 2, 0, 0, 16)
DARK = 1 << 6  # any advice bit


def again(bench: Bench, *, patience: float = 5.0) -> Client:
    """Import when it is there again."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return Client(bench.address)
        except (Refused, OSError, EOFError):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def result_bytes(client: Client, token: int, *, mode: int = 2, fingers: set[int] | None = None) -> bytes:
    """Arm without previews; every byte that one read brings."""
    assert client.control_out(0x41, 3, 0, 0, arm_bytes(token, mode, fingers or {1}, flags=9)).status == 0
    return client.bulk_in(1 << 20).data


def ended(client: Client, number: int) -> bool:
    """The connection ends while this request waits."""
    try:
        client.answer(number)
    except (EOFError, ConnectionError):
        return True
    return False


@pytest.fixture
def ready(client: Client) -> Client:
    client.configure()
    return client


def good(client: Client, token: int) -> bytes:
    data = result_bytes(client, token)
    assert client.control_out(0x41, 6, 0, 0, struct.pack("<I", token)).status == 0
    deadline = time.monotonic() + 5
    while client.control_in(*STATE).data[2] != 1:
        assert time.monotonic() < deadline
    return data


# enumeration


def test_slow_enumeration(bench: Bench, client: Client):
    bench.faults.arm("slow-enumeration", {"ms": 150})
    began = time.monotonic()
    client.control_in(*SERIAL)
    assert time.monotonic() - began > 0.14


def test_wrong_string(bench: Bench, client: Client):
    bench.faults.arm("wrong-string", {"text": "LS60-6666"})
    assert client.control_in(*SERIAL).data[2:].decode("utf-16-le") == "LS60-6666"
    assert client.control_in(*SERIAL).data[2:].decode("utf-16-le") == "LS60-0001"


def test_config_stall(bench: Bench, client: Client):
    bench.faults.arm("config-stall")
    assert client.control_out(0x00, 9, 1, 0).status == STALL
    client.configure()


def test_same_serial(bench: Bench):
    bench.faults.arm("same-serial")
    assert devlist(bench.address)[0] == 2
    with Client(bench.address, "1-2") as twin:
        assert twin.control_in(*SERIAL).data[2:].decode("utf-16-le") == "LS60-0001"
    bench.faults.clear()
    assert devlist(bench.address)[0] == 1


def test_bad_total_length(bench: Bench, client: Client):
    bench.faults.arm("bad-total-length", {"length": 9999})
    assert struct.unpack_from("<H", client.control_in(0x80, 6, 0x0200, 0, 255).data, 2)[0] == 9999


# control


def test_control_stall_once(bench: Bench, ready: Client):
    bench.faults.arm("control-stall-once", {"after": 1})
    assert [ready.control_in(*STATE).status for _ in range(3)] == [0, STALL, 0]


def test_control_stall_always(bench: Bench, ready: Client):
    bench.faults.arm("control-stall-always")
    assert {ready.control_in(*STATE).status for _ in range(5)} == {STALL}
    bench.faults.clear("control-stall-always")
    assert ready.control_in(*STATE).status == 0


def test_control_nak(bench: Bench, ready: Client):
    bench.faults.arm("control-nak")
    number = ready.submit(0x80, 16, setup=struct.pack("<BBHHH", *STATE))
    assert ready.control_in(*STATE).status == 0
    assert number not in ready.answers
    assert ready.unlink_status(ready.unlink(number)) == -errno.ECONNRESET


def test_control_short(bench: Bench, ready: Client):
    bench.faults.arm("control-short", {"length": 3})
    assert len(ready.control_in(*STATE).data) == 3


# bulk


def test_stall_mid_frame(bench: Bench, ready: Client):
    bench.faults.arm("stall-mid-frame", {"at": 2048, "kind": "result"})
    assert ready.control_out(0x41, 3, 0, 0, arm_bytes(1, 2, {1}, flags=9)).status == 0
    first = ready.bulk_in(1 << 20)
    assert (first.status, first.actual) == (STALL, 2048)
    assert ready.bulk_in(512).status == STALL
    assert ready.control_out(0x02, 1, 0, 0x81).status == 0
    assert ready.control_out(0x41, 7, 0, 0, struct.pack("<I", 1)).status == 0
    assert fap.parse_frame(ready.bulk_in(1 << 20).data).kind == 2


def test_short_packet_early(bench: Bench, ready: Client):
    bench.faults.arm("short-packet-early", {"at": 1024})
    assert len(result_bytes(ready, 1)) == 1024 + 256
    assert ready.bulk_in(1 << 20).data


def whole_packets(make_bench: Callable[..., Bench]) -> Bench:
    """A scanner whose right thumb gives a frame of exactly fifty packets: 64 + 133 * 192 bytes."""
    from firmware_sim.subject.file import FilePerson
    from firmware_sim.subject.person import Way

    picture = np.full((133, 192), 200, np.uint8)
    return make_bench(FilePerson("whole", {(Way.PLAIN, 11): picture}, {}))


def test_missing_zlp(make_bench: Callable[..., Bench]):
    bench = whole_packets(make_bench)
    with Client(bench.address) as client:
        client.configure()
        assert len(good(client, 1)) == 25_600
        bench.faults.arm("missing-zlp")
        client.control_out(0x41, 3, 0, 0, arm_bytes(2, 2, {1}, flags=9))
        number = client.submit(0x81, 1 << 20)
        while client.control_in(*STATE).data[0] != fap.RESULT:
            time.sleep(0.01)
        assert number not in client.answers


def test_extra_zlp(bench: Bench, ready: Client):
    bench.faults.arm("extra-zlp")
    fap.parse_frame(result_bytes(ready, 1))
    after = ready.bulk_in(512)
    assert (after.status, after.data) == (0, b"")


def test_babble(bench: Bench, ready: Client):
    bench.faults.arm("babble", {"at": 512})
    ready.control_out(0x41, 3, 0, 0, arm_bytes(1, 2, {1}, flags=9))
    assert ready.bulk_in(1 << 20).status == BABBLE
    assert ready.control_out(0x41, 7, 0, 0, struct.pack("<I", 1)).status == 0
    fap.parse_frame(ready.bulk_in(1 << 20).data)


def test_bulk_nak(bench: Bench, ready: Client):
    bench.faults.arm("bulk-nak", {"ms": 300, "at": 1024})
    ready.control_out(0x41, 3, 0, 0, arm_bytes(1, 2, {1}, flags=9))
    assert len(ready.bulk_in(1024).data) == 1024
    began = time.monotonic()
    rest = ready.bulk_in(1 << 20).data
    assert time.monotonic() - began > 0.2
    assert rest


def test_full_speed(bench: Bench, ready: Client):
    bench.faults.arm("full-speed", {"rate": 50_000})
    ready.control_out(0x41, 3, 0, 0, arm_bytes(1, 2, {1}, flags=9))
    began = time.monotonic()
    size = len(ready.bulk_in(1 << 20).data)
    assert time.monotonic() - began > size / 50_000 * 0.8


@pytest.mark.parametrize(("name", "grows"), [("lost-chunk", -1024), ("duplicated-chunk", 1024), ("reordered-chunks", 0), ("bit-flips", 0)])
def test_damaged_frame(bench: Bench, ready: Client, name: str, grows: int):
    whole = good(ready, 1)
    bench.faults.arm(name, {"bit-flips": {}}.get(name, {"size": 1024, "at": 2048}))
    damaged = result_bytes(ready, 2)
    assert len(damaged) - len(whole) == grows
    assert zlib.crc32(damaged[64:]) != struct.unpack_from("<I", damaged, 44)[0]


def test_header_corrupt(bench: Bench, ready: Client):
    bench.faults.arm("header-corrupt")
    assert not result_bytes(ready, 1).startswith(b"LSF1")


def test_stale_frame(bench: Bench, ready: Client):
    first = good(ready, 1)
    bench.faults.arm("stale-frame")
    stale = result_bytes(ready, 2)
    assert stale == first
    assert fap.parse_frame(stale).token == 1


# interrupt


def self_tests(host: Host, count: int) -> list[int]:
    """Sequence numbers of the self-test events of some self-tests."""
    for _ in range(count):
        assert host.order(8) == 0
        time.sleep(0.1)
    host.state()
    while host._take():
        host.state()
    return [event.sequence for event in host.events if event.kind == fap.SELF_TEST]


def test_event_lost(bench: Bench, host: Host):
    bench.faults.arm("event-lost")
    assert len(self_tests(host, 2)) == 1


def test_event_duplicated(bench: Bench, host: Host):
    bench.faults.arm("event-duplicated")
    numbers = self_tests(host, 1)
    assert len(numbers) == 2
    assert numbers[0] == numbers[1]


def test_late_finger_off(bench: Bench, host: Host):
    bench.faults.arm("late-finger-off", {"ms": 400})
    host.capture(1, 2, {1}, flags=9)
    began = time.monotonic()
    while not any(event.kind == fap.PLATEN and event.a == 1 for event in host.events):
        host.pump()
    assert time.monotonic() - began > 0.3


def test_early_event(bench: Bench, ready: Client):
    bench.faults.arm("early-event", {"ms": 200})
    event = ready.submit(0x82, 64)
    data = arm_bytes(1, 2, {1}, flags=9)
    write = ready.submit(0x00, len(data), data=data, setup=struct.pack("<BBHHH", 0x41, 3, 0, 0, len(data)))
    assert ready.answer(event).data[:2] == b"EV"
    assert write not in ready.answers
    assert ready.answer(write).status == 0


# power and link


def test_unplug_idle(bench: Bench):
    client = Client(bench.address)
    client.configure()
    number = client.submit(0x82, 64)
    bench.faults.arm("unplug-idle", {"back_ms": 100})
    assert ended(client, number)
    again(bench).sock.close()


def test_unplug_armed(bench: Bench):
    client = Client(bench.address)
    client.configure()
    bench.faults.arm("unplug-armed")
    number = client.submit(0x81, 1 << 20)
    data = arm_bytes(1, 2, {1}, flags=9)
    client.submit(0x00, len(data), data=data, setup=struct.pack("<BBHHH", 0x41, 3, 0, 0, len(data)))
    assert ended(client, number)
    again(bench).sock.close()


@pytest.mark.parametrize("name", ["unplug-mid-frame", "unplug-mid-result"])
def test_unplug_inside_a_frame(bench: Bench, name: str):
    client = Client(bench.address)
    client.configure()
    bench.faults.arm(name, {"at": 1024})
    client.control_out(0x41, 3, 0, 0, arm_bytes(1, 2, {1}, flags=9))
    assert len(client.answer(client.submit(0x81, 1024)).data) == 1024
    assert ended(client, client.submit(0x81, 1 << 20))
    again(bench).sock.close()


def test_replug_new_address(bench: Bench):
    with Client(bench.address) as client:
        client.configure()
        before, number = client.devid, client.submit(0x82, 64)
        bench.faults.arm("replug-new-address", {"back_ms": 50})
        assert ended(client, number)
    with again(bench) as client:
        assert client.devid == before + 1
        assert client.control_in(*SERIAL).data[2:].decode("utf-16-le") == "LS60-0001"


def test_replug_other_firmware(bench: Bench):
    bench.faults.arm("replug-other-firmware", {"back_ms": 50, "release": 0x0200})
    time.sleep(0.02)
    with again(bench) as client:
        assert struct.unpack_from("<H", client.control_in(0x80, 6, 0x0100, 0, 18).data, 12)[0] == 0x0200
        client.configure()
        assert client.control_in(0xC1, 1, 0, 0, 64).data[24:40].rstrip(b"\0") == b"sim-2.0.0"


def test_replug_other_serial(bench: Bench):
    bench.faults.arm("replug-other-serial", {"back_ms": 50, "serial": "LS60-0777"})
    time.sleep(0.02)
    with again(bench) as client:
        assert client.control_in(*SERIAL).data[2:].decode("utf-16-le") == "LS60-0777"


def test_port_reset(bench: Bench, ready: Client):
    number = ready.submit(0x82, 64)
    ready.control_in(*STATE)
    bench.faults.arm("port-reset")
    assert ready.answer(number).status == -errno.ESHUTDOWN
    assert ready.control_in(*STATE).data[0] == fap.READY


def test_suspend_resume(bench: Bench, ready: Client):
    bench.faults.arm("suspend-resume", {"ms": 300})
    began = time.monotonic()
    assert ready.control_in(*STATE).status == 0
    assert time.monotonic() - began > 0.25


def test_brown_out(bench: Bench, ready: Client):
    ready.control_out(0x41, 3, 0, 0, arm_bytes(1, 2, {1}, flags=9))
    number = ready.submit(0x81, 1 << 20)
    ready.control_in(*STATE)
    bench.faults.arm("brown-out")
    assert ready.answer(number).status == -errno.EPROTO
    assert ready.control_in(*STATE).data[:2] == bytes([fap.READY, 0])


def test_hang_after_captures(bench: Bench, ready: Client):
    bench.faults.arm("hang-after-captures", {"captures": 1})
    result_bytes(ready, 1)
    assert ready.control_out(0x41, 6, 0, 0, struct.pack("<I", 1)).status == 0
    number = ready.submit(0x80, 16, setup=struct.pack("<BBHHH", *STATE))
    assert ready.unlink_status(ready.unlink(number)) == -errno.ECONNRESET
    ready.sock.close()
    bench.unplug()
    bench.plug()
    with again(bench) as client:
        client.configure()
        assert client.control_in(*STATE).status == 0


def test_watchdog_reboot(bench: Bench):
    client = Client(bench.address)
    client.configure()
    number = client.submit(0x82, 64)
    bench.faults.arm("watchdog-reboot", {"back_ms": 60})
    assert ended(client, number)
    again(bench).sock.close()


@pytest.mark.parametrize(("name", "status"), [("claimed-elsewhere", 2), ("permission-denied", 1)])
def test_opening_is_refused(bench: Bench, name: str, status: int):
    bench.faults.arm(name)
    with pytest.raises(Refused) as refused:
        Client(bench.address)
    assert refused.value.args == (status,)
    bench.faults.clear()
    Client(bench.address).sock.close()


def test_out_of_memory(bench: Bench, ready: Client):
    bench.faults.arm("out-of-memory")
    assert ready.bulk_in(1 << 20).status == NO_MEMORY


# optics and hands: what the scanner says of the touch

ADVICE = {
    "dirty-platen": 1 << 5,
    "latent-ghost": 1 << 7,
    "halo": 1 << 6,
    "strong-light": 1 << 4 | 1 << 2,
    "wet-finger": 1 << 1,
    "dry-finger": 1 << 0,
    "smear": 1 << 13,
    "extra-finger": 1 << 23,
    "spoof": 1 << 26,
}
ROLL_ADVICE = {
    "roll-slip": 1 << 17,
    "fast-roll": 1 << 14,
    "narrow-roll": 1 << 16,
    "reversed-roll": 1 << 22,
    "lifted-roll": 1 << 20,
    "shifted-roll": 1 << 18,
    "shifted-roll-down": 1 << 19,
    "slow-roll": 1 << 15,
    "paused-roll": 1 << 21,
    "second-finger-in-roll": 1 << 23,
}


@pytest.mark.parametrize("name", ADVICE)
def test_touch_is_not_good(bench: Bench, host: Host, name: str):
    bench.faults.arm(name)
    result = host.capture(1, 5, RIGHT_FOUR, flags=9)
    assert result.advice & ADVICE[name] == ADVICE[name]
    assert any(event.kind == fap.WARNING and event.advice & ADVICE[name] == ADVICE[name] for event in host.events)
    assert not host.capture(2, 5, RIGHT_FOUR, flags=9).advice & ADVICE[name]


@pytest.mark.parametrize("name", ROLL_ADVICE)
def test_roll_is_not_good(bench: Bench, host: Host, name: str):
    bench.faults.arm(name)
    assert host.capture(1, 1, {3}, flags=9).advice & ROLL_ADVICE[name]


@pytest.mark.parametrize("name", ["roll-slip", "second-finger-in-roll"])
def test_scanner_says_nothing_of_a_roll_that_it_does_not_compose(bench: Bench, host: Host, name: str):
    bench.faults.arm(name)
    assert not host.capture(1, 1, {3}, flags=5).advice & ROLL_ADVICE[name]


@pytest.mark.parametrize("name", ["strong-light", "extra-finger"])
def test_picture_shows_it(bench: Bench, host: Host, name: str):
    whole = host.capture(1, 5, RIGHT_FOUR, flags=9).pixels
    bench.faults.arm(name)
    other = host.capture(2, 5, RIGHT_FOUR, flags=9).pixels
    assert whole.shape != other.shape or not np.array_equal(whole, other)


def test_wrong_hand(bench: Bench, host: Host):
    bench.faults.arm("wrong-hand")
    host.arm(1, 5, RIGHT_FOUR, flags=9)
    while not any(event.kind == fap.WARNING for event in host.events):
        host.pump()
    assert next(event for event in host.events if event.kind == fap.WARNING).advice & 1 << 25


def test_missing_finger(bench: Bench, host: Host):
    bench.faults.arm("missing-finger")
    host.arm(1, 5, RIGHT_FOUR, timeout_ms=4000)
    host.until_state(fap.READY)
    assert [event.a for event in host.events if event.kind == fap.FINGERS] == [1, 2, 3]
    assert any(event.kind == fap.WARNING and event.advice & fap.TOO_FEW for event in host.events)


def test_self_test_fails(bench: Bench, host: Host):
    bench.faults.arm("self-test-fails")
    assert host.order(8) == 0
    while not any(event.kind == fap.SELF_TEST for event in host.events):
        host.pump()
    assert host.events[-1].a == 6


def test_sensor_fault(bench: Bench, host: Host):
    bench.faults.arm("sensor-fault")
    host.until_state(fap.ERROR)
    assert host.state()[:2] == (fap.ERROR, 5)


# the board

TESTED_ELSEWHERE = {"imminent-failure", "dirt-on-glass", "prints-left-on-glass", "latent-for-fingers"}  # test_uru4500.py, test_glass.py


def test_every_usb_fault_has_a_test_here():
    source = Path(__file__).read_text(encoding="utf-8")
    names = {fault.name for fault in FAULTS if fault.models & USB and fault.where is not Where.SERIAL} - TESTED_ELSEWHERE
    assert sorted(name for name in names if f'"{name}"' not in source) == []


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        ("explode", {}, "no fault"),
        ("imminent-failure", {}, "not of fap60"),
        ("babble", {"colour": 1}, "has no 'colour'"),
        ("babble", {"at": "many"}, "is a number"),
        ("babble", {"times": -1}, "may be 0"),
    ],
)
def test_wrong_fault_is_a_sentence(bench: Bench, name: str, values: dict[str, object], sentence: str):
    with pytest.raises(FaultError, match=sentence):
        bench.faults.arm(name, values)
