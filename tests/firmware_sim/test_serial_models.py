"""Serial devices at a pseudo-terminal, spoken to by pyserial: EF01 modules, pedal, lights; and each fault of a serial line."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import reduce
from operator import xor
from pathlib import Path

import numpy as np
import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.core.uart import heard
from firmware_sim.faults import FAULTS, LINES
from firmware_sim.models.lines import LineReader
from firmware_sim.models.zfm import Zfm
from firmware_sim.models.zfm_wire import PacketReader
from firmware_sim.serial_bench import SerialBench, SerialSettings
from firmware_sim.subject.file import FilePerson
from firmware_sim.subject.person import Person, Way
from tests.firmware_sim.conftest import picture

THUMB = picture(3, 300, 320)


def person() -> Person:
    return FilePerson("thumb", {(Way.PLAIN, 11): THUMB}, {})


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., SerialBench]]:
    with ExitStack() as stack:

        def begin(model: str, *, speed: float = 20.0, variant: str = "zfm20") -> SerialBench:
            settings = SerialSettings(model, f"pty:{tmp_path}/{model}", speed=speed, variant=variant)
            return stack.enter_context(SerialBench(settings, person() if model == "zfm" else None))

        yield begin


@pytest.fixture
def dial() -> Iterator[Callable[..., serial.Serial]]:
    with ExitStack() as stack:

        def begin(bench: SerialBench, baud: int | None = None) -> serial.Serial:
            return stack.enter_context(serial.Serial(bench.address.removeprefix("pty:"), baud or bench.device.baud, timeout=2))

        yield begin


def packet(content: bytes, kind: int = 1, address: int = 0xFFFFFFFF) -> bytes:
    body = struct.pack(">2sIBH", b"\xef\x01", address, kind, len(content) + 2) + content
    return body + struct.pack(">H", sum(body[6:]) & 0xFFFF)


def read_packet(port: serial.Serial) -> tuple[int, bytes]:
    head = port.read(9)
    assert head[:2] == b"\xef\x01", head
    rest = port.read(struct.unpack(">H", head[7:])[0])
    assert sum((head + rest)[6:-2]) & 0xFFFF == struct.unpack(">H", rest[-2:])[0]
    return head[6], rest[:-2]


def ask(port: serial.Serial, content: bytes) -> bytes:
    port.write(packet(content))
    kind, answer = read_packet(port)
    assert kind == 7
    return answer


def image(port: serial.Serial) -> np.ndarray:
    deadline = time.monotonic() + 10
    while ask(port, b"\x01")[0] == 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert ask(port, b"\x0a") == b"\0"
    data, kind = b"", 2
    while kind == 2:
        kind, piece = read_packet(port)
        data += piece
    assert kind == 8
    return np.frombuffer(data, np.uint8)


def test_parameters_of_a_new_module(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    port = dial(make("zfm"))
    assert ask(port, b"\x0f") == b"\0" + struct.pack(">HHHHIHH", 0, 9, 200, 3, 0xFFFFFFFF, 2, 6)


def test_image_is_the_middle_of_the_finger_in_sixteen_greys(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    nibbles = image(dial(make("zfm")))
    pixels = np.stack([nibbles >> 4, nibbles & 15], axis=1).reshape(288, 256)
    assert np.array_equal(pixels, THUMB[16:304, 22:278] >> 4)


def test_image_takes_its_time_on_the_line(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    bench = make("zfm", speed=4)
    port = dial(bench)
    began = time.monotonic()
    image(port)
    assert time.monotonic() - began > 6.95 / 4


def test_ready_byte_and_ring_of_light_of_an_r503(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    bench = make("zfm", variant="r503")
    port = dial(bench)
    assert ask(port, bytes([0x35, 3, 100, 2, 0])) == b"\0"
    assert bench.tell()["ring"] == [3, 100, 2, 0]
    product = ask(port, b"\x3c")
    assert struct.unpack_from(">HH", product, 1 + 38) == (192, 192)
    port.write(packet(b"\x3d"))
    assert read_packet(port) == (7, b"\0")
    assert port.read(1) == b"\x55"
    assert image(port).size == 18_432


def test_enrol_and_search(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    port = dial(make("zfm"))
    for buffer in (1, 2):
        image(port)
        assert ask(port, bytes([2, buffer])) == b"\0"
    assert ask(port, b"\x05") == b"\0"
    assert ask(port, bytes([6, 1, 0, 7])) == b"\0"
    assert ask(port, bytes([4, 1, 0, 0, 0, 200])) == b"\0" + struct.pack(">HH", 7, 100)
    assert ask(port, b"\x1d") == b"\0\0\x01"
    assert ask(port, bytes([0x1F, 0]))[1] == 0x80
    assert ask(port, bytes([0x0C, 0, 7, 0, 1])) == b"\0"
    assert ask(port, bytes([4, 1, 0, 0, 0, 200])) == b"\x09"


def test_wrong_checksum_wrong_address_and_unknown_command(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    port = dial(make("zfm"))
    port.write(packet(b"\x0f")[:-1] + b"\xff")
    assert read_packet(port) == (7, b"\x01")
    port.write(packet(b"\x0f", address=1) + packet(b"\xee"))
    assert read_packet(port) == (7, b"\x01")
    assert ask(port, b"\x0e\x09\x01") == b"\x1a"


def test_password_is_asked_for(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    port = dial(make("zfm"))
    assert ask(port, b"\x12\0\0\0\x05") == b"\0"
    assert ask(port, b"\x0f") == b"\x21"
    assert ask(port, b"\x13\0\0\0\x06") == b"\x13"
    assert ask(port, b"\x13\0\0\0\x05") == b"\0"
    assert ask(port, b"\x0f")[0] == 0


def test_new_speed_after_the_answer_at_the_old_one(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    port = dial(make("zfm"))
    assert ask(port, bytes([0x0E, 4, 12])) == b"\0"
    time.sleep(0.1)
    port.baudrate = 115_200
    assert ask(port, b"\x0f")[-1] == 12


def test_wrong_speed_of_the_host_gives_garbage_or_nothing(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    bench = make("zfm")
    port = dial(bench, 19_200)
    port.timeout = 0.3
    port.write(packet(b"\x0f"))
    assert not port.read(28).startswith(b"\xef\x01")


# pedal and lights


def line(content: str) -> bytes:
    return content.encode() + b"*%02X\n" % reduce(xor, content.encode(), 0)


def read_line(port: serial.Serial) -> str:
    got = port.read_until(b"\n")
    content, star, total = got.rstrip(b"\n").partition(b"*")
    assert star, got
    assert total == b"%02X" % reduce(xor, content, 0)
    return content.decode()


def test_pedal_says_who_it_is_and_every_edge(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    bench = make("pedal", speed=2)
    port = dial(bench)
    port.write(b"noise\n" + line("?"))
    said = [read_line(port)]
    bench.press_foot_switch()
    while len(said) < 12 and not any(one.startswith("U") for one in said):
        said.append(read_line(port))
    assert any(one.startswith("!PEDAL 1 LSPD-0001 ") for one in said)
    assert [one for one in said if one[0] in "DU"] == ["D 1", "U 2"]
    assert read_line(port) == "S U 2"


def test_lights_show_beep_and_answer(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    bench = make("ledpanel")
    port = dial(bench)
    for content, answer in (
        ("?", "!LEDPANEL 1 LSLP-0001 sim-1.0.0"),
        ("L 7 .gGrRyY... t r", "A 7"),
        ("L 7 .gGrRyY... t r", "A 7"),
        ("L 8 .gGrRyY... x r", "N 8 1"),
    ):
        port.write(line(content))
        assert read_line(port) == answer
    assert {key: bench.tell()[key] for key in ("lights", "beep", "icon", "beeps")} == {
        "lights": ".gGrRyY...",
        "beep": "t",
        "icon": "r",
        "beeps": 1,
    }


# the cable


def test_pulled_cable_is_seen_by_pyserial_and_a_new_one_works(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    bench = make("zfm")
    port = dial(bench)
    bench.unplug()
    with pytest.raises(serial.SerialException):
        port.write(packet(b"\x0f"))
        port.read(1)
    with pytest.raises(serial.SerialException):
        serial.Serial(bench.settings.listen.removeprefix("pty:"), 57600)
    bench.plug()
    assert ask(dial(bench), b"\x0f")[0] == 0


# faults


def test_checksum_error(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    bench = make("zfm")
    port = dial(bench)
    bench.faults.arm("checksum-error")
    port.write(packet(b"\x0f"))
    answer = port.read(28)
    assert sum(answer[6:-2]) & 0xFFFF != struct.unpack(">H", answer[-2:])[0]
    assert ask(port, b"\x0f")[0] == 0


def test_checksum_error_of_a_line(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    bench = make("ledpanel")
    port = dial(bench)
    bench.faults.arm("checksum-error")
    port.write(line("?"))
    content, _, total = port.read_until(b"\n").rstrip().partition(b"*")
    assert total != b"%02X" % reduce(xor, content, 0)


def test_lost_packet(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    bench = make("zfm")
    port = dial(bench)
    bench.faults.arm("lost-packet")
    port.timeout = 0.2
    port.write(packet(b"\x0f"))
    assert port.read(1) == b""
    port.timeout = 2
    assert ask(port, b"\x0f")[0] == 0


def test_wrong_baud(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    bench = make("zfm")
    port = dial(bench)
    bench.faults.arm("wrong-baud", {"baud": 115_200})
    port.timeout = 0.3
    port.write(packet(b"\x0f"))
    assert not port.read(28).startswith(b"\xef\x01")
    bench.faults.clear()
    port.timeout = 2
    port.reset_input_buffer()
    port.write(bytes(300))
    assert ask(port, b"\x0f")[0] == 0


def test_framing_noise(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    bench = make("zfm")
    port = dial(bench)
    bench.faults.arm("framing-noise", {"count": 5})
    port.write(packet(b"\x0f"))
    noise = port.read(5)
    assert b"\xef" not in noise
    assert read_packet(port)[0] == 7


def test_silence(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    bench = make("zfm")
    port = dial(bench)
    bench.faults.arm("silence", {"ms": 300})
    port.timeout = 0.2
    port.write(packet(b"\x0f"))
    assert port.read(1) == b""
    time.sleep(0.2)
    port.timeout = 2
    assert ask(port, b"\x0f")[0] == 0


def test_hang_up(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    bench = make("zfm")
    port = dial(bench)
    bench.faults.arm("hang-up", {"back_ms": 50})
    with pytest.raises(serial.SerialException):
        for _ in range(200):
            port.write(packet(b"\x0f"))
            port.read(28)
            time.sleep(0.01)
    time.sleep(0.2)
    assert ask(dial(bench), b"\x0f")[0] == 0


def test_contact_bounce(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    bench = make("pedal")
    port = dial(bench)
    bench.faults.arm("contact-bounce", {"edges": 2})
    bench.press_foot_switch()
    edges: list[str] = []
    while len(edges) < 10:
        said = read_line(port)
        edges += [said] if said[0] in "DU" else []
    assert [edge[0] for edge in edges] == list("DUDUDUDUDU")


def test_stuck_pedal(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    bench = make("pedal")
    port = dial(bench)
    bench.faults.arm("stuck-pedal")
    said = [read_line(port) for _ in range(4)]
    assert "D 1" in said
    assert said[-1] == "S D 1"
    bench.faults.clear()
    bench.host.wake()
    while read_line(port) != "U 2":
        pass


@pytest.mark.parametrize(("name", "answer"), [("panel-never-acks", b""), ("panel-broken", line("N 1 2"))])
def test_panel_in_trouble(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial], name: str, answer: bytes):
    bench = make("ledpanel")
    port = dial(bench)
    port.timeout = 0.3
    bench.faults.arm(name)
    port.write(line("L 1 g......... - -"))
    assert port.read_until(b"\n") == answer


def test_every_serial_fault_has_a_test_here():
    source = Path(__file__).read_text(encoding="utf-8")
    names = {fault.name for fault in FAULTS if fault.models <= LINES}
    assert sorted(name for name in names if f'"{name}"' not in source) == []


def test_finger_of_a_module_can_be_placed_and_lifted(make: Callable[..., SerialBench], dial: Callable[..., serial.Serial]):
    bench = make("zfm")
    port = dial(bench)
    bench.lift()
    assert ask(port, b"\x01") == b"\x02"
    bench.place("right-thumb")
    assert ask(port, b"\x01") == b"\0"
    bench.lift()
    assert ask(port, b"\x01") == b"\x02"


# bytes from nowhere


@given(st.binary(max_size=400))
def test_any_bytes_leave_a_module_that_answers(data: bytes):
    from firmware_sim.core.pace import Pace

    module = Zfm("X", person(), Pace(clock=lambda: 0.0))
    sent: list[bytes] = []
    module.attach(sent.append)
    module.reset()
    module.feed(data)
    module.feed(bytes(300))
    sent.clear()
    module.feed(packet(b"\x53"))
    assert sent[-1:] == [packet(b"\x55", 7)] or module._address != 0xFFFFFFFF or module._password


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_packets_are_the_same_however_the_bytes_are_cut(first: bytes, second: bytes):
    whole, parts = PacketReader(), PacketReader()
    assert whole.feed(first + second) == parts.feed(first) + parts.feed(second)


@given(st.lists(st.binary(max_size=100)))
def test_lines_are_the_same_however_the_bytes_are_cut(pieces: list[bytes]):
    reader = LineReader()
    found = [content for piece in pieces for content in reader.feed(piece)]
    short = all(len(one) < 65 for one in b"".join(pieces).split(b"\n"))
    assert not short or found == LineReader().feed(b"".join(pieces))


@given(st.binary(max_size=60), st.sampled_from([9600, 57600, 115200]), st.sampled_from([9600, 19200, 57600, 115200]))
def test_what_is_heard_at_the_same_speed_is_what_was_said(data: bytes, sent: int, read: int):
    got = heard(data, sent, read)
    assert got == data if sent == read else len(got) <= len(data) * (read / sent + 1) + 1
