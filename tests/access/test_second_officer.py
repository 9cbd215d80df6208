"""The second officer of an override proves who they are beside the first; an id alone is nobody's word where people sign in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from agent.access.roles import Role
from agent.audit.entries import Event, Outcome
from agent.web.bodies import SIGNED_IN, Decision
from agent.web.vouching import NotVouched, act_of, require_vouched
from tests.access.authenticator import SoftKey
from tests.access.counter import ORIGIN, PASSWORD
from tests.access.test_guard import BOOKING, Place

QUESTION = {"number": 7, "why": "poor", "fgp": 2}


class Counter(Place):
    """Two officers at it, and a station that notes what was decided."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.counter.officer("supervisor-1", Role.SUPERVISOR)
        self.counter.officer("auditor-1", Role.AUDITOR)
        self.decided: list[Decision] = []
        self.question: dict[str, Any] | None = dict(QUESTION)
        self.station.decide = self._decide  # type: ignore[method-assign]
        self.station.asked_now = lambda _booking: self.question  # type: ignore[method-assign]
        self.client = self.socket(self.counter.sign_in("officer-07"))

    async def _decide(self, booking: str, said: Decision) -> None:
        require_vouched(said, self.question, booking)
        self.decided.append(said)

    def decide(self, client: TestClient | None = None, **body: Any) -> int:
        said = {"choice": "take", "reason": "scarred", **body}
        return (client or self.client).post(f"/api/bookings/{BOOKING}/decision", json=said).status_code

    def proof(self, officer: str, **changed: str) -> dict[str, Any]:
        self.counter.later(seconds=31)
        given = {"password": PASSWORD, "code": self.counter.code(officer), **changed}
        return {"second": officer, "second_proof": given}

    def key(self, officer: str) -> SoftKey:
        """A security key that is theirs from now on."""
        made = SoftKey(ORIGIN)
        self.counter.desk.add_key(officer, made.create(self.counter.desk.key_options(officer)), "page")
        return made

    def options(self, booking: str = BOOKING, **changed: Any) -> Any:
        """What supervisor-1's key is to sign."""
        said = {"choice": "take", "reason": "scarred", "second": "supervisor-1", "second_proof": {"password": PASSWORD}, **changed}
        return self.client.post(f"/api/bookings/{booking}/decision/challenge", json=said)

    def agreed(self, key: SoftKey, **changed: Any) -> dict[str, Any]:
        """The key's answer, as it comes with a decision."""
        return self.shown(key.get(self.options(**changed).json()))

    def shown(self, answer: dict[str, Any]) -> dict[str, Any]:
        return {"second": "supervisor-1", "second_proof": {"password": PASSWORD, "key": answer}}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Counter]:
    made = Counter(tmp_path)
    yield made
    made.counter.store.close()


def test_with_password_and_code_the_second_officer_stands_beside_the_decision_and_on_record(place: Counter) -> None:
    assert place.decide(**place.proof("supervisor-1")) == 200
    (said,) = place.decided
    assert (said.officer, said.second, said.vouched is not None) == ("officer-07", "supervisor-1", True)
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
            require_vouched(Decision("officer-07", "take", "scarred", "supervisor-1", None), QUESTION, BOOKING)
    finally:
        SIGNED_IN.reset(token)


def test_with_password_and_security_key_the_second_officer_stands_beside_the_decision_and_on_record(place: Counter) -> None:
    assert place.decide(**place.agreed(place.key("supervisor-1"))) == 200
    (said,) = place.decided
    assert (said.second, said.reason) == ("supervisor-1", "scarred")
    (entry,) = [entry for entry in place.counter.noted if entry.event is Event.VOUCHED]
    assert (entry.who, entry.booking) == ("supervisor-1", BOOKING)
    assert entry.facts == {"officer": "officer-07", "factor": "security_key", "fgp": 2, "step": "take"}


OTHERWISE: dict[str, dict[str, Any]] = {
    "another reason": {"reason": "worn"},
    "another answer": {"choice": "use_as"},
    "another finger": {"finger": 3},
}


@pytest.mark.parametrize("which", OTHERWISE)
def test_a_key_that_agreed_to_one_thing_has_not_agreed_to(place: Counter, which: str) -> None:
    said = place.agreed(place.key("supervisor-1"))
    assert place.decide(**{**said, **OTHERWISE[which]}) == 400
    assert place.decided == []


@pytest.mark.parametrize("asked", [{"number": 8}, {"fgp": 3}, {"why": "same_twice"}], ids=str)
def test_a_key_that_agreed_to_one_question_has_not_agreed_to_the_next(place: Counter, asked: dict[str, Any]) -> None:
    said = place.agreed(place.key("supervisor-1"))
    place.question = {**QUESTION, **asked}
    assert place.decide(**said) == 400
    assert place.decided == []


def test_a_key_that_agreed_at_one_booking_has_not_agreed_at_another(place: Counter) -> None:
    key = place.key("supervisor-1")
    assert place.decide(**place.shown(key.get(place.options(booking="20261124-AAAAAAAA").json()))) == 400
    assert place.decided == []


def test_a_key_that_agreed_beside_one_officer_has_not_agreed_beside_another(place: Counter) -> None:
    place.counter.officer("officer-08", Role.BOOKING_OFFICER)
    said = place.agreed(place.key("supervisor-1"))
    assert place.decide(place.socket(place.counter.sign_in("officer-08")), **said) == 400
    assert place.decided == []


def test_what_a_key_agreed_to_is_done_once(place: Counter) -> None:
    said = place.agreed(place.key("supervisor-1"))
    assert place.decide(**said) == 200
    assert place.decide(**said) == 400
    assert len(place.decided) == 1


def test_a_key_agrees_for_two_minutes(place: Counter) -> None:
    said = place.agreed(place.key("supervisor-1"))
    place.counter.later(seconds=121)
    assert place.decide(**said) == 400


def test_a_sign_in_with_the_key_is_no_word_beside_a_decision_and_such_a_word_signs_nobody_in(place: Counter) -> None:
    key = place.key("supervisor-1")
    proof = {"officer": "supervisor-1", "password": PASSWORD}
    signs_in = key.get(place.client.post("/api/sign-in/challenge", json=proof).json())
    place.options()
    assert place.decide(**place.shown(signs_in)) == 400
    agrees = key.get(place.options().json())
    place.client.post("/api/sign-in/challenge", json=proof)
    assert place.client.post("/api/sign-in", json={**proof, "code": "", "notice": True, "key": agrees}).status_code == 400
    assert place.decided == []


KEYLESS: dict[str, tuple[dict[str, Any], str]] = {
    "whose password is wrong": ({"second_proof": {"password": "a wrong one entirely"}}, "password or second factor is wrong"),
    "who is the first": ({"second": "officer-07"}, "is the first"),
    "whose roles do not allow it": ({"second": "auditor-1"}, "roles do not allow"),
    "who has no key": ({"second": "supervisor-2"}, "has no security key"),
    "who is nobody": ({"second": "officer-99"}, "password or second factor is wrong"),
    "who is not named": ({"second": ""}, "has not signed in"),
}


@pytest.mark.parametrize("which", KEYLESS)
def test_no_key_is_asked_of_a_second_officer(place: Counter, which: str) -> None:
    place.counter.officer("supervisor-2", Role.SUPERVISOR)
    changed, words = KEYLESS[which]
    answer = place.options(**changed)
    assert (answer.status_code, words in answer.json()["what"]) == (400, True), answer.text


def test_no_key_is_asked_where_nothing_waits_for_a_decision(place: Counter) -> None:
    place.key("supervisor-1")
    place.question = None
    assert "waits for no decision" in place.options().json()["what"]


def test_another_key_is_refused_and_wrong_ones_lock_the_account_like_wrong_codes(place: Counter) -> None:
    place.key("supervisor-1")
    stranger = SoftKey(ORIGIN)
    for _ in range(5):
        assert place.decide(**place.agreed(stranger)) == 400
    assert [entry.who for entry in place.counter.noted if entry.event is Event.LOCKED] == ["supervisor-1"]
    assert "locked" in place.options().json()["what"]


def test_wrong_passwords_before_the_key_lock_the_account_too(place: Counter) -> None:
    for _ in range(5):
        place.options(second_proof={"password": "a wrong one entirely"})
    assert "locked" in place.options().json()["what"]


def test_a_word_for_one_decision_is_not_carried_over_to_another() -> None:
    token = SIGNED_IN.set("officer-07")
    try:
        said = Decision("officer-07", "take", "scarred", "supervisor-1", None)
        given = replace(said, vouched=act_of(said, QUESTION, BOOKING))
        require_vouched(given, QUESTION, BOOKING)
        with pytest.raises(NotVouched):
            require_vouched(given, {**QUESTION, "number": 8}, BOOKING)
    finally:
        SIGNED_IN.reset(token)
