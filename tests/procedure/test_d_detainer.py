"""SOP 2.1.5 and 2.2: the detainer and what an agency is asked to do. Rows R27 to R38 of docs/procedure.md."""

from __future__ import annotations

import ast
import asyncio
import hashlib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from agent.casework import location_answer
from agent.casework.answer_states import ImmigrationState
from agent.casework.detainer_forms import forms
from agent.casework.detainer_record import DetainerRefused, Lodged, Mode
from agent.casework.detainer_states import DetainerEvent, DetainerState
from agent.casework.errors import NoSuchMove
from agent.casework.iaq import ROLE, Asking, IaqRefused, draft, may_be_drafted
from agent.casework.levels import Level, levels
from agent.casework.reports import Counted, public
from agent.casework.viewing import ViewRefused
from agent.model.booking import BookingId
from agent.policy import DetainerPolicy, Iaq, Jurisdiction, load_jurisdiction
from tests.casework.bench import BOOKING, NOW, POLICY, booking
from tests.procedure.case import FORM, LIAISON_LOOKS, OFFICER_LOOKS, Case, match

AGENT = Path(__file__).parents[2] / "agent"
ALLOWED = POLICY.model_copy(update={"iaq": POLICY.iaq.model_copy(update={"by_a_person": True})})
D, S = DetainerEvent, DetainerState


def importers(module: str) -> set[str]:
    """Which files of the product import a module."""
    return {
        str(path.relative_to(AGENT))
        for path in AGENT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == module
    }


def record(case: Case, id_: str, event: DetainerEvent, **said: str) -> DetainerState:
    return asyncio.run(case.detainers.record(id_, event, "officer-9", said)).state


def test_R27_a_level_is_for_display_and_changes_nothing() -> None:
    assert levels().of("0901") is Level.ONE
    assert importers("agent.casework.levels") == {"cli/case_oversight.py"}, "no state, message, order or timer may read it"


@pytest.mark.parametrize("wanting", ["document", "ice_office", "ice_officer"])
def test_R28_a_detainer_stands_on_a_document_an_office_and_an_officer(case: Case, wanting: str) -> None:
    """INV3."""
    whole = Lodged("I-247A", "office", "officer", NOW)
    lodged = whole if wanting == "document" else replace(whole, **{wanting: " "})
    with pytest.raises(DetainerRefused):
        asyncio.run(case.detainers.lodge(BOOKING, b"" if wanting == "document" else FORM, lodged, "officer-9"))
    assert case.detainers.of_booking(BOOKING) == ()


def test_R28_lodged_keeps_hash_form_office_officer_and_date(case: Case) -> None:
    found = case.detainers.get(case.lodge("I-247A", subject_number="A-TRAINING"))
    assert (found.id, found.state) == (hashlib.sha256(FORM).hexdigest(), S.LODGED)
    assert (found.lodged.form, found.lodged.received_at) == ("I-247A", NOW)
    assert found.lodged.ice_office
    assert found.lodged.ice_officer


def test_R29_a_form_for_somebody_who_has_left_is_on_record_and_its_answer_waits_for_a_name(case: Case) -> None:
    asyncio.run(case.detainers.released(BOOKING, "officer-1"))
    case.after(hours=1)
    found = case.detainers.get(case.lodge())
    assert found.state is S.RELEASED_BEFORE
    released = case.detainers.released_at(BOOKING)
    assert released is not None
    answer = location_answer.draft(found, released, "officer-9", DetainerPolicy.NOTIFY)
    assert not answer.may_be_sent
    with pytest.raises(DetainerRefused):
        location_answer.approve(answer, "officer-9")
    assert location_answer.approve(answer, "supervisor-2").may_be_sent
    with pytest.raises(DetainerRefused):
        location_answer.draft(found, released, "officer-9", DetainerPolicy.DECLINE)


@pytest.mark.parametrize("name", list(forms()))
def test_R30_each_form_has_its_own_conditions_and_open_ones_never_stop_a_release(case: Case, name: str) -> None:
    id_ = case.lodge(name)
    assert case.detainers.view(id_).open_items == forms()[name].checklist
    assert not case.detainers.get(id_).may_be_closed()
    asyncio.run(case.detainers.released(BOOKING, "officer-1"))
    assert case.detainers.get(id_).state is S.RELEASED
    assert not case.detainers.get(id_).may_be_closed(), "the record stays open for what nobody ticked off"
    for item in forms()[name].checklist:
        record(case, id_, D.ITEM_DONE, item=item)
    assert case.detainers.get(id_).may_be_closed()


def test_R31_the_document_is_immutable_and_in_the_persons_record(case: Case) -> None:
    id_ = case.lodge()
    assert record(case, id_, D.FILED) is S.FILED
    assert case.detainers.document(id_) == FORM
    assert case.lodge() == id_, "the same document is the same record"
    assert [one.id for one in case.detainers.of_booking(BOOKING)] == [id_]
    with pytest.raises(DetainerRefused):
        record(case, id_, D.LODGED)


@pytest.mark.parametrize(("ahead", "due_in"), [(45, 15), (30, 0), (3, 0)])
def test_R32_ice_is_told_of_a_release_thirty_days_ahead_or_now(case: Case, ahead: int, due_in: int) -> None:
    id_ = case.lodge()
    today = NOW.astimezone(case.detainers._zone).date()
    record(case, id_, D.RELEASE_PLANNED, planned=(today + timedelta(days=ahead)).isoformat())
    notice = case.detainers.view(id_).notice
    assert notice is not None
    assert (notice.due, notice.done) == (today + timedelta(days=due_in), False)


def test_R32_a_new_date_plans_the_notice_anew_and_what_was_told_is_on_record(case: Case) -> None:
    id_ = case.lodge()
    first, second = date(2027, 3, 1), date(2027, 4, 1)
    record(case, id_, D.RELEASE_PLANNED, planned=first.isoformat())
    record(case, id_, D.NOTICE_SENT, planned=first.isoformat(), recipient="ICE duty officer")
    told = case.detainers.view(id_).notice
    assert told is not None
    assert (told.done, "duty officer" in told.words) == (True, True)
    record(case, id_, D.RELEASE_PLANNED, planned=second.isoformat())
    anew = case.detainers.view(id_).notice
    assert anew is not None
    assert (anew.done, anew.due) == (False, second - timedelta(days=30))


@pytest.mark.parametrize("mode", list(Mode))
def test_R33_a_visit_of_ice_is_on_record_with_who_when_how_and_what_was_served(case: Case, mode: Mode) -> None:
    id_ = case.lodge()
    record(case, id_, D.VISITED, mode=mode, visitor="ICE officer 7", papers="I-247A")
    visit = case.detainers.get(id_).deeds[-1]
    assert (visit.event, visit.at, visit.said["visitor"], visit.said["papers"]) == (D.VISITED, NOW, "ICE officer 7", "I-247A")
    assert case.detainers.get(id_).at(D.SERVED) is None
    record(case, id_, D.SERVED)
    assert case.detainers.get(id_).at(D.SERVED) == NOW


def test_R33_what_was_said_of_a_person_is_not_in_the_database(case: Case, tmp_path: Path) -> None:
    id_ = case.lodge(subject_number="A-PLANTED-77")
    record(case, id_, D.VISITED, mode="phone", visitor="VISITOR PLANTED", papers="PAPER PLANTED")
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"PLANTED" not in held


def test_R34_search_finds_lodged_detainers_only_for_the_role_and_is_on_record(case: Case) -> None:
    other = BookingId("20261124-OTHER001")
    gone, here = case.lodge(document=b"one"), case.lodge(document=b"two", booking=other)
    record(case, gone, D.WITHDRAWN)
    with pytest.raises(ViewRefused):
        asyncio.run(case.detainers.search(OFFICER_LOOKS))
    with pytest.raises(ViewRefused):
        asyncio.run(case.detainers.search(replace(LIAISON_LOOKS, reason=" ")))
    assert [one.id for one in asyncio.run(case.detainers.search(LIAISON_LOOKS))] == [here]
    views = case.casework.views(None)
    assert [(view.officer, view.reason) for view in views] == [("officer-9", LIAISON_LOOKS.reason)]


def test_R35_idr_iar_and_photos_are_hidden_without_the_role_and_every_view_is_on_record(case: Case) -> None:
    data = match(case.seal(), 2, iar="AS STATED")
    case.take(data)
    with pytest.raises(ViewRefused, match="shown only to"):
        case.read(data, OFFICER_LOOKS)
    with pytest.raises(ViewRefused, match="reason"):
        case.read(data, replace(LIAISON_LOOKS, reason=""))
    assert case.casework.views(BOOKING) == ()
    shown = case.read(data)
    assert len(shown.encounters) == 2
    assert [(view.officer, view.what) for view in case.casework.views(BOOKING)] == [("officer-9", "immigration response")]
    assert "TRAINING,1" not in repr(shown), "what is shown does not leak into a log"


@pytest.mark.parametrize("place", ["XX", "MM", "NY", "YY"])
def test_R36_no_birthplace_causes_a_query(case: Case, place: str) -> None:
    one = booking()
    assert replace(one.subject, place_of_birth=place).place_of_birth == place
    office = case.seal()
    case.sent_and_received()
    case.take(office.sre())
    case.after(days=2)
    assert not [event for event in case.casework.events(BOOKING) if "iaq" in event.kind]


def test_R36_no_key_switches_an_automatic_query_on() -> None:
    assert set(Iaq.model_fields) == {"by_a_person"}
    assert load_jurisdiction().iaq.by_a_person is False
    assert importers("agent.casework.iaq") == {"casework/liaison_desk.py", "web/liaison.py"}, "nothing that runs by itself drafts one"


ASKING = Asking("officer-9", (ROLE,), "wristband and papers disagree", "5550100", in_custody=True)
SUSPENDED = ALLOWED.model_copy(update={"procedure": ALLOWED.procedure.model_copy(update={"suspended": "complaint"})})


@pytest.mark.parametrize(
    ("state", "asking", "policy"),
    [
        *((state, ASKING, ALLOWED) for state in ImmigrationState if state is not ImmigrationState.NO_MATCH),
        (ImmigrationState.NO_MATCH, replace(ASKING, roles=("booking_officer",)), ALLOWED),
        (ImmigrationState.NO_MATCH, replace(ASKING, reason="because"), ALLOWED),
        (ImmigrationState.NO_MATCH, ASKING, POLICY),
        (ImmigrationState.NO_MATCH, ASKING, SUSPENDED),
        (ImmigrationState.NO_MATCH, ASKING, load_jurisdiction()),
    ],
)
def test_R37_a_query_is_refused_where_anything_is_wanting(state: ImmigrationState, asking: Asking, policy: Jurisdiction) -> None:
    with pytest.raises(IaqRefused):
        draft(booking().subject, asking, "NY0010000", state, policy)


def test_R37_a_query_is_a_text_for_a_person_to_release() -> None:
    text = draft(booking().subject, ASKING, "NY0010000", ImmigrationState.NO_MATCH, ALLOWED)
    assert text.splitlines()[0] == "IAQ.NY0010000.AX.TXT"
    assert "NAM/TESTER,TESS" in text
    assert "OFF/0399" in text
    assert may_be_drafted(ImmigrationState.NO_MATCH, ALLOWED)
    assert not may_be_drafted(ImmigrationState.AWAITED, ALLOWED)


def test_R37_overdue_is_not_a_no_match(case: Case) -> None:
    case.seal()
    case.sent_and_received()
    case.after(hours=30)
    with pytest.raises(IaqRefused, match="silence"):
        draft(booking().subject, ASKING, "NY0010000", case.state().immigration, ALLOWED)


def test_R38_the_public_report_has_counts_alone_and_no_small_ones() -> None:
    rows = [Counted(f"officer-{n % 3}", "W" if n % 2 else "B", True) for n in range(60)]
    rows += [Counted("officer-PLANTED", "I", True, held=True) for _ in range(3)]
    found = public(rows, 10)
    assert (found.bookings, found.submitted, found.held) == (63, 63, None)
    assert found.by_group["I"] is None
    assert sorted(found.by_group.values(), key=str) == [30, None, None], "with one more, or the first could be found by subtraction"
    assert "officer" not in repr(found)
    assert "PLANTED" not in repr(found)


def test_R38_nothing_of_a_reply_is_counted() -> None:
    assert set(Counted.__dataclass_fields__) == {"officer", "group", "submitted", "held", "queried"}


def test_R28_two_deeds_at_once_leave_a_record_that_can_be_read(case: Case) -> None:
    """One of them comes first, and the other is refused."""
    id_ = case.lodge("I-247")

    async def both() -> list[object]:
        deeds = (case.detainers.record(id_, event, "officer-9") for event in (D.CUSTODY_TAKEN, D.WITHDRAWN))
        return list(await asyncio.gather(*deeds, return_exceptions=True))

    refused = [one for one in asyncio.run(both()) if isinstance(one, NoSuchMove)]
    assert len(refused) == 1
    assert case.detainers.get(id_).state in (S.ICE_CUSTODY, S.WITHDRAWN)
