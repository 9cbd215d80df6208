"""Commands from afar: who is heeded, what is refused, what is done once and only once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.audit.entries import Outcome as Recorded
from agent.clock import SystemClock
from agent.commanded import MOST_WAITING, Done
from agent.errors import LivescanError
from agent.fleet import book
from agent.fleet.command import DRAIN_MOST, LIMIT, Command, Name, Outcome, encode, parse, parse_answer
from agent.fleet.drain import Drain, Drained
from agent.signing.certificates import Purpose, Role, to_der
from agent.signing.statements import Kind, read
from agent.signing.training_ca import issue, make_ca
from agent.signing.training_keys import load_training_ca
from tests.fleet.office import Office
from tests.fleet.people import signer_of

NUMBER = "ab" * 16
AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.database.close()


@pytest.mark.parametrize("name", Name)
def test_what_an_administrator_asks_is_done_answered_and_on_record(office: Office, name: Name) -> None:
    command = office.command(name, minutes=30 if name is Name.DRAIN else 0)
    answer = office.answer(command)
    assert (answer.outcome, answer.words, answer.facts["minutes"]) == (Outcome.DONE, f"{name} is done.", command.minutes)
    assert answer.bundle == (b"bundle" if name is Name.DIAGNOSTICS else b"")
    assert office.done == {name: 1}
    assert [(entry.who, entry.facts["command"], entry.facts["step"]) for entry in office.noted] == [
        ("ADMIN-1", name, "taken"),
        ("ADMIN-1", name, "answered"),
    ]


def test_an_answer_is_sealed_to_who_asked_and_signed_only_where_nothing_to_seal_to_was_sent(office: Office) -> None:
    ((_, sealed),) = office.send((NUMBER, office.signed(office.command(number=NUMBER))))
    with pytest.raises(LivescanError):
        read(sealed, Kind.ANSWER, office.keys.ca, office.clock.now())
    plain = office.command(opening=b"")
    ((_, signed),) = office.send((plain.number, office.signed(plain)))
    assert read(signed, Kind.ANSWER, office.keys.ca, office.clock.now()).fault is None


def _foreign(_: Office) -> bytes:
    return sign_with(make_ca(AT - timedelta(days=1)))


def sign_with(ca: object) -> bytes:
    command = Command(NUMBER, "LS-0001", "health", AT, AT + timedelta(minutes=5))
    return sign_by(command, signer_of(ca, "ADMIN-1", Role.ADMINISTRATOR))  # type: ignore[arg-type]


def sign_by(command: Command, signer: object) -> bytes:
    from agent.signing.statements import sign

    return sign(encode(command), Kind.COMMAND, signer, datetime.now(UTC))  # type: ignore[arg-type]


NOT_HEEDED: dict[str, Callable[[Office], bytes]] = {
    "an administrator whom the settings do not name": lambda of: of.signed(of.command(number=NUMBER), of.other.signer),
    "the station itself": lambda of: of.signed(of.command(number=NUMBER), of.keys.signer),
    "another authority's administrator of that name": _foreign,
    "nobody": lambda of: encode(of.command(number=NUMBER)),
    "the administrator, as an answer": lambda of: of.signed(of.command(number=NUMBER), kind=Kind.ANSWER),
    "rubbish": lambda _: b"\x30\x82\xff\xff rubbish",
    "what is too long": lambda of: of.signed(of.command(number=NUMBER, opening=b"x" * LIMIT)),
    "the administrator, under another number": lambda of: of.signed(of.command(number="cd" * 16)),
}


@pytest.mark.parametrize("case", NOT_HEEDED)
def test_who_is_not_named_is_not_answered_and_leaves_no_trace(office: Office, case: str) -> None:
    assert office.send((NUMBER, NOT_HEEDED[case](office))) == []
    assert (office.done, office.noted) == ({}, [])
    assert office.database.read_now(book.last) is None


def test_nobody_is_heeded_where_the_settings_name_nobody(office: Office) -> None:
    command = office.command()
    assert office.send((command.number, office.signed(command)), to=office.commands(heeds=frozenset())) == []


def test_the_named_certificate_must_still_hold(office: Office) -> None:
    command = office.command()
    office.clock.advance(timedelta(days=400))
    fresh = replace(command, issued_at=office.clock.now(), expires_at=office.clock.now() + timedelta(minutes=5))
    assert office.send((fresh.number, office.signed(fresh))) == []


REFUSED: dict[str, tuple[Callable[[Office], Command], str]] = {
    "expired": (
        lambda of: of.command(expires_at=of.clock.now() - timedelta(seconds=1), issued_at=of.clock.now() - timedelta(hours=1)), "expired",
    ),
    "from the future": (
        lambda of: of.command(issued_at=of.clock.now() + timedelta(hours=1), expires_at=of.clock.now() + timedelta(hours=2)), "future",
    ),
    "for ever": (lambda of: of.command(expires_at=of.clock.now() + timedelta(days=2)), "longer than a day"),
    "unknown": (lambda of: of.command("shell"), "knows no command 'shell'"),
    "minutes for health": (lambda of: of.command(minutes=1), "only a drain"),
    "a drain of a day": (lambda of: of.command("drain", minutes=DRAIN_MOST + 1), "at most"),
    "a bundle for anybody": (lambda of: of.command("diagnostics", opening=b""), "only sealed"),
    "an answer to a station": (lambda of: of.command(opening=to_der(of.keys.openers[0].certificate)), "another's"),
    "an answer to another administrator": (lambda of: of.command(opening=to_der(of.other.opener.certificate)), "another's"),
    "an answer to no certificate": (lambda of: of.command(opening=b"rubbish"), "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_may_not_be_is_refused_in_words_and_once_on_record(office: Office, case: str) -> None:
    command = REFUSED[case][0](office)
    body = office.signed(command)
    for _ in range(3):
        ((_, data),) = office.send((command.number, body))
        answer = parse_answer(read(data, Kind.ANSWER, office.keys.ca, office.clock.now()).content)
        assert answer is not None
        assert answer.outcome is Outcome.REFUSED
        assert REFUSED[case][1] in answer.words
    assert not office.done
    assert [entry.outcome for entry in office.noted] == [Recorded.DENIED]


def test_another_stations_command_is_refused_on_record_and_answered_by_nobody(office: Office) -> None:
    command = office.command(station="LS-0002")
    assert office.send((command.number, office.signed(command)), (command.number, office.signed(command))) == []
    assert [entry.outcome for entry in office.noted] == [Recorded.DENIED]
    assert not office.done


def test_a_replayed_command_is_answered_with_the_same_answer_and_done_once(office: Office) -> None:
    command = office.command("drain", minutes=5)
    body = office.signed(command)
    first = office.send((command.number, body))
    office.clock.advance(timedelta(days=30))
    assert office.send((command.number, body), (command.number, body)) == [first[0]] * 2
    assert office.done == {"drain": 1}
    assert len(office.noted) == 2


def test_a_number_that_comes_again_with_other_words_is_dropped(office: Office) -> None:
    command = office.command()
    office.send((command.number, office.signed(command)))
    assert office.send((command.number, office.signed(replace(command, name="drain", minutes=9)))) == []
    assert office.done == {"health": 1}


def test_a_clock_that_is_set_back_makes_no_old_command_new(office: Office) -> None:
    command = office.command("drain", minutes=5)
    body = office.signed(command)
    office.send((command.number, body))
    office.clock.advance(timedelta(minutes=-3))
    office.send((command.number, body))
    assert office.done == {"drain": 1}


class Killed(BaseException):
    """As SIGKILL: nothing after it runs."""


@pytest.mark.parametrize("name", Name)
def test_killed_between_taken_and_answered_the_next_start_finishes_it(office: Office, name: Name) -> None:
    async def killed(_: Command) -> Done:
        raise Killed

    command = office.command(name, minutes=7 if name is Name.DRAIN else 0)
    with pytest.raises(Killed):
        office.send((command.number, office.signed(command)), to=office.commands(**{name: killed}))
    assert office.sent == []
    office.clock.advance(timedelta(hours=1))  # it was taken in time; that it is answered late does not undo that
    assert len(office.send()) == 1
    assert office.done == {"reloaded" if name is Name.RELOAD else name: 1}
    assert office.send() == [], "it is answered, and not begun a third time"
    assert office.send((command.number, office.signed(command)))[0] == office.sent[0]


def test_killed_before_a_refusal_was_written_it_is_refused_at_the_next_start(office: Office) -> None:
    command = office.command(opening=to_der(office.other.opener.certificate))
    taken = book.Taken(command.number, "0" * 64, "health", "ADMIN-1", encode(command), office.clock.now())
    office.database.write_now(lambda db: book.take(db, taken))
    office.send()
    assert not office.done
    last = office.database.read_now(book.last)
    assert last is not None
    assert last.outcome == Outcome.REFUSED


def test_what_cannot_be_recorded_is_not_done(office: Office) -> None:
    office.record_trouble = True
    answer = office.answer(office.command("drain", minutes=5))
    assert answer.outcome is Outcome.FAILED
    assert "cannot be recorded" in answer.words
    assert not office.done


def test_a_deed_that_fails_is_told_and_keeps_nobody_from_the_next(office: Office) -> None:
    async def fails(_: Command) -> Done:
        raise LivescanError("The disk is full.")

    first, second = office.command("renew"), office.command("health")
    office.send((first.number, office.signed(first)), (second.number, office.signed(second)), to=office.commands(renew=fails))
    rows = [office.database.read_now(lambda db, one=one: book.taken(db, one.number)) for one in (first, second)]
    assert [row.outcome for row in rows if row is not None] == [Outcome.FAILED, Outcome.DONE]


def test_a_bundle_that_does_not_fit_is_told_in_words(office: Office) -> None:
    async def large(_: Command) -> Done:
        return Done(Outcome.DONE, "", bundle=b"x" * 100_000)

    command = office.command("diagnostics")
    office.send((command.number, office.signed(command)), to=office.commands(diagnostics=large))
    last = office.database.read_now(book.last)
    assert last is not None
    assert "does not fit" in last.words


def test_a_flood_of_rubbish_is_one_line_in_the_log_and_waits_in_no_memory(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    commands = office.commands()
    office.send(*[(NUMBER, b"rubbish")] * 50, to=commands)
    for _ in range(10_000):
        commands.hear(NUMBER, b"rubbish")
    assert commands._waiting.qsize() == MOST_WAITING
    assert len([one for one in caplog.records if "dropped" in one.message]) == 1


def test_old_answers_are_forgotten_and_numbers_never(office: Office) -> None:
    for place in range(book.KEPT + 5):
        one = book.Taken(f"{place:032x}", "0" * 64, "health", "ADMIN-1", b"{}", office.clock.now())
        office.database.write_now(lambda db, one=one: (book.take(db, one), book.answered(db, one.number, "done", "", b"answer")))
    kept = office.database.read_now(lambda db: [book.taken(db, f"{place:032x}") for place in range(book.KEPT + 5)])
    assert [one is not None and one.answer for one in kept] == [b""] * 5 + [b"answer"] * book.KEPT


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(place=st.integers(0, 10_000), change=st.integers(1, 255))
def test_every_changed_byte_of_a_command_is_dropped_or_is_the_same_command(office: Office, place: int, change: int) -> None:
    command = office.command("renew", number=NUMBER)
    body = bytearray(office.signed(command))
    body[place % len(body)] ^= change
    said = office.commands()._believed(bytes(body))
    assert said is None or parse(said.content) == command


@given(st.binary(max_size=400))
def test_hostile_bytes_are_no_command_and_no_answer(data: bytes) -> None:
    assert parse(data) is None
    assert parse_answer(data) is None


@given(st.data())
def test_a_command_with_one_hostile_value_is_read_whole_or_not_at_all(data: st.DataObject) -> None:
    told = json.loads(encode(Command(NUMBER, "LS-0001", "health", AT, AT)))
    key = data.draw(st.sampled_from([*sorted(told), "further"]))
    told[key] = data.draw(st.none() | st.integers() | st.text(max_size=20) | st.lists(st.integers(), max_size=3))
    found = parse(json.dumps(told).encode())
    assert found is None or encode(found) == json.dumps(told, separators=(",", ":")).encode()


def test_a_drain_ends_by_itself_by_a_clock_set_back_and_by_the_settings(office: Office) -> None:
    drain = Drain(office.database, office.clock, heeded=True)

    async def story() -> None:
        await drain.require()
        await drain.begin(30)
        with pytest.raises(Drained, match="drains this station"):
            await drain.require()
        await Drain(office.database, office.clock, heeded=False).require()
        office.clock.advance(timedelta(minutes=31))
        await drain.require()
        await drain.begin(30)
        office.clock.advance(timedelta(days=-2))
        await drain.require()
        await drain.begin(0)
        office.clock.advance(timedelta(days=2))
        await drain.require()

    asyncio.run(story())


def test_a_revoked_or_foreign_opening_certificate_is_not_sealed_to(office: Office, tmp_path: Path) -> None:
    ca = load_training_ca(tmp_path / "keys")
    station = issue(ca, "ADMIN-1", Role.STATION, Purpose.OPENING, now=SystemClock().now())
    signing = issue(ca, "ADMIN-1", Role.ADMINISTRATOR, Purpose.SIGNING, now=SystemClock().now())
    for other in (station, signing):
        command = office.command(opening=to_der(other.certificate))
        office.send((command.number, office.signed(command)))
    assert not office.done
