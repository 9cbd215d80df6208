"""The subject's own reader of ANSI/NIST files, and the person made of one."""

from __future__ import annotations

import contextlib
import io
import struct
import subprocess
import sys
from pathlib import Path

import _wsq
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from firmware_sim.subject import an2, file
from firmware_sim.subject.person import Asked, SubjectError, Way
from tests.data import testdata
from tests.firmware_sim.conftest import picture

FS, GS, RS, US = "\x1c", "\x1d", "\x1e", "\x1f"


def tagged(kind: int, fields: dict[int, bytes], digits: int = 3) -> bytes:
    body = b"".join(GS.encode() + b"%d.%0*d:" % (kind, digits, number) + value for number, value in fields.items()) + FS.encode()
    head = b"%d.%0*d:" % (kind, digits, 1)
    size = len(head) + len(body)
    while len(head) + len(str(size)) + len(body) != size:
        size = len(head) + len(str(size)) + len(body)
    return head + str(size).encode() + body


def type_1(kinds: list[int], digits: int = 3) -> bytes:
    content = RS.join([f"1{US}{len(kinds)}"] + [f"{kind}{US}{n:02}" for n, kind in enumerate(kinds)])
    return tagged(1, {2: b"0400", 3: content.encode(), 4: b"CAR", 11: b"19.69", 12: b"19.69"}, digits)


def type_4(position: int, impression: int, width: int, height: int, data: bytes) -> bytes:
    size = 18 + len(data)
    return struct.pack(">IBB6sBHHB", size, 9, impression, bytes([position]) + b"\xff" * 5, 0, width, height, 0) + data


def type_14(position: int, impression: int, size: tuple[int, int], data: bytes, **more: bytes) -> bytes:
    fields = {2: b"01", 3: b"%d" % impression, 6: b"%d" % size[0], 7: b"%d" % size[1], 8: b"1", 9: b"500", 10: b"500", 11: b"NONE"}
    fields |= {13: b"%d" % position} | {int(key[1:]): value for key, value in more.items()} | {999: data}
    return tagged(14, fields)


def load(tmp_path: Path, data: bytes) -> file.Person:
    path = tmp_path / "subject.an2"
    path.write_bytes(data)
    return file.load(path)


def rolled(person: file.Person, finger: int):
    return person.touch(Asked(Way.ROLLED, finger, frozenset({finger})))


def test_card_has_its_fourteen_positions_and_sizes():
    holding = an2.read(testdata("prints/nist/type-4-tpcard.an2").read_bytes())
    found = [(one.way, one.position, one.width, one.height, one.ppi) for one in holding.pictures]
    assert found[0] == (Way.ROLLED, 1, 804, 752, 500)
    assert found[10:] == [
        (Way.PLAIN, 14, 1608, 1000, 500),
        (Way.PLAIN, 12, 412, 1000, 500),
        (Way.PLAIN, 11, 392, 1000, 500),
        (Way.PLAIN, 13, 1572, 1000, 500),
    ]


def test_same_card_in_type_14_has_the_same_positions():
    old, new = (an2.read(testdata(f"prints/nist/{name}").read_bytes()) for name in ("type-4-tpcard.an2", "type-14-tpcard-nqm.an2"))
    assert [(p.way, p.position, p.width, p.height, p.ppi) for p in old.pictures] == [
        (p.way, p.position, p.width, p.height, p.ppi) for p in new.pictures
    ]


def test_amputated_finger_is_not_laid_down():
    person = file.load(testdata("prints/nist/type-14-amp-nqm-utf8.an2"))
    touch = person.touch(Asked(Way.PLAIN, 14, frozenset({7, 8, 9, 10})))
    assert touch is not None
    assert touch.fingers == 3
    assert rolled(person, 9) is None


def test_pictures_are_what_the_codec_gives():
    data = testdata("prints/nist/type-4-tpcard.an2").read_bytes()
    stored = an2.read(data).pictures[0]
    pixels, width, height, _ = _wsq.decompress(stored.data)
    touch = rolled(file.load(testdata("prints/nist/type-4-tpcard.an2")), 1)
    assert touch is not None
    assert np.array_equal(touch.pixels, np.frombuffer(pixels, np.uint8).reshape(height, width))


def encoded(form: str) -> bytes:
    pixels = picture(3, 90, 70)
    if form == "raw":
        return pixels.tobytes()
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form, **({"irreversible": False} if form == "JPEG2000" else {}))
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["raw", "PNG", "JPEG2000"])
@pytest.mark.parametrize("kind", [4, 14])
def test_lossless_forms_come_out_as_they_went_in(tmp_path: Path, form: str, kind: int):
    record = type_4(2, 1, 90, 70, encoded(form)) if kind == 4 else type_14(2, 1, (90, 70), encoded(form))
    touch = rolled(load(tmp_path, type_1([2, kind]) + tagged(2, {2: b"00"}) + record), 2)
    assert touch is not None
    assert np.array_equal(touch.pixels, picture(3, 90, 70))


def test_old_two_digit_tags_are_read(tmp_path: Path):
    person = load(tmp_path, type_1([4], 2) + type_4(5, 1, 90, 70, encoded("raw")))
    assert rolled(person, 5) is not None


def test_finger_listed_in_the_descriptive_record_is_absent(tmp_path: Path):
    data = type_1([2, 4]) + tagged(2, {2: b"00", 84: b"05\x1fXX"}) + type_4(5, 1, 90, 70, encoded("raw"))
    assert rolled(load(tmp_path, data), 5) is None


def test_thumb_that_was_never_rolled_is_laid_down_plain(tmp_path: Path):
    person = load(tmp_path, type_1([4]) + type_4(11, 0, 90, 70, encoded("raw")))
    touch = rolled(person, 1)
    assert touch is not None
    assert np.array_equal(touch.pixels, picture(3, 90, 70))
    assert rolled(person, 2) is None


def test_two_thumbs_are_put_beside_each_other(tmp_path: Path):
    person = load(tmp_path, type_1([4, 4]) + type_4(11, 0, 90, 70, encoded("raw")) + type_4(12, 0, 90, 70, encoded("raw")))
    both = person.touch(Asked(Way.PLAIN, 15, frozenset({1, 6})))
    assert both is not None
    assert both.pixels.shape == (70, 180)


def test_thousand_ppi_becomes_five_hundred(tmp_path: Path):
    person = load(tmp_path, type_1([14]) + type_14(2, 1, (90, 70), encoded("raw"), t9=b"1000", t10=b"1000"))
    touch = rolled(person, 2)
    assert touch is not None
    assert touch.pixels.shape == (35, 45)


BAD = {
    "empty": b"",
    "text": b"hello",
    "cut in the first record": type_1([4])[:30],
    "no record that was promised": type_1([4]),
    "cut in a picture": (type_1([4]) + type_4(2, 1, 90, 70, encoded("raw")))[:-10],
    "no content field": tagged(1, {2: b"0400"}),
    "content that is no number": tagged(1, {3: b"1\x1f1\x1ex\x1f00"}) + b"....",
    "nothing but headers": type_1([2]) + tagged(2, {2: b"00"}),
    "picture that is none": type_1([4]) + type_4(2, 1, 90, 70, b"\x00" * 99),
    "compressed picture that is none": type_1([4]) + type_4(2, 1, 90, 70, b"\xff\xa0" + b"\xff" * 500),
    "size that is no number": type_1([14]) + type_14(2, 1, (90, 70), b"x", t6=b"wide"),
    "larger than the platen": type_1([4]) + type_4(2, 1, 900, 70, bytes(900 * 70)),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_file_is_one_sentence(tmp_path: Path, name: str):
    with pytest.raises(SubjectError) as error:
        load(tmp_path, BAD[name])
    assert str(error.value).startswith("subject.an2 cannot be laid on the platen: ")
    assert "\n" not in str(error.value)


def test_absent_file_is_one_sentence(tmp_path: Path):
    with pytest.raises(SubjectError, match="No such file"):
        file.load(tmp_path / "none.an2")


WHOLE = type_1([2, 4, 14]) + tagged(2, {2: b"00"}) + type_4(2, 1, 9, 7, bytes(63)) + type_14(3, 1, (9, 7), bytes(63))


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, len(WHOLE) - 1), new=st.binary(max_size=6), cut=st.integers(0, len(WHOLE)))
def test_damaged_file_is_read_or_refused_never_a_crash(at: int, new: bytes, cut: int):
    data = (WHOLE[:at] + new + WHOLE[at + len(new) :])[: max(cut, at)]
    with contextlib.suppress(SubjectError):
        an2.read(data)


@given(st.binary(max_size=200))
def test_random_bytes_are_refused(data: bytes):
    with pytest.raises(SubjectError):
        an2.read(data)


def test_decoder_that_dies_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    dying = f"{tmp_path}/python"
    Path(dying).write_text("#!/bin/sh\nkill -SEGV $$\n")
    Path(dying).chmod(0o700)
    monkeypatch.setattr(sys, "executable", dying)
    with pytest.raises(SubjectError, match="picture 1 of 1"):
        load(tmp_path, type_1([4]) + type_4(2, 1, 90, 70, encoded("raw")))
    assert subprocess.run([dying], check=False).returncode != 0
