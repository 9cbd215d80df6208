"""What a station tells of itself, and what is believed of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.delivery.status import Status, encode_status
from agent.errors import UsageError
from agent.fleet.collect import Collected
from agent.fleet.judge import judged
from agent.fleet.page import overview, page
from agent.fleet.picture import picture
from agent.fleet.report import LIMIT, Lack, Report, encode, parse
from agent.fleet.roster import read_roster
from agent.fleet.standing import Grade, Heard, Standing, standings
from agent.signing.certificates import Role
from agent.signing.statements import Kind, sign
from agent.signing.training_ca import make_ca
from tests.fleet.people import CANNOT, NOW, fleet, report, signed, signer_of

CA = make_ca(NOW - timedelta(days=70))
ROSTER = {"LS-0001": "Adams"}


def _one(heard: Heard) -> Standing:
    (found,) = standings({"LS-0001": heard}, ROSTER, NOW)
    return found


def _judged(data: bytes, status: bytes = b"") -> Heard:
    found = Collected(reports={"LS-0001": data}, statuses={"LS-0001": status} if status else {})
    return judged(found, CA.certificate, NOW)["LS-0001"]


def test_a_report_is_read_as_it_was_written() -> None:
    told = report("LS-0001", cannot=(Lack(CANNOT, NOW),), waiting=3, waiting_since=NOW, draining_until=NOW)
    assert parse(encode(told)) == told


def test_further_keys_are_let_be_and_missing_ones_are_not() -> None:
    told = json.loads(encode(report("LS-0001")))
    assert parse(json.dumps(told | {"more": 1}).encode()) is not None
    for key in told:
        assert parse(json.dumps({name: value for name, value in told.items() if name != key}).encode()) is None, key


def test_a_report_that_no_reader_would_take_is_not_made() -> None:
    with pytest.raises(ValueError, match="no report"):
        encode(report("LS-0001", cannot=(Lack("a line\nand another", NOW),)))


_JSON = st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(st.binary(max_size=300) | _JSON.map(lambda value: json.dumps(value).encode()))
def test_hostile_bytes_are_no_report(data: bytes) -> None:
    assert parse(data) is None


@given(st.data())
def test_a_report_with_one_hostile_value_is_read_or_is_none(data: st.DataObject) -> None:
    told = json.loads(encode(report("LS-0001", cannot=(Lack(CANNOT, NOW),))))
    key = data.draw(st.sampled_from(sorted(told)))
    some = st.text(max_size=30)
    told[key] = data.draw(st.none() | st.integers() | some | st.lists(some) | st.dictionaries(some, some))
    found = parse(json.dumps(told).encode())
    if found is not None:
        page([_one(Heard(found))], NOW, "broker")


@given(st.binary(max_size=200))
def test_hostile_bytes_under_a_stations_name_are_told_as_not_believed(data: bytes) -> None:
    assert _one(_judged(data)).grade is Grade.FALSE


def test_every_flipped_byte_of_a_signed_report_is_not_believed() -> None:
    whole = signed(report("LS-0001"), signer_of(CA, "LS-0001"))
    assert _judged(whole).report is not None
    for place in range(0, len(whole), 7):
        flipped = bytearray(whole)
        flipped[place] ^= 0x01
        heard = _judged(bytes(flipped))
        assert heard.report is None or heard.report == report("LS-0001"), place


NOT_BELIEVED = {
    "another station's signature": lambda: signed(report("LS-0002"), signer_of(CA, "LS-0002")),
    "its signature under another name": lambda: signed(report("LS-0002"), signer_of(CA, "LS-0001")),
    "a foreign authority": lambda: signed(report("LS-0001"), signer_of(make_ca(NOW - timedelta(days=70)), "LS-0001")),
    "a bureau of that name": lambda: signed(report("LS-0001"), signer_of(CA, "LS-0001", Role.BUREAU)),
    "signed as an answer": lambda: sign(encode(report("LS-0001")), Kind.ANSWER, signer_of(CA, "LS-0001"), NOW),
    "not signed": lambda: encode(report("LS-0001")),
    "of another time than its signature": lambda: sign(
        encode(report("LS-0001")), Kind.REPORT, signer_of(CA, "LS-0001"), NOW - timedelta(days=9)
    ),
    "an unknown schema": lambda: sign(b'{"schema":"livescan-report/2"}', Kind.REPORT, signer_of(CA, "LS-0001"), NOW),
}  # fmt: skip


@pytest.mark.parametrize("case", NOT_BELIEVED)
def test_what_a_station_did_not_say_is_not_believed(case: str) -> None:
    found = _one(_judged(NOT_BELIEVED[case]()))
    assert found.grade is Grade.FALSE
    assert found.heard.report is None


def test_a_silent_station_whose_certificate_has_ended_since_is_silent_and_not_false() -> None:
    then = NOW - timedelta(days=60)
    told = replace(report("LS-0001"), at=then)
    found = Collected(reports={"LS-0001": signed(told, signer_of(CA, "LS-0001"))})
    later = NOW + timedelta(days=330)
    heard = judged(found, CA.certificate, later)
    assert standings(heard, ROSTER, later)[0].grade is Grade.SILENT


GRADES: dict[str, tuple[Heard, Grade, str]] = {
    "well": (Heard(report("LS-0001")), Grade.GOOD, ""),
    "a scanner that does not answer": (Heard(report("LS-0001", cannot=(Lack(CANNOT, NOW),))), Grade.CANNOT, "scanner"),
    "drained": (Heard(report("LS-0001", draining_until=NOW + timedelta(hours=1))), Grade.CANNOT, "drains"),
    "a report of yesterday, not connected": (
        Heard(report("LS-0001", at=NOW - timedelta(days=1)), status=Status(False, NOW - timedelta(days=2))), Grade.SILENT, "not connected",
    ),
    "a report of yesterday, connected": (
        Heard(report("LS-0001", at=NOW - timedelta(days=1)), status=Status(True, NOW)), Grade.SILENT, "clock is behind",
    ),
    "a clock a day ahead": (Heard(report("LS-0001", at=NOW + timedelta(days=1))), Grade.SOON, "ahead"),
    "never heard": (Heard(), Grade.SILENT, "never"),
    "an earlier version": (Heard(status=Status(True, NOW)), Grade.SOON, "no reports"),
    "a transaction of two hours": (Heard(report("LS-0001", waiting=1, waiting_since=NOW - timedelta(hours=2))), Grade.WAITS, "waits"),
    "a TLS certificate with a week": (Heard(report("LS-0001"), status=Status(True, NOW, NOW + timedelta(days=7))), Grade.SOON, "tls"),
    "a full disk soon": (Heard(report("LS-0001", room=1)), Grade.SOON, "1 more booking."),
}  # fmt: skip


@pytest.mark.parametrize("case", GRADES)
def test_how_a_station_stands(case: str) -> None:
    heard, grade, word = GRADES[case]
    found = _one(heard)
    assert found.grade is grade
    assert word in " ".join(words for words, _ in found.reasons)


def test_the_worst_stand_first_and_the_longest_of_them() -> None:
    ca, found, roster = fleet(300)
    rows = standings(judged(found, ca.certificate, NOW), roster, NOW)
    order = [list(Grade).index(one.grade) for one in rows]
    assert order == sorted(order)
    cannot = [one.since for one in rows if one.grade is Grade.CANNOT]
    assert cannot == sorted(cannot, key=lambda at: at or NOW)
    assert len({one.station for one in rows}) == 300


def test_the_page_stands_by_itself_and_shows_each_station_once() -> None:
    ca, found, roster = fleet(60)
    found.reports["XX-1"] = signed(report("XX-1"), signer_of(ca, "XX-1"))
    rows = standings(judged(found, ca.certificate, NOW), roster, NOW)
    html = page(rows, NOW, "broker.example:8883")
    assert all(html.count(f"<b>{station}</b>") == 1 for station in (*roster, "XX-1"))
    assert "Not on the roster" in html
    assert "<script" not in html
    assert "http" not in html.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert overview(rows).startswith("<svg")
    assert picture(rows).startswith(b"\x89PNG")


def test_names_of_the_roster_are_escaped() -> None:
    assert "<i>" not in page(standings({}, {"LS-1": "<i>Adams</i>"}, NOW), NOW, "<i>broker</i>").replace("&lt;i&gt;", "")


def test_a_roster_names_the_line_that_is_wrong() -> None:
    assert read_roster("# jails\n\nLS-1, Adams, north\nLS-2\n") == {"LS-1": "Adams, north", "LS-2": ""}
    for text in ("LS-1\nLS-1", "LS-1\nno station"):
        with pytest.raises(UsageError, match="Line 2"):
            read_roster(text)


def test_a_status_may_tell_when_its_certificate_ends() -> None:
    assert b"tls_until" in encode_status(Status(True, NOW, NOW))
    assert b"tls_until" not in encode_status(Status(True, NOW))


def test_a_report_is_bounded() -> None:
    with pytest.raises(ValueError, match="no report"):
        encode(report("LS-0001", every=86_401))
    assert parse(encode(report("LS-0001")) + b" " * LIMIT) is None
    assert isinstance(parse(encode(report("LS-0001"))), Report)
