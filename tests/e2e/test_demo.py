"""One booking, end to end, as a user runs it: `livescan demo --once --json`, judged by readers that are not ours."""

from __future__ import annotations

import functools
import json
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nistitl
import numpy as np
import pytest

from agent.imaging.codec import decode_wsq, psnr
from agent.imaging.overlay import ridge_psnr
from agent.nist.codec import parse
from agent.nist.records import BinaryRecord
from tests.data import need_debian, testdata

CARD = "prints/nist/type-4-tpcard.an2"
STEPS = ["captured", "checked", "sealed", "handed_over", "queued", "sent", "received", "sre", "idr"]
ROLL = (750, 800)  # rows, columns of a roll that is composed of the scanner's raw pictures: 1.6 x 1.5 inch
ROLL_LOSS = 22.0  # dB over the ridges; composed from pictures with the sensor's own noise, then WSQ
WSQ_LOSS = 30.0  # dB; re-encoding a decoded WSQ of this card measured 38 to 45


def demo(*arguments: str, timeout: float = 110.0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agent.cli", "demo", "--once", "--json", "--speed", "10", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)


class Run:
    """A finished demo: its document and what it kept."""

    def __init__(self, folder: Path, document: Mapping[str, Any], progress: str) -> None:
        self.folder = folder
        self.document = document
        self.progress = progress
        self.car = (folder / "car.an2").read_bytes()


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The NIST card on the platen."""
    folder = tmp_path_factory.mktemp("demo")
    done = demo("--subject", str(testdata(CARD)), "--out", str(folder))
    assert done.returncode == 0, done.stderr
    return Run(folder, json.loads(done.stdout), done.stderr)


def pictures(data: bytes) -> dict[int, np.ndarray]:
    return {
        record.header.position: decode_wsq(bytes(record.image))
        for record in parse(data).of_type(4)
        if isinstance(record, BinaryRecord) and record.header is not None
    }


pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(180)]


def test_the_document_has_the_shape_of_its_contract(card: Run) -> None:
    document = card.document
    assert document["ok"] is True
    assert set(document) == {
        "ok", "booking", "station", "tcn", "content_sha256", "envelope_sha256", "car_bytes", "impressions", "steps", "receipt", "replies",
    }  # fmt: skip
    assert [step["name"] for step in document["steps"]] == STEPS
    assert document["receipt"] == {"verified": True, "content_sha256": document["content_sha256"]}
    assert [(reply["kind"], reply["verified"], reply["tied_by"]) for reply in document["replies"]] == [
        ("SRE", True, "TCR"),
        ("IDR_NO_MATCH", True, "TCR"),
    ]
    assert document["car_bytes"] == len(card.car)


def test_the_images_are_the_cards_in_position_and_size(card: Run) -> None:
    laid, sent = pictures(testdata(CARD).read_bytes()), pictures(card.car)
    assert {fgp: picture.shape for fgp, picture in sent.items()} == {
        fgp: ROLL if fgp <= 10 else picture.shape for fgp, picture in laid.items()
    }
    assert len(sent) == 14


def test_each_image_is_within_wsq_loss_of_what_lay_on_the_platen(card: Run) -> None:
    laid, sent = pictures(testdata(CARD).read_bytes()), pictures(card.car)
    plains = {fgp: psnr(laid[fgp], sent[fgp]) for fgp in laid if fgp > 10}
    rolls = {fgp: ridge_psnr(laid[fgp], sent[fgp]) for fgp in laid if fgp <= 10}
    assert min(plains.values()) > WSQ_LOSS, plains
    assert min(rolls.values()) > ROLL_LOSS, rolls
    said = {row["fgp"]: row["psnr_db"] for row in card.document["impressions"]}
    assert said == {fgp: pytest.approx(value, abs=0.01) for fgp, value in {**plains, **rolls}.items()}


def test_every_plain_finger_has_its_own_score(card: Run) -> None:
    scores = {row["fgp"]: set(row["nfiq2"]) for row in card.document["impressions"] if row["kind"] == "plain"}
    assert scores == {13: {"2", "3", "4", "5"}, 14: {"7", "8", "9", "10"}, 11: {"1"}, 12: {"6"}}


def header(record: bytes) -> dict[str, int]:
    """The 18 bytes before a Type-4 image, by the table of ANSI/NIST-ITL 1-2000 section 11; LEN is checked, IDC left out."""
    length, _idc, imp, positions, isr, width, height, compression = struct.unpack(">IBB6sBHHB", record[:18])
    assert length == len(record)
    assert positions[1:] == b"\xff" * 5
    return {"IMP": imp, "FGP": positions[0], "ISR": isr, "HLL": width, "VLL": height, "GCA": compression}


@functools.cache
def card_headers() -> dict[int, dict[str, int]]:
    """What each record must say: the card's own sizes, a roll's nominal one; taken live (IMP 0 plain, 1 rolled), 500 ppi, WSQ."""
    return {
        fgp: {"IMP": int(fgp <= 10), "FGP": fgp, "ISR": 0, "HLL": columns, "VLL": rows, "GCA": 1}
        for fgp, picture in pictures(testdata(CARD).read_bytes()).items()
        for rows, columns in [ROLL if fgp <= 10 else picture.shape]
    }


def test_nistitl_reads_every_field_we_wrote(card: Run) -> None:
    """It takes LEN and IDC for numbers and computes CNT itself; everything else must be equal."""
    message = nistitl.Message()
    message.parse(card.car)
    ours = parse(card.car).records
    assert [record.type for record in message] == [record.type for record in ours] == [1, 2] + [4] * 14
    for theirs, record in zip(message, ours, strict=True):
        if isinstance(record, BinaryRecord):
            assert record.idc == theirs.IDC
            assert header(theirs.NIST) == card_headers()[header(theirs.NIST)["FGP"]]
            continue
        read = {field.tag: field.value if isinstance(field.value, list) else [[str(field.value)]] for field in theirs._fields}
        wrote = {field.number: [list(items) for items in field.subfields] for field in record.fields}
        if record.type == 2:
            wrote[2] = [[str(int(wrote[2][0][0]))]]
        assert read == wrote


def test_openssl_opens_and_verifies_the_envelope(card: Run, tmp_path: Path) -> None:
    need_debian("openssl", "openssl")
    opened = tmp_path / "opened.an2"
    assert openssl_open(card.folder, (card.folder / "envelope.cms").read_bytes(), tmp_path, opened)
    assert opened.read_bytes() == card.car


@pytest.mark.parametrize("at", [0.02, 0.5, 0.98], ids=["in its head", "in the middle", "at its end"])
def test_openssl_refuses_one_flipped_bit(card: Run, tmp_path: Path, at: float) -> None:
    need_debian("openssl", "openssl")
    data = bytearray((card.folder / "envelope.cms").read_bytes())
    data[int(at * len(data))] ^= 1
    assert not openssl_open(card.folder, bytes(data), tmp_path, tmp_path / "opened.an2")


def openssl_open(keys: Path, envelope: bytes, work: Path, out: Path) -> bool:
    """The two commands of the README."""
    (work / "envelope.cms").write_bytes(envelope)
    decrypt = [
        "openssl",
        "cms",
        "-decrypt",
        "-binary",
        "-inform",
        "DER",
        "-in",
        str(work / "envelope.cms"),
        "-out",
        str(work / "signed.cms"),
    ]
    decrypt += ["-recip", str(keys / "bureau-opening.crt"), "-inkey", str(keys / "bureau-opening.key")]
    verify = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", str(work / "signed.cms"), "-out", str(out)]
    verify += ["-CAfile", str(keys / "ca.crt"), "-purpose", "any"]
    return all(subprocess.run(command, capture_output=True, check=False).returncode == 0 for command in (decrypt, verify))


def test_progress_is_told_while_it_works_and_names_no_person(card: Run) -> None:
    assert "Sealed for the bureau" in card.progress
    assert "right index" in card.progress
    assert "TRAINING,SAM" not in card.progress


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "scanner"), (b"\x00" * 100, "scanner"), (b"1.001:999\x1d1.002:0500\x1c", "scanner")],
    ids=["an empty file", "zeros", "a truncated record"],
)
def test_a_subject_file_that_is_none_names_the_failed_step(tmp_path: Path, content: bytes, said: str) -> None:
    subject = tmp_path / "subject.an2"
    subject.write_bytes(content)
    done = demo("--subject", str(subject))
    assert done.returncode == 1
    failed = json.loads(done.stdout)
    assert (failed["ok"], failed["failed_step"]) == (False, said)
    assert "Traceback" not in done.stderr


def test_a_file_without_all_prints_is_refused_before_anything_is_captured() -> None:
    done = demo("--subject", str(testdata("prints/nist/type-4-slaps.an2")))
    assert done.returncode == 1
    failed = json.loads(done.stdout)
    assert failed["failed_step"] == "scanner"
    assert "no print for: right index" in failed["what"]


@pytest.mark.long
def test_missing_fingers_are_explained_by_amp(tmp_path: Path) -> None:
    done = demo("--missing", "9=XX", "--missing", "6=UP", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    document, type2 = json.loads(done.stdout), parse((tmp_path / "car.an2").read_bytes()).first(2)
    assert {row["fgp"] for row in document["impressions"]} == set(range(1, 15)) - {6, 9, 12}
    assert type2 is not None
    assert set(type2.items(84)) == {("09", "XX"), ("06", "UP"), ("12", "UP")}


@pytest.mark.long
def test_the_synthetic_person_comes_through(tmp_path: Path) -> None:
    done = demo("--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ok"] is True
