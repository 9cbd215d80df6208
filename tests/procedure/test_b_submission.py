"""SOP 2.1 to 2.1.3: submission, NFF and SRE. Rows R7 to R16 of docs/procedure.md."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from agent.casework.answer_states import IdentState, ImmigrationState
from agent.casework.submission_states import SUBMISSION_MOVES, SubmissionEvent, SubmissionState
from agent.casework.thread import MASTER_RECORD
from agent.casework.tie import TiedBy
from agent.model.booking import Booking, BookingId, Charge
from agent.nist.check import check
from agent.nist.codec import parse
from agent.nist.findings import errors
from agent.nist.records import Transaction
from agent.submission import replies
from agent.submission.build import StationIdentity, build_car
from agent.submission.replies import ReplyHead
from tests.casework.bench import NOW, POLICY, TCN, booking
from tests.casework.play import Played
from tests.procedure.case import Case, match, no_match

AGENT = Path(__file__).parents[2] / "agent"
IDENTITY = StationIdentity(ori="NY0010000", dai="NYSIB0000", cri=("NY0010000",))
OF_IMAGES = ("2.067", "2.084")  # come with the prints
SECOND = "LS-0001-01KAZ0000000000000000000BB"


def built(one: Booking) -> bytes:
    return build_car(one, tcn=TCN, made_at=NOW, station=IDENTITY, images={})


def charges(*made: Charge) -> Transaction:
    one = booking()
    return parse(built(replace(one, arrest=replace(one.arrest, charges=made))))


def descriptive_errors(tx: Transaction) -> list[str]:
    return [finding.field for finding in errors(check(tx)) if finding.field.startswith("2.") and finding.field not in OF_IMAGES]


def test_R7_two_bookings_of_one_person_are_two_submissions(case: Case) -> None:
    other = BookingId("20261124-OTHER001")
    case.seal()
    case.seal(SECOND, other)
    tcns = [event.tcn for one in ("20261124-7K3M9Q2X", other) for event in case.casework.events(BookingId(one)) if event.kind == "sealed"]
    assert tcns == [TCN, SECOND]


def test_R7_nothing_but_sealing_completes_a_booking() -> None:
    into = {event for (_, event), state in SUBMISSION_MOVES.items() if state is SubmissionState.SEALED}
    assert into == {SubmissionEvent.SEALED}


def test_R8_bytes_are_the_same_in_a_state_of_the_national_fingerprint_file() -> None:
    """What is sent cannot know of it: no room that makes a transaction reads the jurisdiction's policy."""
    for room in ("submission", "booking", "nist", "signing", "delivery", "handover", "capture"):
        for path in (AGENT / room).rglob("*.py"):
            names = [node.module for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
            assert "agent.policy" not in names, path
    assert built(booking()) == built(booking())


def test_R9_a_car_follows_ebts_and_one_that_fails_a_rule_is_named() -> None:
    one = booking(known=False)
    assert descriptive_errors(parse(built(one))) == []
    wrong = parse(built(replace(one, subject=replace(one.subject, sex="Q"))))
    assert "2.024" in descriptive_errors(wrong)


def test_R10_every_message_is_addressed_to_the_state_bureau() -> None:
    tx = parse(built(booking()))
    assert (tx.type1.text(7), tx.type1.text(8)) == (IDENTITY.dai, IDENTITY.ori)


def test_R11_a_car_asks_for_no_repository() -> None:
    """One transaction, and no 2.098 NDR: both searches follow from its receipt."""
    tx = parse(built(booking()))
    type2 = tx.first(2)
    assert tx.tot == "CAR"
    assert type2 is not None
    assert type2.field(98) is None


@pytest.mark.xdist_group("scenarios")
def test_R12_car_forwarded_or_cpi_made_the_submission_ends_rightly(played: Mapping[str, Played]) -> None:
    assert played["nff-state-ident"].state.ident is IdentState.STATE_IDENT_ONLY
    assert played["nff-cpi-sre"].state.ident is IdentState.IDENTIFIED
    assert played["no-match"].state.ident is IdentState.NOT_IDENTIFIED


@pytest.mark.xdist_group("scenarios")
def test_R13_first_arrest_in_an_nff_state_is_a_submission_like_any(played: Mapping[str, Played]) -> None:
    assert played["nff-first-arrest"].state == played["no-match"].state


def test_R14_every_charge_goes_with_its_words() -> None:
    type2 = charges(Charge("TRESPASS"), Charge("THEFT, PETTY"), Charge("0399 IMMIGRATION")).first(2)
    assert type2 is not None
    asl = type2.field(47)
    assert asl is not None
    assert [items[-1] for items in asl.subfields] == ["TRESPASS", "THEFT, PETTY", "0399 IMMIGRATION"]
    assert "2.047" in descriptive_errors(charges())


def test_R14_a_bare_code_is_no_charge() -> None:
    assert "2.047" in descriptive_errors(charges(Charge("")))


def test_R15_an_idr_that_rests_on_the_master_record_finds_its_booking_and_says_so(case: Case) -> None:
    office = case.seal()
    only_oca = ReplyHead("SIB-IDR-000003", NOW, tied_by=frozenset(("OCA",)))
    taken = case.take(office.send(replies.build_idr_no_match(office.request, only_oca)))
    assert taken.tied_by is TiedBy.OCA
    assert MASTER_RECORD in case.words("IDR")
    assert "no comparison" in MASTER_RECORD


def test_R15_a_known_fbi_number_goes_out_with_the_booking() -> None:
    type2 = parse(built(booking())).first(2)
    assert type2 is not None
    assert (type2.text(14), type2.text(15)) == ("123456AA7", "ST1234567")


@pytest.mark.parametrize("noise", ["none", "corrupt", "duplicate", "match and no match"])
def test_R16_no_immigration_message_delays_or_changes_the_sre(case: Case, noise: str) -> None:
    """INV1."""
    office = case.seal()
    idr = no_match(office)
    said = {
        "none": [],
        "corrupt": [idr[:-1] + bytes([idr[-1] ^ 1])],
        "duplicate": [idr, idr, no_match(office)],
        "match and no match": [idr, match(office)],
    }[noise]
    for data in said:
        case.take(data)
    case.take(office.sre())
    assert case.state().ident is IdentState.NOT_IDENTIFIED
    assert case.state().submission is SubmissionState.SEALED


@pytest.mark.xdist_group("scenarios")
def test_R16_an_sre_comes_to_its_case_while_the_idr_is_mute(played: Mapping[str, Played]) -> None:
    assert played["idr-mute"].state.ident is IdentState.NOT_IDENTIFIED
    assert played["idr-mute"].state.immigration is ImmigrationState.AWAITED
    assert POLICY.why_off == ""
