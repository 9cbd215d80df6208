"""SOP 1.0: ground rules. Rows R1 to R6 of docs/procedure.md."""

from __future__ import annotations

import ast
import asyncio
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.casework.answer_states import ImmigrationState
from agent.casework.desk import MIGRATIONS
from agent.casework.iaq import Asking, IaqRefused, draft
from agent.casework.reports import Counted, rates
from agent.casework.suspension import Suspension, SuspensionRefused
from agent.casework.taken import UNUSABLE
from agent.casework.viewing import ViewRefused
from agent.model.booking import BookingId
from agent.model.messages import MessageKind, Routing
from agent.nist.codec import parse
from agent.policy import Agreement, PolicyFile, load_jurisdiction
from agent.signing.seal import seal
from agent.submission import replies
from agent.submission.build import StationIdentity, build_car
from tests.casework.bench import BOOKING, NOT_AGREED, NOW, POLICY, TCN, booking, keys
from tests.casework.play import Played, number
from tests.procedure.case import LIAISON_LOOKS, Case, match, no_match

AGENT = Path(__file__).parents[2] / "agent"
IDENTITY = StationIdentity(ori="NY0010000", dai="NYSIB0000", cri=("NY0010000",))


@pytest.mark.xdist_group("scenarios")
def test_R1_one_booking_one_submission_and_both_answers_to_it(played: Mapping[str, Played]) -> None:
    booking_id, tcn = number("no-match")
    one = played["no-match"]
    sealed = [event for event in one.casework.events(booking_id) if event.kind == "sealed"]
    assert [event.tcn for event in sealed] == [tcn]
    replies = [message.taken for message in one.inbound if message.taken and message.taken.kind in ("SRE", "IDR_NO_MATCH")]
    assert [(taken.kind, taken.tcn) for taken in replies] == [("SRE", tcn), ("IDR_NO_MATCH", tcn)]


def test_R2_reply_of_anybody_but_the_bureau_is_refused_and_not_shown(case: Case, tmp_path: Path) -> None:
    office, stranger = case.seal(), keys(tmp_path / "stranger").bureau
    content = office.reply(replies.build_idr_no_match, "SIB-IDR-000001")
    station = office.keys.station
    routing = Routing(MessageKind.REPLY, station.station, TCN, station.station, station.environment)
    forged = seal(content, routing, signer=stranger.signer, recipient=station.openers[0].certificate, now=NOW).data
    taken = case.take(forged)
    assert (taken.kind, taken.booking_id) == (UNUSABLE, None)
    assert case.state().immigration is ImmigrationState.AWAITED
    assert case.read(forged) is None
    assert len(case.casework.manual_queue()) == 1


def test_R3_features_are_off_until_the_agreement_and_on_for_new_submissions_only(case: Case) -> None:
    case.policy = NOT_AGREED
    case.seal()
    assert case.state().immigration is ImmigrationState.OFF
    case.policy = POLICY
    assert case.state().immigration is ImmigrationState.OFF
    other = BookingId("20261124-OTHER001")
    case.seal("LS-0001-01KAZ0000000000000000000BB", other)
    assert case.state(other).immigration is ImmigrationState.AWAITED


def test_R3_a_fresh_installation_has_no_agreement() -> None:
    fresh = load_jurisdiction()
    assert not fresh.agreement.on_file
    assert "MOA" in fresh.why_off
    partly = fresh.model_copy(update={"agreement": Agreement(reference="MOA-1")})
    assert partly.why_off == fresh.why_off


def test_R4_no_field_for_an_immigration_status_exists() -> None:
    """No column, no fact of a booking, no route: nobody here can enter one."""
    db = sqlite3.connect(":memory:")
    db.executescript("".join(MIGRATIONS))
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = {f"{table}.{row[1]}" for table in tables for row in db.execute(f"PRAGMA table_info({table})")}
    forbidden = ("status", "alien", "removab", "citizen", "deport", "illegal", "nationality", "score", "flag")
    assert not [column for column in columns if any(word in column.lower() for word in forbidden)]
    facts = ast.dump(ast.parse((AGENT / "model" / "booking.py").read_text("utf-8")))
    assert not [word for word in ("immigration", "alien", "removable") if word in facts.lower()]


VARIED = st.fixed_dictionaries(
    {
        "race": st.sampled_from("ABIUW"),
        "place_of_birth": st.sampled_from(("XX", "MM", "NY", "GT", "CA", "YY")),
        "citizenship": st.sampled_from(((), ("MM",), ("US",), ("GT", "US"))),
        "name": st.sampled_from(("TESTER,TESS", "GARCIA,MARIA", "NGUYEN,AN", "SMITH,JOHN")),
        "aliases": st.sampled_from(((), ("GARCIA,M",))),
    }
)


@settings(max_examples=60, deadline=None)
@given(VARIED)
def test_R5_race_name_birthplace_and_citizenship_change_nothing_but_their_own_fields(values: dict[str, object]) -> None:
    """The same messages in the same order, with the same routing: only the fields themselves differ."""
    own = {18, 19, 20, 21, 25}

    def rest(subject_values: dict[str, object]) -> object:
        one = booking()
        changed = replace(one, subject=replace(one.subject, **subject_values))  # type: ignore[arg-type]
        tx = parse(build_car(changed, tcn=TCN, made_at=NOW, station=IDENTITY, images={}))
        type2 = tx.first(2)
        assert type2 is not None
        head = [bytes(field.raw) for field in tx.type1.fields if field.number not in (1,)]
        return head, [(field.number, bytes(field.raw)) for field in type2.fields if field.number not in own | {1}]

    assert rest(values) == rest({"race": "U", "place_of_birth": "XX", "citizenship": (), "name": "TESTER,TESS", "aliases": ()})


def test_R5_nothing_that_decides_reads_race_name_birthplace_or_citizenship() -> None:
    """Order, priority, timers, quality, matching, delivery and casework do not know these fields; IAQ and card only write them out."""
    fields = {"race", "place_of_birth", "citizenship", "aliases"}
    rooms = ("capture", "quality", "match", "handover", "delivery", "signing", "store", "imaging", "casework")
    found = [
        f"{path.relative_to(AGENT)}: {node.attr}"
        for room in rooms
        for path in (AGENT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in fields
    ]
    assert found == ["casework/iaq.py: place_of_birth"]


def test_R5_rates_by_officer_and_group_are_reported() -> None:
    rows = [Counted("officer-1", "W", True), Counted("officer-1", "W", True, held=True), Counted("officer-1", "B", True, queried=True)]
    found = rates(rows)
    assert found["officer-1", "W"].shares == (1.0, 0.5, 0.0)
    assert found["officer-1", "B"].shares == (1.0, 0.0, 1.0)


def test_R5_suspension_stops_the_immigration_features_at_once_and_the_booking_goes_on(tmp_path: Path, case: Case) -> None:
    file = tmp_path / "jurisdiction.toml"
    agreed = '[agreement]\nreference = "MOA-1"\nsigned_on = "2026-01-01"\nsignatories = ["S"]\n[iaq]\nby_a_person = true\n'
    file.write_text(agreed + "[procedure]\nmessage_routing = true\n", "utf-8")
    policy = PolicyFile(file)
    case.policy = policy()
    assert case.policy.why_off == ""
    office = case.seal()
    idr = no_match(office)
    case.take(idr)
    file.write_text(agreed + '[procedure]\nmessage_routing = true\nsuspended = "complaint 7"\n', "utf-8")
    case.policy = policy()
    assert "complaint 7" in case.policy.why_off
    with pytest.raises(ViewRefused, match="suspended"):
        case.read(idr)
    with pytest.raises(IaqRefused, match="suspended"):
        asking = Asking("officer-9", LIAISON_LOOKS.roles, "a reason in words", "5550100", in_custody=True)
        draft(booking().subject, asking, "NY0010000", case.state().immigration, case.policy)
    case.take(office.sre())
    assert case.state().ident == "not_identified"
    late = match(office)
    assert case.take(late).booking_id == BOOKING, "what comes while suspended is kept"


def test_R6_edition_of_the_procedure_stays_with_what_was_sent_under_it(case: Case) -> None:
    case.seal()
    newer = POLICY.procedure.model_copy(update={"edition": "SOP of 2030"})
    case.policy = POLICY.model_copy(update={"procedure": newer})
    other = "LS-0001-01KAZ0000000000000000000BB"
    case.seal(other, BookingId("20261124-OTHER001"))
    assert case.casework.policy_of(TCN) == (POLICY.procedure.edition, "MOA-1")
    assert case.casework.policy_of(other) == ("SOP of 2030", "MOA-1")


def test_R5_a_person_suspends_with_a_switch_that_outlives_a_restart(tmp_path: Path) -> None:
    file, switch = tmp_path / "jurisdiction.toml", tmp_path / "suspended"
    file.write_text(
        '[agreement]\nreference = "M"\nsigned_on = "2026-01-01"\nsignatories = ["S"]\n[procedure]\nmessage_routing = true\n', "utf-8"
    )
    policy = PolicyFile(file, switch)
    desk = Suspension(policy)
    with pytest.raises(SuspensionRefused):
        asyncio.run(desk.suspend("  no "))
    assert policy().why_off == ""
    asyncio.run(desk.suspend("complaint of 24 November"))
    assert "complaint of 24 November" in policy().why_off
    assert "complaint of 24 November" in PolicyFile(file, switch)().why_off, "after a restart"
    switch.write_bytes(b"\xff\xfe")
    assert "cannot be read" in policy().why_off, "a spoilt switch still suspends"
    assert asyncio.run(desk.lift()) == {"suspended": "", "off": ""}


@pytest.mark.parametrize("spoil", ["wrong", "gone"])
def test_R5_a_spoilt_policy_file_suspends_the_features_and_the_booking_goes_on(tmp_path: Path, case: Case, spoil: str) -> None:
    file = tmp_path / "jurisdiction.toml"
    file.write_text(
        '[agreement]\nreference = "M"\nsigned_on = "2026-01-01"\nsignatories = ["S"]\n[procedure]\nmessage_routing = true\n', "utf-8"
    )
    policy = PolicyFile(file)
    assert policy().why_off == ""
    file.unlink() if spoil == "gone" else file.write_text("[procedure]\nrouting = 7\n", "utf-8")
    case.policy = policy()
    assert "cannot be used" in case.policy.why_off
    case.seal()
    assert case.state().submission == "sealed"
    assert case.state().immigration is ImmigrationState.OFF
