"""SOP 3.1 and 3.2: the identification process in detail, and what ICE does on it. Rows R39 to R50 of docs/procedure.md."""

from __future__ import annotations

import ast
import asyncio
import inspect
import sqlite3
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.booking.facts import Facts
from agent.booking.states import TABLE, BookingState
from agent.casework import hold
from agent.casework.answer_states import Answer, IdentState, ImmigrationState, move_ident, move_immigration
from agent.casework.desk import MIGRATIONS
from agent.casework.detainer_record import Copied, DetainerRefused, Mode
from agent.casework.detainer_states import DETAINER_MOVES, ENDED, DetainerEvent, DetainerState
from agent.casework.hold import HoldLimits, limits, words
from agent.casework.viewing import ROLES, What
from agent.policy import DetainerPolicy
from agent.submission.build import StationIdentity
from agent.submission.precheck import check_facts
from tests.casework.bench import BOOKING, NOW, booking
from tests.casework.play import Played
from tests.procedure.case import Case, iar, match, no_match, with_detainer_policy

AGENT = Path(__file__).parents[2] / "agent"
NEW_YORK = ZoneInfo("America/New_York")
D, S = DetainerEvent, DetainerState
ANSWERS = [answer for answer in Answer if answer not in (Answer.SENT, Answer.IMMIGRATION_OFF)]


def imports_of(path: Path) -> set[str]:
    return {node.module or "" for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)}


def test_R39_the_mandatory_fields_suffice_to_submit() -> None:
    """No field that EBTS leaves optional keeps a booking from going."""
    least = booking(known=False)
    assert check_facts(least, StationIdentity(ori="NY0010000", dai="NYSIB0000", cri=("NY0010000",)), NOW) == []
    assert Facts(least.subject, least.arrest).missing == {}


@pytest.mark.xdist_group("scenarios")
def test_R39_without_a_receipt_it_stays_to_be_sent(played: Mapping[str, Played]) -> None:
    """That the queue survives kill -9 and power loss is tests/crash."""
    open_items = {item.waits_for for item in played["no-receipt"].casework.open_items()}
    assert "receipt" in open_items


def test_R40_only_the_uplink_has_a_network_and_it_knows_one_host() -> None:
    """INV7. Nothing goes to DHS or ICE: casework, detainers and queries have no way out."""
    talk = ("socket", "http.client", "urllib.request", "smtplib", "ftplib", "paho.mqtt.client", "ssl")
    found = set()
    for path in AGENT.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names} | imports_of(path)
        if names & set(talk):
            found.add(path.relative_to(AGENT).parts[0])
    assert not found & {"casework", "booking", "submission", "capture", "nist", "policy.py", "match", "quality", "signing"}


@given(st.permutations([Answer.SRE_IDENT, Answer.IDR_MATCH, Answer.IAR]))
def test_R41_answers_in_any_order_give_the_same_state(order: list[Answer]) -> None:
    ident, immigration = IdentState.AWAITED, ImmigrationState.AWAITED
    for answer in order:
        ident, immigration = move_ident(ident, answer), move_immigration(immigration, answer)
    assert (ident, immigration) == (IdentState.IDENTIFIED, ImmigrationState.MATCH_WITH_IAR)


@pytest.mark.xdist_group("scenarios")
def test_R42_match_and_no_match_end_in_their_own_states(played: Mapping[str, Played]) -> None:
    assert played["match"].state.immigration is ImmigrationState.MATCH_WITH_IAR
    assert played["no-match"].state.immigration is ImmigrationState.NO_MATCH


def test_R43_a_match_without_lescs_answer_concludes_nothing(case: Case) -> None:
    case.take(match(case.seal()))
    assert case.words("IDR") == "The DHS search returned a match; determination pending at LESC."


def test_R44_an_iar_is_for_the_liaison_alone_and_nobody_is_told_of_it(case: Case) -> None:
    assert ROLES[What.IMMIGRATION] == {"records_liaison"}
    data = iar(case.seal(), "STATUS AS STATED")
    case.take(data)
    assert case.read(data).text == "STATUS AS STATED"
    assert case.casework.open_items()[0].waits_for == "receipt", "an immigration response opens and closes nothing"


@given(st.lists(st.sampled_from(ANSWERS), max_size=8))
def test_R45_no_message_of_region_c_ever_makes_a_detainer(answers: list[Answer]) -> None:
    for answer in answers:
        assert (DetainerState.NONE, answer) not in DETAINER_MOVES
    assert {event for state, event in DETAINER_MOVES if state is S.NONE} == {D.LODGED, D.RELEASED}
    assert DETAINER_MOVES[S.NONE, D.RELEASED] is S.NONE


def test_R45_a_case_full_of_responses_has_no_detainer(case: Case) -> None:
    office = case.seal()
    for data in (office.sre(), match(office, 2, iar="REMOVABLE"), iar(office, "DETAINER TO FOLLOW"), no_match(office)):
        case.take(data)
    assert case.detainers.of_booking(BOOKING) == ()
    assert case.detainers.open() == ()


def test_R46_nothing_infers_a_status() -> None:
    """No column, index, sort key, rule or model; what helps with prints may not read region C or D."""
    db = sqlite3.connect(":memory:")
    db.executescript("".join(MIGRATIONS))
    sql = " ".join(text for (text,) in db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")).lower()
    assert not [word for word in ("alien", "removab", "immigra", "idr", "iar", "match", "encounter") if word in sql]
    for room in ("quality", "match", "imaging", "capture"):
        for path in (AGENT / room).rglob("*.py"):
            assert not {name for name in imports_of(path) if name.startswith("agent.casework")}, path


def test_R47_a_visit_is_in_person_by_phone_or_by_video_and_no_recording_is_kept(case: Case) -> None:
    assert {mode.value for mode in Mode} == {"in_person", "phone", "video"}
    id_ = case.lodge()
    before = set(case.vault.names(BOOKING))
    asyncio.run(case.detainers.record(id_, D.VISITED, "officer-9", {"mode": "video", "visitor": "ICE officer 7"}))
    added = set(case.vault.names(BOOKING)) - before
    assert [name.endswith(".json") for name in added] == [True]


def test_R48_the_product_never_suggests_fills_in_or_predicts_a_detainer() -> None:
    for name in ("detainers", "detainer_record", "detainer_states", "detainer_forms", "hold", "location_answer"):
        seen = imports_of(AGENT / "casework" / f"{name}.py")
        assert not seen & {"agent.casework.levels", "agent.casework.answer_states", "agent.casework.events", "agent.casework.replies"}, name


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("started", "ends"),
    [
        ("2025-09-04T17:00", "2025-09-08T17:00"),  # Thursday to Monday
        ("2025-09-08T17:00", "2025-09-10T17:00"),  # Monday to Wednesday
        ("2025-11-26T17:00", "2025-12-01T17:00"),  # over Thanksgiving
        ("2025-12-24T08:00", "2025-12-29T08:00"),  # over Christmas
        ("2026-07-02T12:00", "2026-07-07T12:00"),  # Independence Day observed on Friday
        ("2025-08-30T10:00", "2025-09-04T00:00"),  # from a Saturday, over Labor Day
    ],
)
def test_R49_both_limits_are_computed_and_the_alarm_is_on_the_earlier(started: str, ends: str) -> None:
    found = limits(local(started), NEW_YORK)
    assert found.excluding == local(ends)
    assert found.straight == local(started).astimezone(UTC) + timedelta(hours=48)
    assert found.earlier == found.straight


@given(st.datetimes(datetime(2022, 1, 1), datetime(2031, 1, 1)), st.lists(st.dates(date(2022, 1, 1), date(2031, 1, 1)), max_size=20))
def test_R49_a_closure_never_moves_the_straight_limit(at: datetime, closures: list[date]) -> None:
    started = at.replace(tzinfo=UTC)
    with_them, without = limits(started, NEW_YORK, closures=closures), limits(started, NEW_YORK)
    assert with_them.straight == without.straight == started + timedelta(hours=48)
    assert with_them.excluding >= without.excluding >= without.straight
    assert with_them.earlier == without.straight


@pytest.mark.parametrize("day", ["2026-03-07", "2026-10-31"])
def test_R49_hours_are_hours_that_pass_over_a_change_of_summer_time(day: str) -> None:
    started = local(f"{day}T12:00")
    assert limits(started, NEW_YORK).straight - started.astimezone(UTC) == timedelta(hours=48)


def test_R49_alarms_come_before_the_limit_and_at_it_there_is_one_sentence() -> None:
    held = HoldLimits(NOW, NOW + timedelta(hours=48), NOW + timedelta(hours=96), (), "")
    at = [words(held, held.earlier - timedelta(hours=hours)).alarm_hours for hours in (13, 12, 5, 4, 1, 0)]
    assert at == [None, 12, 12, 4, 1, 0]
    reached = words(held, held.earlier)
    assert (reached.reached, reached.sentence.startswith("Release unless another lawful basis")) == (True, True)
    assert "may hold" not in inspect.getsource(hold).lower()


def test_R49_the_limit_is_on_record_and_nothing_leads_back_from_it(case: Case) -> None:
    case.policy = with_detainer_policy(DetainerPolicy.HONOUR)
    id_ = case.lodge("I-247")
    asyncio.run(case.detainers.record(id_, D.HOLD_STARTED, "officer-9"))
    case.after(hours=47, minutes=59)
    assert asyncio.run(case.detainers.watch()) == ()
    case.after(minutes=1)
    assert asyncio.run(case.detainers.watch()) == (id_,)
    assert case.detainers.get(id_).state is S.LIMIT_REACHED
    assert {after for (state, _), after in DETAINER_MOVES.items() if state is S.LIMIT_REACHED} <= {S.LIMIT_REACHED, S.RELEASED}


def test_R49_a_release_is_legal_in_every_state_of_every_region() -> None:
    for state in DetainerState:
        assert (state, D.RELEASED) in DETAINER_MOVES
    for state in ENDED:
        assert S.HOLD_RUNNING not in {after for (before, _), after in DETAINER_MOVES.items() if before is state}


@pytest.mark.parametrize("policy", list(DetainerPolicy))
@pytest.mark.parametrize("warrant", [False, True])
def test_R49_a_hold_is_on_record_only_where_the_policy_says_so(case: Case, policy: DetainerPolicy, *, warrant: bool) -> None:
    """X12: the default holds nobody on the form alone."""
    case.policy = with_detainer_policy(policy)
    id_ = case.lodge("I-247", attached=frozenset(("judicial_warrant",)) if warrant else frozenset())
    allowed = policy is DetainerPolicy.HONOUR or (policy is DetainerPolicy.JUDICIAL_WARRANT and warrant)
    if allowed:
        assert asyncio.run(case.detainers.record(id_, D.HOLD_STARTED, "officer-9")).state is S.HOLD_RUNNING
    else:
        with pytest.raises(DetainerRefused):
            asyncio.run(case.detainers.record(id_, D.HOLD_STARTED, "officer-9"))
        assert case.detainers.view(id_).hold is None


def test_R49_no_code_of_booking_or_capture_knows_of_a_hold() -> None:
    for room in ("booking", "capture", "submission", "delivery"):
        for path in (AGENT / room).rglob("*.py"):
            assert not {name for name in imports_of(path) if "detainer" in name or name.endswith(".hold")}, path
    assert {state for state, _ in TABLE} == set(BookingState)


@pytest.mark.parametrize("copied", list(Copied))
def test_R50_a_removal_before_the_charges_are_adjudicated_is_on_record_with_who_was_told(case: Case, copied: Copied) -> None:
    id_ = case.lodge()
    asyncio.run(case.detainers.record(id_, D.REMOVAL_NOTED, "officer-9", {"copied": copied, "open_charges": "TRESPASS"}))
    deed = case.detainers.get(id_).deeds[-1]
    assert (deed.said["copied"], deed.said["open_charges"]) == (copied, "TRESPASS")
    assert case.detainers.get(id_).state is S.LODGED
