"""Signing in, staying in, going out: the rules of the CJIS Security Policy as cases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.access import passwords, security_keys, totp
from agent.access.breached import BreachedList
from agent.access.desk import NotSignedIn, Proof, SessionLocked, SignInRefused
from agent.access.history import Action, NoReason, Purpose, entry_of
from agent.access.passwords import Kept, PasswordRefused
from agent.access.roles import APART, TABLE, Right, Role, clash, may
from agent.access.states import TABLE as SESSION_TABLE
from agent.access.states import NoSuchMove, SessionEvent, SessionState, move, passed
from agent.audit.entries import AuditRefused, Event, Outcome
from agent.errors import LivescanError
from tests.access.authenticator import SoftKey
from tests.access.conftest import COSTLY
from tests.access.counter import NOON, ORIGIN, PASSWORD, Counter


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    made = Counter(tmp_path)
    made.officer("officer-07", Role.BOOKING_OFFICER)
    yield made
    made.store.close()


def test_password_and_code_sign_in(counter: Counter) -> None:
    token = counter.sign_in("officer-07")
    found = counter.desk.principal(token, acts=True, door="socket")
    assert (found.officer, found.roles, found.must_change) == ("officer-07", {Role.BOOKING_OFFICER}, False)
    assert counter.noted[-1].event is Event.SIGNED_IN
    assert counter.noted[-1].facts == {"factor": "code"}


WRONG = {
    "the password": {"password": "another quiet night"},
    "the code": {"code": "000000"},
    "no code": {"code": ""},
    "letters for a code": {"code": "abcdef"},
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_factor_is_refused_without_saying_which(counter: Counter, case: str) -> None:
    counter.later(seconds=31)
    with pytest.raises(SignInRefused, match="id, password or second factor"):
        counter.desk.sign_in(counter.proof("officer-07", **WRONG[case]), notice=True, door="page")
    assert counter.noted[-1].outcome is Outcome.FAILED


def test_an_unknown_officer_is_refused_in_the_same_words(counter: Counter) -> None:
    with pytest.raises(SignInRefused, match="id, password or second factor"):
        counter.desk.sign_in(Proof("nobody", PASSWORD, "123456"), notice=True, door="page")


def test_nobody_signs_in_who_has_not_acknowledged_the_notice(counter: Counter) -> None:
    with pytest.raises(SignInRefused, match="notice"):
        counter.desk.sign_in(counter.proof("officer-07"), notice=False, door="page")


def test_a_code_counts_once(counter: Counter) -> None:
    counter.sign_in("officer-07")
    with pytest.raises(SignInRefused):
        counter.desk.sign_in(counter.proof("officer-07"), notice=True, door="page")


def five_failures(counter: Counter, *, minutes: float) -> None:
    for _ in range(5):
        counter.later(minutes=minutes)
        with pytest.raises(SignInRefused):
            counter.desk.sign_in(counter.proof("officer-07", password="wrong wrong"), notice=True, door="page")


def test_five_failures_in_fifteen_minutes_lock_until_an_administrator_releases(counter: Counter) -> None:
    five_failures(counter, minutes=3)
    counter.later(days=1)
    with pytest.raises(SignInRefused, match="locked"):
        counter.desk.sign_in(counter.proof("officer-07"), notice=True, door="page")
    made = counter.desk.reset("officer-07", by="admin-1", door="socket")
    counter.learn(made)
    counter.desk.sign_in(counter.proof("officer-07", password=made.password), notice=True, door="page")
    assert Event.LOCKED in [entry.event for entry in counter.noted]


def test_five_failures_in_a_longer_time_do_not_lock(counter: Counter) -> None:
    five_failures(counter, minutes=4)
    assert counter.sign_in("officer-07")


def test_signing_in_forgets_earlier_failures(counter: Counter) -> None:
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(SignInRefused):
                counter.desk.sign_in(counter.proof("officer-07", code="000000"), notice=True, door="page")
        counter.sign_in("officer-07")


def test_thirty_minutes_without_a_word_lock_and_nothing_is_lost(counter: Counter) -> None:
    token = counter.sign_in("officer-07")
    counter.later(minutes=29)
    counter.desk.principal(token, acts=True, door="page")
    counter.later(minutes=29)
    counter.desk.principal(token, acts=False, door="page")
    counter.later(minutes=1)
    with pytest.raises(SessionLocked):
        counter.desk.principal(token, acts=True, door="page")
    counter.desk.unlock(token, counter.proof("officer-07"), "page")
    assert counter.desk.principal(token, acts=True, door="page").officer == "officer-07"


def test_another_officer_does_not_unlock(counter: Counter) -> None:
    counter.officer("officer-08", Role.SUPERVISOR)
    token = counter.sign_in("officer-07")
    counter.desk.lock(token, "page")
    with pytest.raises(SignInRefused, match="another officer"):
        counter.desk.unlock(token, counter.proof("officer-08"), "page")


def test_after_twelve_hours_it_is_signed_in_again(counter: Counter) -> None:
    token = counter.sign_in("officer-07")
    for _ in range(23):
        counter.later(minutes=29.9)
        counter.desk.principal(token, acts=True, door="page")
    counter.later(minutes=33)
    with pytest.raises(NotSignedIn):
        counter.desk.principal(token, acts=True, door="page")


def test_a_clock_that_is_set_back_ends_the_session(counter: Counter) -> None:
    token = counter.sign_in("officer-07")
    counter.later(hours=-1)
    with pytest.raises(NotSignedIn):
        counter.desk.principal(token, acts=True, door="page")


def test_a_session_outlives_a_restart_and_no_secret_is_in_the_files(counter: Counter, tmp_path: Path) -> None:
    token = counter.sign_in("officer-07")
    again = Counter(tmp_path)
    again.later(seconds=31)
    assert again.desk.principal(token, acts=True, door="page").officer == "officer-07"
    again.store.close()
    kept = b"".join(path.read_bytes() for path in (tmp_path / "access").iterdir())
    for secret in (token, PASSWORD, counter.secrets["officer-07"]):
        assert secret.encode() not in kept


def test_whoever_signs_out_is_out(counter: Counter) -> None:
    token = counter.sign_in("officer-07")
    counter.desk.sign_out(token, "page")
    with pytest.raises(NotSignedIn):
        counter.desk.principal(token, acts=True, door="page")


def test_a_disabled_officer_is_out_at_once(counter: Counter) -> None:
    token = counter.sign_in("officer-07")
    counter.desk.disable("officer-07", by="admin-1", door="socket")
    with pytest.raises(NotSignedIn):
        counter.desk.principal(token, acts=True, door="page")
    counter.later(seconds=31)
    with pytest.raises(SignInRefused, match="disabled"):
        counter.desk.sign_in(counter.proof("officer-07"), notice=True, door="page")


def test_ninety_days_without_signing_in_disable(counter: Counter) -> None:
    counter.later(days=91)
    with pytest.raises(SignInRefused, match="disabled"):
        counter.desk.sign_in(counter.proof("officer-07"), notice=True, door="page")
    assert counter.desk.officers()[0]["state"] == "inactive"


def test_the_first_password_is_changed_before_anything_else_and_every_year(counter: Counter) -> None:
    made = counter.desk.add("officer-09", [Role.SUPERVISOR], by="admin-1", door="socket")
    counter.learn(made)
    token = counter.desk.sign_in(counter.proof("officer-09", password=made.password), notice=True, door="page")
    assert counter.desk.principal(token, acts=True, door="page").must_change
    counter.desk.change_password("officer-09", made.password, PASSWORD, "page")
    assert not counter.desk.principal(token, acts=True, door="page").must_change
    for _ in range(5):
        counter.later(days=80)
        counter.sign_in("officer-09")
    assert counter.desk.principal(counter.sign_in("officer-09"), acts=True, door="page").must_change


def test_a_change_of_roles_ends_the_session(counter: Counter) -> None:
    token = counter.sign_in("officer-07")
    counter.desk.set_roles("officer-07", [Role.SUPERVISOR], by="admin-1", door="socket")
    with pytest.raises(NotSignedIn):
        counter.desk.principal(token, acts=True, door="page")


REFUSED = {
    "too short": "short 1",
    "with a line end": "a quiet\nnight here",
    "too few characters": "aaaabbbbaaaa",
    "the officer's id in it": "xx Officer-07 xx",
    "one that attackers try first": "Password123",
    "too long": "long" * 65,
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_password_that_is_not_taken(case: str) -> None:
    with pytest.raises(PasswordRefused):
        passwords.check_choice(REFUSED[case], "officer-07", BreachedList())


def test_a_password_of_a_breach_is_not_taken() -> None:
    passwords.check_choice("Quiet Night 7", "officer-07", BreachedList())
    with pytest.raises(PasswordRefused):
        passwords.check_choice("Quiet Night 7", "officer-07", {"quiet night 7"})


@pytest.mark.parametrize("kept", Kept)
def test_no_character_of_a_long_password_is_dropped(kept: Kept) -> None:
    long = "x" * 200 + "Ä"
    assert passwords.holds(passwords.keep(long, kept), "x" * 200 + "A\u0308")  # however it is composed
    assert not passwords.holds(passwords.keep(long, kept), "x" * 200 + "A")


def test_a_password_kept_the_other_way_is_rewritten_when_it_is_typed(counter: Counter, tmp_path: Path) -> None:
    counter.desk._kept = Kept.PBKDF2
    counter.sign_in("officer-07")
    found = counter.store.officer("officer-07")
    assert found is not None
    assert found.password.startswith("$pbkdf2-sha256$600000$")
    counter.sign_in("officer-07")


@given(st.text(max_size=12))
def test_nothing_else_is_a_code(text: str) -> None:
    secret = bytes(20)
    real = {totp.code_at(secret, NOON + timedelta(seconds=30 * step)) for step in (-1, 0, 1)}
    assert (totp.step_of(secret, text, NOON, 0) is not None) == (text in real)


def test_rfc_6238_vectors() -> None:
    """Appendix B, SHA-1, the last six of eight digits."""
    secret = b"12345678901234567890"
    for second, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        assert totp.code_at(secret, datetime.fromtimestamp(second, UTC)) == code


def with_key(counter: Counter, origin: str = ORIGIN) -> SoftKey:
    key = SoftKey(ORIGIN)
    counter.desk.add_key("officer-07", key.create(counter.desk.key_options("officer-07")), "page")
    key.origin = origin
    return key


def test_a_security_key_is_a_second_factor(counter: Counter) -> None:
    key = with_key(counter)
    for _ in range(2):
        answer = key.get(counter.desk.challenge("officer-07", PASSWORD))
        token = counter.desk.sign_in(Proof("officer-07", PASSWORD, key=answer), notice=True, door="page")
        assert counter.desk.principal(token, acts=True, door="page").officer == "officer-07"
    assert counter.noted[-1].facts == {"factor": "security_key"}


def test_a_security_keys_answer_counts_once(counter: Counter) -> None:
    key = with_key(counter)
    proof = Proof("officer-07", PASSWORD, key=key.get(counter.desk.challenge("officer-07", PASSWORD)))
    counter.desk.sign_in(proof, notice=True, door="page")
    with pytest.raises(SignInRefused):
        counter.desk.sign_in(proof, notice=True, door="page")


def test_a_copied_key_that_counts_back_is_refused(counter: Counter) -> None:
    key = with_key(counter)
    counter.desk.sign_in(
        Proof("officer-07", PASSWORD, key=key.get(counter.desk.challenge("officer-07", PASSWORD))), notice=True, door="page"
    )
    key.count = 0
    answer = key.get(counter.desk.challenge("officer-07", PASSWORD))
    with pytest.raises(SignInRefused):
        counter.desk.sign_in(Proof("officer-07", PASSWORD, key=answer), notice=True, door="page")


def test_another_page_or_another_key_is_refused(counter: Counter) -> None:
    for key in (with_key(counter, "http://127.0.0.1:8440"), SoftKey(ORIGIN)):
        answer = key.get(counter.desk.challenge("officer-07", PASSWORD))
        with pytest.raises(SignInRefused):
            counter.desk.sign_in(Proof("officer-07", PASSWORD, key=answer), notice=True, door="page")


def test_a_key_that_somebody_has_is_taken_by_nobody_else_and_its_count_stays(counter: Counter) -> None:
    key = with_key(counter)
    counter.desk.add("officer-08", {Role.BOOKING_OFFICER}, by="admin", door="cli")
    (before,) = counter.store.keys("officer-07")
    key.count = 9_000
    for officer in ("officer-08", "officer-07"):
        with pytest.raises(SignInRefused, match="taken already"):
            counter.desk.add_key(officer, key.create(counter.desk.key_options(officer)), "page")
    assert counter.store.keys("officer-07") == [before]
    assert counter.store.keys("officer-08") == []


def test_a_late_answer_is_refused(counter: Counter) -> None:
    key = with_key(counter)
    answer = key.get(counter.desk.challenge("officer-07", PASSWORD))
    counter.later(minutes=3)
    with pytest.raises(SignInRefused):
        counter.desk.sign_in(Proof("officer-07", PASSWORD, key=answer), notice=True, door="page")


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8) | st.dictionaries(st.text(max_size=8), st.text(max_size=8))))
def test_any_other_json_is_no_answer_of_a_key(answer: dict[str, object]) -> None:
    with pytest.raises(security_keys.KeyRefused):
        security_keys.register(ORIGIN, answer, bytes(32))


def test_every_right_has_a_role_and_an_auditor_changes_nothing() -> None:
    assert set(TABLE) == set(Right)
    assert {right for right in Right if may([Role.AUDITOR], right)} == {Right.STATUS, Right.AUDIT, Right.OWN}
    assert not may([Role.ADMIN], Right.HISTORY)


@pytest.mark.parametrize("pair", APART, ids=lambda pair: "+".join(sorted(pair)))
def test_roles_that_one_officer_does_not_have_together(counter: Counter, pair: frozenset[Role]) -> None:
    assert clash([*pair]) == pair
    with pytest.raises(LivescanError, match="not both"):
        counter.desk.add("officer-10", pair, by="admin-1", door="socket")


def test_an_ended_session_never_lives_again() -> None:
    for event in SessionEvent:
        with pytest.raises(NoSuchMove):
            move(SessionState.ENDED, event)
    assert {state for state, _ in SESSION_TABLE} == {SessionState.ACTIVE, SessionState.LOCKED}
    with pytest.raises(NoSuchMove):
        move(SessionState.LOCKED, SessionEvent.ACTED)


@given(st.integers(0, 60 * 60 * 24), st.integers(0, 60 * 60 * 24))
def test_time_locks_and_ends_in_that_order(opened_ago: int, seen_ago: int) -> None:
    seen_ago = min(seen_ago, opened_ago)
    event = passed(NOON - timedelta(seconds=opened_ago), NOON - timedelta(seconds=seen_ago), NOON)
    expected = SessionEvent.TOO_OLD if opened_ago >= 12 * 3600 else SessionEvent.IDLE if seen_ago >= 1800 else None
    assert event is expected


def test_history_is_shown_for_a_reason_and_the_record_names_operator_requester_agency_and_recipient() -> None:
    said = {"purpose": "court", "action": "export", "case": "CR-2026/0117", "recipient": "clerk-3", "requester": "judge-1"}
    entry = entry_of(said, who="officer-07", booking="20261124-7K3M9Q2X", ori="ZZ0010000", door="page")
    assert (entry.event, entry.who) == (Event.HISTORY_EXPORTED, "officer-07")
    assert entry.facts == {
        "purpose": "court",
        "requester": "judge-1",
        "agency": "ZZ0010000",
        "case": "CR-2026/0117",
        "recipient": "clerk-3",
    }


@pytest.mark.parametrize(("purpose", "action"), [("", "show"), ("curiosity", "show"), ("court", "print"), ("court", "burn")])
def test_history_is_not_shown_without_a_reason(purpose: str, action: str) -> None:
    with pytest.raises(NoReason):
        entry_of({"purpose": purpose, "action": action}, who="officer-07", booking=None, ori="ZZ0010000", door="page")


def test_a_name_is_no_requester() -> None:
    for purpose, action in product(Purpose, [Action.SHOW]):
        with pytest.raises(AuditRefused):
            said = {"purpose": purpose, "action": action, "requester": "Judge Training"}
            entry_of(said, who="officer-07", booking=None, ori="ZZ0010000", door="page")


def test_a_password_costs_an_attacker_what_rfc_9106_recommends() -> None:
    assert (COSTLY.type.name, COSTLY.time_cost, COSTLY.memory_cost, COSTLY.parallelism) == ("ID", 3, 64 * 1024, 4)
