"""The training bureau's record: every transaction once, whatever the network and the power do."""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.casework.letters import ReceiptLetter, ReplyLetter, read_letter
from agent.clock import SetClock
from agent.delivery.chunks import parse as parse_chunk
from agent.delivery.chunks import split
from agent.model.messages import Envelope, Environment, MessageKind, ReplyKind, Routing
from agent.signing import seal as sealing
from agent.signing.seal import seal
from agent.store.database import Database
from agent.training import bureau_store as store
from agent.training.bureau import Bureau
from agent.training.bureau_store import FILES, Outcome, bureau_answers, bureau_arrivals, bureau_journal, bureau_owes
from agent.training.scenario import DUPLICATED, IDR_FIRST, PLAIN, Scenario
from tests.casework.bench import BUREAU, NOW, STATION, TCN, Keys, Office, car

CAR = car()
CHUNK = 500  # data bytes: an envelope of about 2 KB has several


def _seal(keys: Keys, content: bytes = CAR, **other: Any) -> Envelope:
    facts = {"kind": MessageKind.TRANSACTION, "station": STATION, "tcn": TCN, "recipient": BUREAU, "environment": Environment.TRAINING}
    recipient = keys.bureau.openers[0].certificate
    return seal(content, Routing(**(facts | other)), signer=keys.station.signer, recipient=recipient, now=NOW)


def _cut(envelope: Envelope) -> list[bytes]:
    return split(envelope.data, size=CHUNK)


@dataclass
class Run:
    """One life of a bureau over a directory."""

    directory: Path
    keys: Keys
    scenario: Scenario = PLAIN

    async def _told(self, messages: Sequence[bytes], station: str) -> list[bool]:
        bureau = Bureau(self.directory, self.keys.bureau, SetClock(NOW), self.scenario)
        try:
            await bureau.open()
            return [await bureau.take_chunk(station, message) for message in messages]
        finally:
            bureau.close()

    def told(self, *messages: bytes, station: str = STATION) -> list[bool]:
        return asyncio.run(self._told(messages, station))

    @property
    def journal(self) -> list[tuple[str, str, str]]:
        return [(entry.station, entry.tcn, entry.content_sha256) for entry in bureau_journal(self.directory)]

    @property
    def answers(self) -> list[str]:
        return [answer.kind for answer in bureau_answers(self.directory)]

    @property
    def outcomes(self) -> list[Outcome]:
        return [arrival.outcome for arrival in bureau_arrivals(self.directory)]


@pytest.fixture
def run(tmp_path: Path, training_keys: Keys) -> Run:
    return Run(tmp_path / "bureau", training_keys)


ONCE = [(STATION, TCN, hashlib.sha256(CAR).hexdigest())]


def test_a_transaction_is_committed_and_answered(run: Run, training_keys: Keys) -> None:
    run.told(*_cut(_seal(training_keys)))
    assert run.journal == ONCE
    assert run.answers == ["receipt", ReplyKind.SRE, ReplyKind.IDR_NO_MATCH]
    assert (run.directory / FILES / STATION / f"{ONCE[0][2]}.an2").read_bytes() == CAR


def test_its_answers_are_what_a_station_believes(run: Run, training_keys: Keys) -> None:
    envelope = _seal(training_keys)
    run.told(*_cut(envelope))
    receipt, sre, idr = (read_letter(answer.envelope, training_keys.station, NOW) for answer in bureau_answers(run.directory))
    assert isinstance(receipt, ReceiptLetter)
    assert isinstance(sre, ReplyLetter)
    assert isinstance(idr, ReplyLetter)
    told = receipt.receipt.receipt
    assert (told.content_sha256, told.envelope_sha256, told.duplicate) == (ONCE[0][2], envelope.envelope_sha256, False)
    assert [(letter.reply.kind, letter.reply.tcr) for letter in (sre, idr)] == [(ReplyKind.SRE, TCN), (ReplyKind.IDR_NO_MATCH, TCN)]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_repetition_and_damage_of_chunks_commits_once(
    tmp_path_factory: pytest.TempPathFactory, training_keys: Keys, data: st.DataObject
) -> None:
    chunks = _cut(_seal(training_keys))
    order = data.draw(st.permutations(range(len(chunks))))
    again = data.draw(st.lists(st.sampled_from(range(len(chunks))), max_size=4))
    damaged = [_damaged(chunks[index]) for index in data.draw(st.lists(st.sampled_from(range(len(chunks))), max_size=2))]
    run = Run(tmp_path_factory.mktemp("bureau"), training_keys)
    run.told(*damaged, *(chunks[index] for index in order[:1] + again + order[1:] + again))
    assert run.journal == ONCE


def _damaged(chunk: bytes) -> bytes:
    return chunk[:-1] + bytes([chunk[-1] ^ 1])


def test_a_damaged_chunk_is_thrown_away_and_taken_when_it_comes_again(run: Run, training_keys: Keys) -> None:
    first, *rest = _cut(_seal(training_keys))
    assert run.told(_damaged(first), *rest)[0] is False
    assert run.journal == []
    run.told(first)
    assert run.journal == ONCE


def test_chunks_of_two_cuts_of_one_envelope_do_not_mix(run: Run, training_keys: Keys) -> None:
    envelope = _seal(training_keys)
    small, large = split(envelope.data, size=400), split(envelope.data, size=900)
    run.told(small[0], large[0], *small[2:], *large[1:])
    assert run.journal == ONCE


def test_chunks_that_do_not_make_up_the_announced_digest_are_forgotten(run: Run, training_keys: Keys) -> None:
    first, *rest = _cut(_seal(training_keys))
    lying = _with_data(first, bytes(CHUNK))
    assert run.told(lying, *rest)[-1] is False
    run.told(first, *rest)
    assert run.journal == ONCE


def _with_data(chunk: bytes, data: bytes) -> bytes:
    """The same header but for its CRC."""
    import zlib

    return chunk[:28] + zlib.crc32(data).to_bytes(4, "big") + chunk[32:64] + data


def test_the_same_envelope_again_is_answered_with_one_more_receipt_only(run: Run, training_keys: Keys) -> None:
    chunks = _cut(_seal(training_keys))
    run.told(*chunks, *chunks)
    assert run.answers == ["receipt", ReplyKind.SRE, ReplyKind.IDR_NO_MATCH]  # the first receipt is still owed
    _acknowledge(run, bureau_answers(run.directory)[0].rid)
    run.told(*chunks)
    assert run.journal == ONCE
    assert run.answers[3:] == ["receipt"]
    duplicate = read_letter(bureau_answers(run.directory)[3].envelope, training_keys.station, NOW)
    assert isinstance(duplicate, ReceiptLetter)
    assert (duplicate.receipt.stage, duplicate.receipt.receipt.duplicate) == ("committed", True)


def _acknowledge(run: Run, rid: str, station: str = STATION) -> None:
    async def say() -> None:
        bureau = Bureau(run.directory, run.keys.bureau, SetClock(NOW))
        await bureau.acknowledged([(station, rid)])
        bureau.close()

    asyncio.run(say())


def test_only_the_station_itself_can_acknowledge_its_answers(run: Run, training_keys: Keys) -> None:
    run.told(*_cut(_seal(training_keys)))
    rid = bureau_owes(run.directory)[0].rid
    _acknowledge(run, rid, station="LS-0002")
    assert len(bureau_owes(run.directory)) == 3
    _acknowledge(run, rid)
    assert rid not in [answer.rid for answer in bureau_owes(run.directory)]


def test_sealed_again_it_is_a_duplicate(run: Run, training_keys: Keys) -> None:
    first, second = _seal(training_keys), _seal(training_keys)
    assert first.envelope_sha256 != second.envelope_sha256
    run.told(*_cut(first), *_cut(second))
    assert run.journal == ONCE
    assert run.outcomes == [Outcome.COMMITTED, Outcome.DUPLICATE]


def test_other_content_under_a_used_control_number_is_a_conflict_and_replaces_nothing(run: Run, training_keys: Keys) -> None:
    other = CAR.replace(b"TESTER,TESS", b"TESTER,TOMM")
    run.told(*_cut(_seal(training_keys)), *_cut(_seal(training_keys, other)))
    assert run.journal == ONCE
    assert run.outcomes == [Outcome.COMMITTED, Outcome.CONFLICT]
    letter = read_letter(bureau_answers(run.directory)[-1].envelope, training_keys.station, NOW)
    assert isinstance(letter, ReceiptLetter)
    assert letter.receipt.stage == "conflict"
    assert (run.directory / FILES / STATION / f"{ONCE[0][2]}.an2").read_bytes() == CAR


def test_an_envelope_on_another_stations_topic_is_refused(run: Run, training_keys: Keys) -> None:
    run.told(*_cut(_seal(training_keys)), station="LS-0002")
    assert (run.journal, run.outcomes) == ([], [Outcome.REFUSED])


@pytest.mark.parametrize(
    ("content", "other"),
    [
        (CAR, {"tcn": "LS-0001-ANOTHER-NUMBER"}),
        (CAR, {"kind": MessageKind.REPLY}),
        (CAR, {"environment": Environment.PRODUCTION}),
        (CAR, {"recipient": "SOMEBODY"}),
        (b"no ANSI/NIST file", {}),
        (CAR[: len(CAR) // 2], {}),
    ],
)
def test_what_is_not_a_proven_sound_transaction_is_refused(
    run: Run, training_keys: Keys, content: bytes, other: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "_refusal", lambda *arguments: None)
    run.told(*_cut(_seal(training_keys, content, **other)))
    assert (run.journal, run.outcomes, run.answers) == ([], [Outcome.REFUSED], ["receipt"])
    letter = read_letter(bureau_answers(run.directory)[0].envelope, training_keys.station, NOW)
    assert isinstance(letter, ReceiptLetter)
    assert letter.receipt.stage == "refused"


def test_bytes_that_are_no_envelope_are_refused(run: Run, training_keys: Keys) -> None:
    run.told(*split(b"anything", size=CHUNK))
    assert run.outcomes == [Outcome.REFUSED]


def test_a_receipt_of_the_bureau_sent_back_to_it_is_refused(run: Run, training_keys: Keys, office: Office) -> None:
    run.told(*split(office.receipt("0" * 64), size=CHUNK))
    assert (run.journal, run.outcomes) == ([], [Outcome.REFUSED])


def test_scenarios_set_order_and_number_of_answers(tmp_path: Path, training_keys: Keys) -> None:
    async def due(scenario: Scenario) -> list[str]:
        clock = SetClock(NOW)
        bureau = Bureau(tmp_path / scenario.name, training_keys.bureau, clock, scenario)
        for chunk in _cut(_seal(training_keys)):
            await bureau.take_chunk(STATION, chunk)
        at_once, next_due = await bureau.owed()
        assert [answer.kind for answer in at_once] == ["receipt"]
        assert next_due is not None
        clock.advance(timedelta(seconds=1))
        later, _ = await bureau.owed()
        bureau.close()
        return [answer.kind for answer in later]

    sre, idr = ReplyKind.SRE, ReplyKind.IDR_NO_MATCH
    assert asyncio.run(due(PLAIN)) == ["receipt", sre, idr]
    assert asyncio.run(due(IDR_FIRST)) == ["receipt", idr, sre]
    assert asyncio.run(due(DUPLICATED)) == ["receipt", sre, sre, idr, idr]


def test_a_clock_that_is_set_back_keeps_no_receipt_from_going(tmp_path: Path, training_keys: Keys) -> None:
    async def story() -> list[str]:
        clock = SetClock(NOW)
        bureau = Bureau(tmp_path, training_keys.bureau, clock, PLAIN)
        for chunk in _cut(_seal(training_keys)):
            await bureau.take_chunk(STATION, chunk)
        clock.advance(timedelta(hours=-1))
        owed, _ = await bureau.owed()
        bureau.close()
        return [answer.kind for answer in owed]

    assert asyncio.run(story()) == ["receipt"]


STEPS = ("add_chunks", "write_file", "commit", "committed_digest", "drop_chunks", "arrival")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_a_step_and_told_again_it_commits_once(run: Run, training_keys: Keys, step: str, after: bool) -> None:
    """SIGKILL in a process of its own, at the last call of the step; then a new life and everything once more."""
    chunks = _cut(_seal(training_keys))
    nth = len(chunks) - (step == "add_chunks") if step in ("add_chunks", "arrival") else 1  # the last chunk is committed with its envelope
    _killed(run, chunks, step, nth, after)
    run.told(*chunks)
    assert run.journal == ONCE
    assert sorted(run.answers) == sorted(["receipt", ReplyKind.SRE, ReplyKind.IDR_NO_MATCH])


def test_killed_at_the_last_chunk_it_needs_only_that_one_again(run: Run, training_keys: Keys) -> None:
    """It was not acknowledged, so the broker has it still."""
    chunks = _cut(_seal(training_keys))
    _killed(run, chunks, "write_file", 1, after=False)
    assert run.journal == []
    run.told(chunks[-1])
    assert run.journal == ONCE


def test_what_is_whole_at_the_start_is_examined(run: Run, training_keys: Keys) -> None:
    """As a bureau of an earlier version left it."""
    run.told()
    database = Database(run.directory / store.DATABASE, store.MIGRATIONS)
    chunks = [(STATION, parse_chunk(message)) for message in _cut(_seal(training_keys))]
    database.write_now(lambda db: store.add_chunks(db, chunks))
    database.close()
    run.told()
    assert run.journal == ONCE


def _killed(run: Run, chunks: list[bytes], step: str, nth: int, after: bool) -> None:
    life = multiprocessing.get_context("fork").Process(target=partial(_live_until, run, chunks, step, nth, after))
    life.start()
    life.join(20)
    assert life.exitcode == -signal.SIGKILL


def _live_until(run: Run, chunks: list[bytes], step: str, nth: int, after: bool) -> None:
    original = getattr(store, step)
    calls = 0

    def deadly(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        value = original(*arguments, **named)
        if calls == nth and after:
            os.kill(os.getpid(), signal.SIGKILL)
        return value

    setattr(store, step, deadly)
    run.told(*chunks)


def test_chunks_that_come_together_are_committed_together_and_each_envelope_once(run: Run, training_keys: Keys) -> None:
    """Two whole envelopes of one file, half of a third, a damaged message, chunks told twice: in one batch."""
    one, other, third = (_cut(_seal(training_keys)) for _ in range(3))
    batch = [*one, _damaged(one[0]), *other[:2], *third[:2], *one[:1], *other]

    async def together() -> list[bool]:
        bureau = Bureau(run.directory, run.keys.bureau, SetClock(NOW))
        try:
            return await bureau.take_chunks([(STATION, message) for message in batch])
        finally:
            bureau.close()

    taken = asyncio.run(together())
    assert taken.count(False) == 1, "only the damaged one"
    assert run.journal == ONCE
    assert sorted(run.outcomes) == [Outcome.COMMITTED, Outcome.DUPLICATE]
    run.told(*third[2:])
    assert sorted(run.outcomes) == [Outcome.COMMITTED, Outcome.DUPLICATE, Outcome.DUPLICATE]
    assert run.journal == ONCE
