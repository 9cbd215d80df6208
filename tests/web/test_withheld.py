"""Without the role nobody learns from the station's pages what DHS or ICE said of a person, or that it said anything."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

import pytest

from agent.access.roles import Role
from agent.casework.answer_states import ImmigrationState
from agent.casework.thread import IMMIGRATION_WORDS
from agent.model.messages import ReplyKind
from agent.web import withheld

OFFICER, LIAISON = (Role.BOOKING_OFFICER, Role.SUPERVISOR), (Role.RECORDS_LIAISON,)
SAID = {  # what a booking's events and messages are after each answer
    ImmigrationState.AWAITED: ((), ()),
    ImmigrationState.NO_MATCH: (("idr_no_match",), ("IDR_NO_MATCH",)),
    ImmigrationState.MATCH: (("idr_match",), ("IDR_MATCH",)),
    ImmigrationState.MATCH_WITH_IAR: (("idr_match", "iar"), ("IDR_MATCH", "IAR")),
    ImmigrationState.LESC_NOT_SEARCHED: (("lesc_not_searched",), ()),
}


@pytest.fixture(autouse=True)
def nobody_signed_in() -> Iterator[None]:
    before = withheld.ROLES_OF.set(None)
    yield
    withheld.ROLES_OF.reset(before)


def booking(state: ImmigrationState) -> dict[str, Any]:
    events, messages = SAID[state]
    at = None if state is ImmigrationState.AWAITED else "2026-11-24T07:00:00Z"
    return {
        "booking": "20261124-7K3M9Q2X",
        "stands_at": IMMIGRATION_WORDS[state] if at else "The bureau has it.",
        "thread": [
            {"name": "SRE", "at": "2026-11-24T06:00:00Z", "words": "The FBI's search answered: not identified (SRE)."},
            {"name": "IDR", "at": at, "words": IMMIGRATION_WORDS[state]},
        ],
        "events": [{"kind": kind} for kind in ("received", "sre_non_ident", *events)],
        "inbound": [{"kind": kind, "rid": f"{n}"} for n, kind in enumerate(("receipt", "SRE", *messages))],
    }


def shown(state: ImmigrationState, roles: Collection[Role]) -> str:
    withheld.ROLES_OF.set(roles)
    return json.dumps(withheld.of_booking(booking(state)))


@pytest.mark.parametrize("state", list(SAID))
def test_a_booking_officer_sees_the_same_whatever_was_answered(state: ImmigrationState) -> None:
    seen = shown(state, OFFICER)
    assert seen == shown(ImmigrationState.AWAITED, OFFICER)
    assert "not identified (SRE)" in seen, "the FBI's answer is the officer's"


@pytest.mark.parametrize("state", list(SAID))
def test_the_liaison_sees_all_of_it(state: ImmigrationState) -> None:
    assert json.loads(shown(state, LIAISON)) == booking(state)


def test_lists_clocks_and_live_events_tell_no_more() -> None:
    withheld.ROLES_OF.set(OFFICER)
    assert withheld.of_summary(booking(ImmigrationState.MATCH))["stands_at"] == withheld.ANSWERED
    clocks = [{"name": name} for name in ("acknowledgement", "SRE", "match", "no match")]
    assert [one["name"] for one in withheld.of_owed({"clocks": clocks})["clocks"]] == ["acknowledgement", "SRE"]
    assert withheld.of_event({"event": "idr"}) is None
    assert withheld.of_event({"event": "sre"}) == {"event": "sre"}


def test_an_unclassified_message_is_the_liaisons_too() -> None:
    withheld.ROLES_OF.set(OFFICER)
    found = booking(ImmigrationState.AWAITED)
    found["inbound"].append({"kind": ReplyKind.UNCLASSIFIED, "rid": "9"})
    found["thread"].append({"name": "manual", "at": "2026-11-24T08:00:00Z", "words": "It could not be classified."})
    assert [one["kind"] for one in withheld.of_booking(found)["inbound"]] == ["receipt", "SRE"]
    assert "classified" not in str(withheld.of_booking(found))
