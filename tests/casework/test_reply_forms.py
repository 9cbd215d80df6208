"""Answers in a state's own form: an ANSI/NIST carrier, or a plain text, read by a table and by nothing else."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from agent.casework.answer_states import IdentState, ImmigrationState
from agent.casework.events import CaseState
from agent.casework.replies import events_in
from agent.casework.submission_states import SubmissionState
from agent.casework.taken import UNUSABLE
from agent.model.messages import ReplyKind
from agent.nist.codec import build, parse
from agent.nist.reply_table import Form, Means, Place, ReplyTable
from agent.nist.write import items_field, tagged_record, transaction
from agent.state_profile import load_state
from agent.submission.replies import ReplyHead
from agent.submission.reply_forms.choose import PROFILE_1, form_of
from agent.training.bureau_replies import _content
from agent.training.bureau_store import Arrival, Outcome
from agent.training.scenario import Damage, Scripted, Spoken
from agent.training.written_replies import NOBODYS_WORDS, written
from tests.casework.bench import NOW, STATION, TCN, car
from tests.casework.play import ALL, Played, _site

TABLES = {name: load_state(f"example-{name}").replies for name in ("carrier", "mail")}
FORMS = {name: form_of(table) for name, table in TABLES.items()}
REQUEST = parse(car())
ARRIVED = Arrival(STATION, "f" * 64, Outcome.COMMITTED, TCN, "0" * 64, None, NOW)
SCRIPTED = {
    f"{name}-{number}": said for name, scenario in ALL.items() for number, said in enumerate(scenario.answers) if said.damage is Damage.NONE
}
FEW = settings(max_examples=40, deadline=None)
BOTH = pytest.mark.parametrize("name", sorted(TABLES))


def say(says: Spoken, name: str, **more: object) -> bytes:
    return written(Scripted(says, timedelta(0), **more), REQUEST, ReplyHead("SIB-0000000009", NOW), TABLES[name])  # type: ignore[arg-type]


@BOTH
@pytest.mark.parametrize("said", sorted(SCRIPTED))
def test_every_scripted_answer_means_the_same_in_every_form(name: str, said: str) -> None:
    one = SCRIPTED[said]
    read = FORMS[name].read(_content(one, REQUEST, ARRIVED, TABLES[name]), NOW)
    usual = PROFILE_1.read(_content(one, REQUEST, ARRIVED, ReplyTable()), NOW)
    assert (read.reply.kind, events_in(read.reply)) == (usual.reply.kind, events_in(usual.reply))
    assert (read.reply.tcr, read.reply.oca) == (usual.reply.tcr, usual.reply.oca)
    assert read.encounters == usual.encounters
    for fact in ("MSG", "IAR", "LESC"):
        assert read.reply.facts.get(fact) == usual.reply.facts.get(fact) or usual.reply.kind is ReplyKind.UNCLASSIFIED
    assert len(read.photos) == (len(usual.photos) if name == "carrier" else 0), "a plain text carries no picture"


@BOTH
@pytest.mark.parametrize("says", [Spoken.SIX_ENCOUNTERS, Spoken.CONTRADICTION, Spoken.UNKNOWN_FORM])
def test_what_contradicts_itself_or_is_unknown_is_for_a_person(name: str, says: Spoken) -> None:
    read = FORMS[name].read(say(says, name), NOW)
    assert (read.reply.kind, events_in(read.reply)) == (ReplyKind.UNCLASSIFIED, ())
    assert read.reply.facts["WHY"]
    assert read.reply.tcr == TCN, "it still finds its booking"
    assert read.encounters == ()


@FEW
@given(name=st.sampled_from(sorted(TABLES)), data=st.binary(max_size=600))
def test_any_bytes_are_for_a_person_and_never_an_error(name: str, data: bytes) -> None:
    assert FORMS[name].read(data, NOW).reply.kind is ReplyKind.UNCLASSIFIED


@FEW
@given(st.sampled_from(sorted(TABLES)), st.integers(0, 10_000), st.binary(max_size=3), st.integers(0, 3))
def test_a_damaged_match_is_never_a_no_match(name: str, place: int, put: bytes, cut: int) -> None:
    whole = say(Spoken.IDR_MATCH, name, encounters=2, iar="AS STATED")
    place %= len(whole)
    damaged = whole[:place] + put + whole[place + cut :]
    assert FORMS[name].read(damaged, NOW).reply.kind is not ReplyKind.IDR_NO_MATCH


@FEW
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=200))
def test_a_mailed_determination_is_kept_word_for_word(words: str) -> None:
    read = FORMS["mail"].read(say(Spoken.IAR, "mail", iar=words), NOW)
    assert (read.reply.kind, read.reply.facts["IAR"]) == (ReplyKind.IAR, words)


@FEW
@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=200))
def test_a_carried_determination_is_kept_word_for_word(words: str) -> None:
    read = FORMS["carrier"].read(say(Spoken.IAR, "carrier", iar=words), NOW)
    assert (read.reply.kind, read.reply.facts["IAR"]) == (ReplyKind.IAR, words)


MAIL = say(Spoken.IDR_MATCH, "mail", encounters=1)


@pytest.mark.parametrize(
    "data",
    [
        MAIL.replace(b"Case:", b"Case: X\r\nCase:"),
        MAIL.replace(b"Case:", b"Priority: 1\r\nCase:"),
        MAIL.replace(b"Sex:", b"Alien:"),
        MAIL.replace(b"Sex:", b"Name: ANOTHER\r\nSex:"),
        MAIL + b"\r\nRECORD FOUND IN ERROR",
        MAIL.replace(b"ENCOUNTER\r\n", b""),
        b"\xff" + MAIL,
        MAIL + b"x" * 1024 * 1024,
    ],
    ids=[
        "said twice", "unknown line", "unknown item", "item twice", "words behind", "item without encounter", "not UTF-8", "too long",
    ],
)  # fmt: skip
def test_a_mail_with_anything_unknown_in_it_is_for_a_person(data: bytes) -> None:
    assert FORMS["mail"].read(MAIL, NOW).reply.kind is ReplyKind.IDR_MATCH
    assert FORMS["mail"].read(data, NOW).reply.kind is ReplyKind.UNCLASSIFIED


def changed(data: bytes, **fields: object) -> bytes:
    """A carried answer with other values in its Type-2 (number, then subfields of items)."""
    tx = parse(data)
    type2 = tx.first(2)
    assert type2 is not None
    own = {int(number.removeprefix("f")): value for number, value in fields.items()}
    kept = [one for one in type2.fields if one.number not in (1, *own)]
    made = [items_field(2, number, rows) for number, rows in own.items()]  # type: ignore[arg-type]
    type1 = [one for one in tx.type1.fields if one.number not in (1, 3)]
    return build(transaction(type1, [tagged_record(2, [*kept, *made])]))


@pytest.mark.parametrize(
    "fields",
    [
        {"f59": [["N"]]},
        {"f2100": [["DHS NO RECORD"]]},
        {"f2100": [["DHS RECORD FOUND"], ["DHS NO RECORD"]]},
        {"f2100": [["REJECT"]]},
        {"f2101": [["A", "B", "C", "D", "E", "F"]]},
        {"f2101": [["A"]] * 6},
    ],
    ids=["finding against it", "no record with encounters", "two results", "a rejection in an SRE", "an item too many", "six"],
)
def test_a_carrier_that_contradicts_itself_is_for_a_person(fields: dict[str, list[list[str]]]) -> None:
    whole = say(Spoken.IDR_MATCH, "carrier", encounters=2)
    assert FORMS["carrier"].read(whole, NOW).reply.kind is ReplyKind.IDR_MATCH
    assert FORMS["carrier"].read(changed(whole, **fields), NOW).reply.kind is ReplyKind.UNCLASSIFIED


def test_a_plain_sre_of_a_carrier_state_is_the_fbis_answer() -> None:
    plain = parse(say(Spoken.SRE_NON_IDENT, "carrier"))
    type2 = plain.first(2)
    assert type2 is not None
    bare = build(
        transaction(
            [one for one in plain.type1.fields if one.number not in (1, 3)],
            [tagged_record(2, [one for one in type2.fields if one.number not in (1, 2100)])],
        )
    )
    read = FORMS["carrier"].read(bare, NOW).reply
    assert (read.kind, read.facts["SRF"]) == (ReplyKind.SRE, "N")


@pytest.mark.parametrize("form", [Form.SRE, Form.MAIL])
def test_a_table_that_could_not_tell_what_was_said_is_refused(form: Form) -> None:
    with pytest.raises(ValidationError, match="wants"):
        ReplyTable(form=form, results={"X": Means.ERRT})
    with pytest.raises(ValidationError):
        ReplyTable(form=Form.MAIL, lines=dict.fromkeys(Place, "Same"), results={"X": Means.ERRT}, labels={"NAM": "Name"})


def test_words_that_nobody_knows_are_in_no_table() -> None:
    assert all(NOBODYS_WORDS not in table.results for table in TABLES.values())


@pytest.fixture(scope="module", params=sorted(TABLES))
def played(request: pytest.FixtureRequest) -> Iterator[tuple[str, dict[str, Played]]]:
    with tempfile.TemporaryDirectory(prefix="ls-") as folder:
        for found in _site(Path(folder), TABLES[request.param]):
            yield request.param, dict(found)


@pytest.mark.long
@pytest.mark.xdist_group("scenarios")
def test_every_scenario_ends_as_it_says_in_every_form(played: tuple[str, dict[str, Played]]) -> None:
    """Over a real broker, as `test_scenarios` does it for profile 1."""
    _, found = played
    for name, scenario in ALL.items():
        ends = scenario.expect
        states = SubmissionState(ends["submission"]), IdentState(ends["ident"]), ImmigrationState(ends["immigration"])
        assert found[name].state == CaseState(*states), name
    queue = next(iter(found.values())).casework.manual_queue()
    kinds = [one.taken.kind for one in queue if one.taken]
    assert kinds.count(UNUSABLE) == sum(scenario.expect.get("unusable", 0) for scenario in ALL.values())
    assert len(kinds) - kinds.count(UNUSABLE) == sum(scenario.expect.get("manual", 0) for scenario in ALL.values())
