"""SOP 2.1.4: the second response, IDR and IAR. Rows R17 to R26 of docs/procedure.md."""

from __future__ import annotations

import ast
import hashlib
import html
import itertools
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from agent.casework.answer_states import IMMIGRATION_MOVES, Answer, IdentState, ImmigrationState
from agent.casework.clocks import ClockName, Mark
from agent.casework.desk import MIGRATIONS
from agent.casework.iaq import may_be_drafted
from agent.casework.reading import as_html
from agent.casework.thread import IMMIGRATION_WORDS
from agent.model.messages import ReplyKind
from agent.nist.codec import parse
from agent.submission import replies
from agent.submission.read_reply import encounters, read_reply
from agent.submission.replies import Encounter, ReplyHead
from tests.casework.bench import BOOKING, NOW, POLICY, TCN, car
from tests.casework.play import Played
from tests.procedure.case import Case, iar, match, no_match

REQUEST = parse(car())
WORDS = 'LESC RESPONSE <b>"NOT A FLAG"</b>\r\nSTATUS: AS STATED & NOT OTHERWISE\r\n   INDENTED   LINE'
FULL = {"name": "TRAINING,ONE", "date_of_birth": "19700101", "place_of_birth": "XX", "sex": "U", "locator": "FIN 1"}
ALLOWED = POLICY.model_copy(update={"iaq": POLICY.iaq.model_copy(update={"by_a_person": True})})


def test_R17_no_query_leaves_on_a_match_and_its_button_is_absent_but_after_a_no_match(case: Case) -> None:
    office = case.seal()
    case.take(match(office))
    kinds = [str(event.kind) for event in case.casework.events(BOOKING)]
    assert kinds == ["captured", "quality_passed", "checked", "sealed", "idr_match"], "nothing but the match is new"
    assert [state for state in ImmigrationState if may_be_drafted(state, ALLOWED)] == [ImmigrationState.NO_MATCH]


def test_R18_an_iar_is_kept_as_it_came_and_causes_no_message(case: Case) -> None:
    office = case.seal()
    data = iar(office, WORDS)
    taken = case.take(data)
    assert case.casework.original(hashlib.sha256(data).hexdigest()) == data
    assert (taken.release_txid, taken.refused_txid) == (None, None)
    assert not [name for name in case.vault.names(taken.booking_id or "") if "tx" in name]


def test_R18_casework_cannot_send() -> None:
    """It imports nothing that could."""
    room = Path(__file__).parents[2] / "agent" / "casework"
    modules = {
        node.module or ""
        for path in room.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
    }
    sends = {one for one in modules if one.startswith(("agent.delivery", "agent.uplink", "agent.booking", "socket", "asyncio.streams"))}
    assert not sends
    assert {one for one in modules if one.startswith("agent.handover")} <= {"agent.handover.instants", "agent.handover.errors"}
    assert "agent.signing.seal" not in modules


@pytest.mark.parametrize("order", ["sre first", "idr first"])
def test_R19_the_second_message_attaches_to_the_same_booking_in_either_order(case: Case, order: str) -> None:
    office = case.seal()
    said = [office.sre(), match(office, iar=WORDS)]
    for data in said if order == "sre first" else said[::-1]:
        assert case.take(data).tcn == TCN
        case.after(hours=3)
    assert (case.state().ident, case.state().immigration) == (IdentState.NOT_IDENTIFIED, ImmigrationState.MATCH_WITH_IAR)


def test_R20_without_routing_none_is_awaited_and_the_screen_says_so(case: Case) -> None:
    case.policy = POLICY.model_copy(update={"procedure": POLICY.procedure.model_copy(update={"message_routing": False})})
    case.seal()
    case.sent_and_received()
    assert case.state().immigration is ImmigrationState.OFF
    assert set(case.clocks()) == {ClockName.ACKNOWLEDGEMENT, ClockName.SRE}
    assert case.policy.why_off == "Your state does not route this reply: none will come."


@pytest.mark.parametrize("count", range(6))
def test_R21_up_to_five_encounters_with_any_of_their_fields(count: int) -> None:
    for wanted in itertools.chain.from_iterable(itertools.combinations(FULL, n) for n in range(6)):
        one = Encounter(**{name: FULL[name] for name in wanted})
        data = replies.build_idr_match(REQUEST, ReplyHead("SIB-IDR-000002", NOW), encounters=[one] * count)
        assert read_reply(data, received_at=NOW).kind is ReplyKind.IDR_MATCH
        assert encounters(parse(data)) == (one,) * count


@pytest.mark.xdist_group("scenarios")
def test_R21_a_sixth_encounter_is_for_a_person_and_the_message_is_kept(played: Mapping[str, Played]) -> None:
    one = played["sixth-encounter"]
    assert one.state.immigration is ImmigrationState.AWAITED
    waiting = [message for message in one.inbound if message.taken and message.taken.manual]
    assert [message.taken.kind for message in waiting if message.taken] == [ReplyKind.UNCLASSIFIED]
    assert one.casework.original(waiting[0].rid) == one.original[waiting[0].rid]


@pytest.mark.xdist_group("scenarios")
def test_R21_photos_come_with_their_encounters(case: Case, played: Mapping[str, Played]) -> None:
    assert played["five-encounters"].state.immigration is ImmigrationState.MATCH


def test_R22_an_iar_is_shown_word_for_word_with_source_and_time(case: Case) -> None:
    data = iar(case.seal(), WORDS)
    case.take(data)
    shown = case.read(data)
    assert shown.text == WORDS
    assert (shown.source, shown.arrived_at) == ("SIB-TRAINING", NOW)
    assert html.unescape(as_html(shown.text)) == WORDS
    assert "<" not in as_html(shown.text)


def test_R22_no_column_holds_a_flag_or_score_made_from_it() -> None:
    db = sqlite3.connect(":memory:")
    db.executescript("".join(MIGRATIONS))
    columns = [
        row[1]
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'")
        for row in db.execute(f"PRAGMA table_info({table})")
    ]
    indexes = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='index' AND sql IS NOT NULL")]
    assert not [name for name in (*columns, *indexes) if any(word in name for word in ("match", "iar", "idr", "immigration", "status"))]


def test_R23_at_four_hours_a_label_and_a_match_after_it_counts(case: Case) -> None:
    office = case.seal()
    case.sent_and_received()
    case.after(hours=3, minutes=59)
    assert case.clocks()[ClockName.MATCH].mark is Mark.RUNNING
    case.after(minutes=1)
    late = case.clocks()[ClockName.MATCH]
    assert (late.mark, "LATE_4H" in late.words, "not a result" in late.words) == (Mark.EXPIRED, True, True)
    case.after(minutes=30)
    case.take(match(office, iar=WORDS))
    assert case.state().immigration is ImmigrationState.MATCH_WITH_IAR
    assert case.clocks()[ClockName.MATCH].mark is Mark.STOPPED_LATE


def test_R23_the_states_relay_time_is_laid_upon_the_four_hours(case: Case) -> None:
    case.policy = POLICY.model_copy(update={"state": POLICY.state.model_copy(update={"relay_minutes": 30})})
    case.seal()
    case.sent_and_received()
    case.after(hours=4, minutes=29)
    assert case.clocks()[ClockName.MATCH].mark is Mark.RUNNING


def test_R24_silence_is_never_no_match(case: Case) -> None:
    case.seal()
    case.sent_and_received()
    case.after(hours=24)
    overdue = case.clocks()[ClockName.NO_MATCH]
    assert (overdue.mark, "OVERDUE_24H" in overdue.words, "inconclusive" in overdue.words) == (Mark.EXPIRED, True, True)
    case.after(days=400)
    assert case.state().immigration is ImmigrationState.AWAITED
    assert "no match" not in case.words("IDR").lower()


def test_R24_only_the_bureaus_own_message_leads_to_no_match() -> None:
    into = {answer for (before, answer), after in IMMIGRATION_MOVES.items() if after is ImmigrationState.NO_MATCH and before is not after}
    assert into == {Answer.IDR_NO_MATCH}
    assert [state for state, words in IMMIGRATION_WORDS.items() if "no match" in words.lower()] == [ImmigrationState.NO_MATCH]


def test_R24_a_no_match_within_24_hours_starts_no_query(case: Case) -> None:
    office = case.seal()
    case.sent_and_received()
    case.after(hours=20)
    case.take(no_match(office))
    assert case.clocks()[ClockName.NO_MATCH].mark is Mark.STOPPED
    assert case.clocks()[ClockName.MATCH].mark is Mark.STOPPED


@pytest.mark.xdist_group("scenarios")
def test_R25_an_additional_sre_is_read_by_content_and_leaves_the_identification(played: Mapping[str, Played]) -> None:
    one = played["nff-first-arrest"]
    assert (one.state.ident, one.state.immigration) == (IdentState.NOT_IDENTIFIED, ImmigrationState.NO_MATCH)
    assert played["duplicated"].state == one.state


@pytest.mark.xdist_group("scenarios")
def test_R26_an_sre_nobody_waited_for_is_taken_and_one_of_nobody_goes_to_a_person(played: Mapping[str, Played]) -> None:
    assert played["nff-cpi-sre"].state.ident is IdentState.IDENTIFIED
    queue = played["no-number-of-ours"].casework.manual_queue()
    assert [one for one in queue if one.taken and one.taken.booking_id is None and one.taken.verified]


def test_K1_an_ifr_is_no_idr(case: Case) -> None:
    """The procedure once says "no match IFR": whatever a message of that name is, it is for a person."""
    office = case.seal()
    odd = office.reply(replies.build_idr_no_match, "SIB-IFR-000001").replace(b"IDR/1|", b"IFR/1|")
    assert case.take(office.send(odd)).manual
    assert case.state().immigration == "awaited"
