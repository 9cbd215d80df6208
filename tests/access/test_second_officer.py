"""The second officer of an override proves who they are beside the first; an id alone is nobody's word where people sign in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from agent.access.roles import Role
from agent.audit.entries import Event, Outcome
from agent.web.bodies import SIGNED_IN, Decision
from agent.web.vouching import NotVouched, require_vouched
from tests.access.counter import PASSWORD
from tests.access.test_guard import BOOKING, Place


class Counter(Place):
    """Two officers at it, and a station that notes what was decided."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.counter.officer("supervisor-1", Role.SUPERVISOR)
        self.counter.officer("auditor-1", Role.AUDITOR)
        self.decided: list[Decision] = []
        self.station.decide = self._decide  # type: ignore[method-assign]
        self.client = self.socket(self.counter.sign_in("officer-07"))

    async def _decide(self, _booking: str, said: Decision) -> None:
        require_vouched(said)
        self.decided.append(said)

    def decide(self, client: TestClient | None = None, **body: Any) -> int:
        said = {"choice": "take", "reason": "scarred", **body}
        return (client or self.client).post(f"/api/bookings/{BOOKING}/decision", json=said).status_code

    def proof(self, officer: str, **changed: str) -> dict[str, Any]:
        self.counter.later(seconds=31)
        given = {"password": PASSWORD, "code": self.counter.code(officer), **changed}
        return {"second": officer, "second_proof": given}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Counter]:
    made = Counter(tmp_path)
    yield made
    made.counter.store.close()


def test_with_password_and_code_the_second_officer_stands_beside_the_decision_and_on_record(place: Counter) -> None:
    assert place.decide(**place.proof("supervisor-1")) == 200
    (said,) = place.decided
    assert (said.officer, said.second, said.vouched) == ("officer-07", "supervisor-1", True)
    (entry,) = [entry for entry in place.counter.noted if entry.event is Event.VOUCHED]
    assert (entry.who, entry.facts["officer"], entry.booking) == ("supervisor-1", "officer-07", BOOKING)


def test_nobody_is_signed_in_by_vouching(place: Counter) -> None:
    place.decide(**place.proof("supervisor-1"))
    assert place.client.get("/api/session").json()["officer"] == "officer-07"
    assert [entry.who for entry in place.counter.noted if entry.event is Event.SIGNED_IN] == ["officer-07"]


REFUSED: dict[str, tuple[str, dict[str, str]]] = {
    "with a wrong password": ("supervisor-1", {"password": "a wrong one entirely"}),
    "with a wrong code": ("supervisor-1", {"code": "000000"}),
    "with no proof": ("supervisor-1", {"password": "", "code": ""}),
    "who is the first": ("officer-07", {}),
    "whose roles do not allow it": ("auditor-1", {}),
    "who is nobody": ("officer-99", {"code": "123456"}),
}


@pytest.mark.parametrize("which", REFUSED)
def test_refused_is_a_second_officer(place: Counter, which: str) -> None:
    officer, changed = REFUSED[which]
    place.counter.secrets.setdefault("officer-99", "JBSWY3DPEHPK3PXP")
    assert place.decide(**place.proof(officer, **changed)) in (400, 403)
    assert place.decided == []


def test_an_id_alone_is_nobodys_word(place: Counter) -> None:
    assert place.decide(second="supervisor-1") == 400
    assert place.decided == []


def test_wrong_proofs_lock_the_second_officers_account(place: Counter) -> None:
    for _ in range(5):
        place.decide(**place.proof("supervisor-1", password="a wrong one entirely"))
    assert place.decide(**place.proof("supervisor-1")) == 400
    assert [entry.who for entry in place.counter.noted if entry.event is Event.LOCKED] == ["supervisor-1"]
    assert any(entry.outcome is Outcome.FAILED for entry in place.counter.noted)


def test_a_decision_without_a_second_needs_none_and_training_takes_an_id(place: Counter) -> None:
    assert place.decide() == 200
    assert place.decide(place.socket(required=False), officer="training-1", second="training-2") == 200
    assert [said.second for said in place.decided] == ["", "training-2"]


def test_whichever_page_it_comes_by_it_is_asked_where_it_is_carried_out() -> None:
    token = SIGNED_IN.set("officer-07")
    try:
        with pytest.raises(NotVouched):
            require_vouched(Decision("officer-07", "take", "scarred", "supervisor-1", None))
    finally:
        SIGNED_IN.reset(token)
