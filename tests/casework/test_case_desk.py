"""What pages and the command line see of a case: clocks, what a rejection asks for, the roster."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.casework import tasks
from agent.casework.case_desk import CaseDesk
from agent.casework.error_actions import ErrorAction, asked_by, fingers_in, table
from agent.casework.events import EventKind
from agent.casework.roster import Inmate, RosterError, Standing, read_roster
from agent.casework.viewing import ViewRefused
from agent.submission import replies
from tests.casework.bench import BOOKING, NOT_AGREED, NOW, Keys
from tests.procedure.case import LIAISON_LOOKS, OFFICER_LOOKS, ZONE, Case


@pytest.fixture
def case(tmp_path: Path, training_keys: Keys):
    made = Case(tmp_path, training_keys)
    yield made
    made.close()


@pytest.fixture
def desk(case: Case) -> CaseDesk:
    return CaseDesk(
        case.casework, lambda: case.policy, case.clock, station="LS-0001", bookings=lambda: [BOOKING], zone=ZONE,
        released=case.detainers.released,
    )  # fmt: skip


def test_what_is_owed_stands_with_its_basis(case: Case, desk: CaseDesk) -> None:
    case.seal()
    case.sent_and_received()
    case.after(hours=5)
    found = asyncio.run(desk.owed(BOOKING))
    assert {one["name"]: one["mark"] for one in found["clocks"]} == {
        "acknowledgement": "stopped",
        "SRE": "expired",
        "match": "expired",
        "no match": "running",
    }
    assert all(one["basis"] for one in found["clocks"])
    assert (found["immigration_off"], found["procedure"]) == ("", case.policy.procedure.edition)


def test_where_no_response_is_expected_it_says_why(case: Case, desk: CaseDesk) -> None:
    case.policy = NOT_AGREED
    case.seal()
    assert "MOA" in asyncio.run(desk.owed(BOOKING))["immigration_off"]


def test_a_rejection_names_the_fingers_to_take_again(case: Case, desk: CaseDesk) -> None:
    office = case.seal()
    messages = ("L0118 FINGERS 2, 3 OUT OF SEQUENCE", "E0002 ELEMENT 2.020 CONTAINS INVALID DATA", "Z9999 NEW")
    case.take(office.send(office.reply(replies.build_errt, "SIB-ERRT-00001", messages=messages)))
    asked = asyncio.run(desk.rejection(BOOKING, OFFICER_LOOKS))
    assert [(one["action"], one["fingers"]) for one in asked] == [("recapture", [2, 3]), ("mend_field", []), ("state_bureau", [])]
    assert [one["text"] for one in asked] == list(messages)
    assert [view.officer for view in case.casework.views(BOOKING)] == ["officer-1"]
    assert [one["waits_for"] for one in asyncio.run(desk.open_items())] == ["correction"]


def test_nobody_reads_a_rejection_without_a_role(case: Case, desk: CaseDesk) -> None:
    office = case.seal()
    case.take(office.send(office.reply(replies.build_errt, "SIB-ERRT-00001", messages=("L0109 POOR",))))
    from dataclasses import replace

    with pytest.raises(ViewRefused):
        asyncio.run(desk.rejection(BOOKING, replace(LIAISON_LOOKS, roles=())))


def test_every_code_of_the_standard_has_an_action() -> None:
    assert len(table()) == 237
    assert set(table().values()) == set(ErrorAction)


@given(st.text(max_size=300))
def test_any_message_asks_for_something_and_no_finger_is_guessed(text: str) -> None:
    asked = asked_by(text)
    assert asked.text == text
    assert asked.sentence
    if "finger" not in text.lower():
        assert fingers_in(text) == frozenset()


def test_roster_says_what_is_not_printed_not_sent_not_answered(case: Case, desk: CaseDesk) -> None:
    case.seal()
    case.record(EventKind.QUEUED, tcn="LS-0001-01KAZ0000000000000000000AA")
    csv = f"booking_number,name,arrived_at\nJ-1,DOE PLANTED,2026-11-24T01:00:00\n{BOOKING},,2026-11-24T02:00:00\n,,\n"
    found = asyncio.run(desk.reconciled(csv.encode()))
    assert [(one["booking_number"], one["standing"]) for one in found["lines"]] == [
        ("J-1", Standing.NOT_PRINTED),
        (BOOKING, Standing.NOT_SENT),
    ]
    assert found["unreadable"] == ["line 3: it has no booking number"]
    assert "J-1" in found["page"]
    assert "PLANTED" not in str(found)


def test_who_has_left_by_the_jails_list_is_on_record_and_a_later_reply_is_an_alarm(case: Case, desk: CaseDesk) -> None:
    office = case.seal()
    case.after(hours=2)
    gone = (NOW + timedelta(hours=1)).isoformat()
    found = asyncio.run(desk.reconciled(f"booking_number,released_at\n{BOOKING},{gone}\nJ-9,{gone}\n".encode(), "officer-1"))
    assert found["released"] == [BOOKING]
    assert case.detainers.released_at(BOOKING) == NOW + timedelta(hours=1)
    case.take(office.sre())
    kinds = [one.kind for one in case.database.read_now(lambda db: tasks.of_booking(db, BOOKING))]
    assert kinds == [tasks.TaskKind.REPLY_AFTER_RELEASE]


def test_a_booking_is_found_by_the_jails_number(case: Case, desk: CaseDesk) -> None:
    case.seal()
    desk._numbers = lambda: {BOOKING: "J-7"}
    found = asyncio.run(desk.reconciled(b"booking_number\nJ-7\n"))
    assert [(one["booking_number"], one["standing"]) for one in found["lines"]] == [("J-7", Standing.NOT_SENT)]


def test_roster_comes_as_json_too() -> None:
    assert read_roster(b'[{"booking_number": "J-1"}, 7]') == ((Inmate("J-1"),), ("line 2: it is no object",))


@given(st.binary(max_size=400))
def test_any_bytes_are_a_roster_or_refused_in_words(data: bytes) -> None:
    try:
        read_roster(data)
    except RosterError as error:
        assert error.means == "Nothing was compared."
