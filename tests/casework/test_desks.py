"""Replies, tasks, the officer's thread, detainers and reports, as pages and the command line ask for them."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from agent.access.roles import Role
from agent.casework import tasks
from agent.casework.detainer_forms import form
from agent.casework.detainer_record import DetainerRefused
from agent.casework.detainer_said import TABLE, check_said
from agent.casework.detainer_states import DetainerEvent
from agent.casework.drafts import DraftKind, DraftRefused, Drafts
from agent.casework.events import EventKind
from agent.casework.iaq import Asking, IaqRefused
from agent.casework.liaison_desk import LiaisonDesk
from agent.casework.reply_desk import NoSuchReply, ReplyDesk
from agent.casework.report_desk import ReportDesk
from agent.casework.task_desk import LOCKED, TaskDesk, TaskRefused, why_locked
from agent.casework.viewing import ViewRefused, What
from agent.decoding.desk import Decoder
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.photo import Photo, PhotoKind
from agent.policy import DetainerPolicy
from agent.submission import replies
from agent.submission.replies import Encounter
from agent.workers import Workers
from tests.casework.bench import BOOKING, NOW, TCN, Keys, Office, booking
from tests.procedure.case import FORM, LIAISON_LOOKS, OFFICER_LOOKS, ZONE, Case, iar, match, no_match, with_detainer_policy

EVERYONE = tuple(Role)
OFFICER = (Role.BOOKING_OFFICER,)


class Records:
    """What the tasks ask of the booking room."""

    def __init__(self) -> None:
        self.corrected: list[tuple[Any, ...]] = []

    async def correct(self, booking_id: str, officer: str, facts: Any, retake: Any, *, as_it_is: bool = False) -> str:
        self.corrected.append((booking_id, officer, facts, tuple(retake), as_it_is))
        return TCN


class Desks:
    def __init__(self, case: Case) -> None:
        self.case = case
        self.said: list[Any] = []
        self.records: Any = Records()
        drafts = Drafts(case.database, case.vault)
        policy = lambda: case.policy  # noqa: E731  # as the core hands it in
        self.tasks = TaskDesk(
            database=case.database, detainers=case.detainers, drafts=drafts, records=self.records, clock=case.clock, policy=policy,
            say=self.said.append,
        )  # fmt: skip
        self.liaison = LiaisonDesk(
            casework=case.casework, detainers=case.detainers, drafts=drafts, clock=case.clock, policy=policy,
            ori="NY0010000", subject=self._subject, there=lambda _: True,
        )  # fmt: skip
        self.reports = ReportDesk(
            casework=case.casework, detainers=case.detainers, drafts=drafts, clock=case.clock, policy=policy, zone=ZONE,
            opened=lambda first, last: [(BOOKING, NOW, "officer-1", "U")] if first <= NOW < last else [],
        )  # fmt: skip

    async def _subject(self, _: BookingId) -> Any:
        return booking().subject


@pytest.fixture
def case(tmp_path: Path, training_keys: Keys) -> Iterator[Case]:
    made = Case(tmp_path, training_keys)
    yield made
    made.close()


@pytest.fixture
def desks(case: Case) -> Desks:
    return Desks(case)


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


def rid(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def errt(office: Office, *messages: str) -> bytes:
    return office.send(office.reply(replies.build_errt, "SIB-ERRT-00001", messages=messages))


# replies


def with_replies(case: Case, deed: Callable[[ReplyDesk], Coroutine[Any, Any, Any]]) -> Any:
    async def in_one_loop() -> Any:
        workers = Workers(1)
        try:
            return await deed(ReplyDesk(case.casework, Decoder(workers)))
        finally:
            workers.close()

    return run(in_one_loop())


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 40), (10, 200, 30)).save(out, "JPEG", comment=b"PLANTED")
    return out.getvalue()


def test_an_iar_is_shown_word_for_word_and_escaped_for_a_page(case: Case) -> None:
    office = case.seal()
    words = 'STATUS <script>alert("x")</script> & AS STATED\r\nSECOND LINE'
    data = iar(office, words)
    case.take(data)
    shown = with_replies(case, lambda desk: desk.shown(BOOKING, rid(data), LIAISON_LOOKS))
    assert shown["text"] == words
    assert "<script>" not in shown["html"]
    assert "&lt;script&gt;" in shown["html"]
    assert [(one.what, one.officer) for one in case.casework.views(BOOKING)] == [(What.IMMIGRATION, "officer-9")]


def test_a_photo_reaches_a_browser_as_pixels_of_ours_only(case: Case) -> None:
    office = case.seal()
    picture = Photo(PhotoKind.FACE, jpeg(), 30, 40, NOW)
    data = office.send(office.reply(replies.build_idr_match, "SIB-IDR-000002", encounters=[Encounter("TRAINING,ONE")], photos=[picture]))
    case.take(data)
    png = with_replies(case, lambda desk: desk.photo(BOOKING, rid(data), 1, LIAISON_LOOKS))
    assert png.startswith(b"\x89PNG")
    assert b"PLANTED" not in png
    assert Image.open(io.BytesIO(png)).size == (30, 40)
    with pytest.raises(NoSuchReply):
        with_replies(case, lambda desk: desk.photo(BOOKING, rid(data), 2, LIAISON_LOOKS))
    with pytest.raises(ViewRefused):
        with_replies(case, lambda desk: desk.photo(BOOKING, rid(data), 1, OFFICER_LOOKS))


def test_a_list_names_only_what_the_role_may_read(case: Case) -> None:
    office = case.seal()
    sre, idr = office.sre(), no_match(office)
    for data in (sre, idr):
        case.take(data)
    mine = with_replies(case, lambda desk: desk.listed(BOOKING, OFFICER))
    assert [one["rid"] for one in mine] == [rid(sre)]
    assert {one["rid"] for one in with_replies(case, lambda desk: desk.listed(BOOKING, EVERYONE))} == {rid(sre), rid(idr)}


def test_a_reply_of_another_booking_is_not_shown_under_this_one(case: Case) -> None:
    office = case.seal()
    data = office.sre()
    case.take(data)
    with pytest.raises(NoSuchReply):
        with_replies(case, lambda desk: desk.shown("20261124-OTHER001", rid(data), LIAISON_LOOKS))
    assert case.casework.views(BOOKING) == ()


# tasks


def test_a_rejection_raises_one_task_with_the_fingers_that_the_bureau_named(case: Case, desks: Desks) -> None:
    data = errt(case.seal(), "L0118 FINGERS 2, 3 OUT OF SEQUENCE", "L0109 FINGER 13 POOR")
    for _ in range(2):
        case.take(data)
    (task,) = run(desks.tasks.open_tasks())
    assert [one["fgp"] for one in task["retake"]] == [2, 3, 13]
    assert task["facts_open"] is False
    run(desks.tasks.tell(rid(data)))
    assert [(one["event"], one["booking"]) for one in desks.said] == [("task", BOOKING)]


def test_the_booking_is_opened_again_for_the_named_fingers_and_its_facts_are_locked(case: Case, desks: Desks) -> None:
    data = errt(case.seal(), "L0118 FINGERS 2, 3 OUT OF SEQUENCE")
    case.take(data)
    task = f"rejected/{rid(data)}"
    assert why_locked(case.database, BOOKING) == LOCKED
    with pytest.raises(TaskRefused, match="locked"):
        run(desks.tasks.begin(task, "officer-1", OFFICER, facts=booking(), retake=()))  # type: ignore[arg-type]
    with pytest.raises(TaskRefused, match="other fingers"):
        run(desks.tasks.begin(task, "officer-1", OFFICER, facts=None, retake=[Position(7)]))
    said = run(desks.tasks.begin(task, "officer-1", OFFICER, facts=None, retake=()))
    assert (said["retake"], said["corrects"]) == ([2, 3], TCN)
    assert desks.records.corrected == [(BOOKING, "officer-1", None, (Position(2), Position(3)), True)]


def test_a_rejected_field_opens_the_facts_and_takes_no_finger_again(case: Case, desks: Desks) -> None:
    data = errt(case.seal(), "E0002 ELEMENT 2.020 CONTAINS INVALID DATA")
    case.take(data)
    assert why_locked(case.database, BOOKING) == ""
    with pytest.raises(TaskRefused, match="Nothing is to be sent anew"):
        run(desks.tasks.begin(f"rejected/{rid(data)}", "officer-1", OFFICER, facts=None, retake=()))
    facts: Any = booking()
    assert run(desks.tasks.begin(f"rejected/{rid(data)}", "officer-1", OFFICER, facts=facts, retake=()))["retake"] == []


def test_where_the_bureau_names_no_finger_the_officer_does(case: Case, desks: Desks) -> None:
    data = errt(case.seal(), "L0008 QUALITY TOO LOW")
    case.take(data)
    with pytest.raises(TaskRefused):
        run(desks.tasks.begin(f"rejected/{rid(data)}", "officer-1", OFFICER, facts=None, retake=()))
    assert run(desks.tasks.begin(f"rejected/{rid(data)}", "officer-1", OFFICER, facts=None, retake=[Position(5)]))["retake"] == [5]


def test_a_spoilt_image_is_sent_again_as_it_is(case: Case, desks: Desks) -> None:
    data = errt(case.seal(), "B0002 CORRUPT IMAGE")
    case.take(data)
    run(desks.tasks.begin(f"rejected/{rid(data)}", "officer-1", OFFICER, facts=None, retake=()))
    assert desks.records.corrected[-1][3:] == ((), True)


def test_a_new_submission_closes_the_task_and_a_late_rejection_of_the_old_one_raises_none(case: Case, desks: Desks) -> None:
    office = case.seal()
    case.take(errt(office, "L0109 FINGER 2 POOR"))
    second = f"{TCN[:-2]}BB"
    case.seal(second)
    assert run(desks.tasks.open_tasks()) == []
    case.take(office.send(office.reply(replies.build_errt, "SIB-ERRT-00002", messages=("L0109 FINGER 3 POOR",))))
    assert run(desks.tasks.open_tasks()) == []
    assert why_locked(case.database, BOOKING) == ""


# reply after release


@pytest.mark.parametrize("late", [True, False])
def test_a_reply_after_the_release_is_an_alarm_and_changes_nothing(case: Case, desks: Desks, late: bool) -> None:
    office = case.seal()
    case.sent_and_received()
    data = office.sre()
    if late:
        case.after(hours=1)
        run(desks.liaison.released(BOOKING, "officer-1", None))
        case.after(hours=1)
    case.take(data)
    state = case.state()
    found = run(desks.tasks.open_tasks())
    assert [one["kind"] for one in found] == (["reply_after_release"] if late else [])
    if late:
        with pytest.raises(TaskRefused):
            run(desks.tasks.begin(found[0]["task"], "officer-1", OFFICER, facts=None, retake=()))
        run(desks.tasks.done(found[0]["task"], "officer-1", OFFICER))
        assert run(desks.tasks.open_tasks()) == []
        assert (case.state(), case.words("SRE")) == (state, "The FBI's search answered: not identified (SRE).")


def test_a_release_that_is_entered_late_finds_the_replies_that_came_since(case: Case, desks: Desks) -> None:
    office = case.seal()
    case.after(hours=2)
    case.take(no_match(office))
    case.after(hours=2)
    run(desks.liaison.released(BOOKING, "officer-1", NOW + timedelta(hours=1)))
    (task,) = run(desks.tasks.open_tasks())
    assert (task["kind"], task["eyes"]) == ("reply_after_release", What.IMMIGRATION)
    with pytest.raises(TaskRefused):
        run(desks.tasks.done(task["task"], "officer-1", OFFICER))


# the thread


def test_the_thread_has_sent_received_due_and_seen_in_the_order_of_time(case: Case, desks: Desks) -> None:
    office = case.seal()
    case.sent_and_received()
    data = office.sre()
    case.take(data)
    case.after(minutes=5)
    case.read(data, OFFICER_LOOKS)
    case.after(minutes=5)
    run(desks.liaison.released(BOOKING, "officer-3", None))
    found = run(desks.tasks.timeline(BOOKING))
    assert [one["at"] for one in found] == sorted(one["at"] for one in found)
    words = [one["words"] for one in found]
    assert "Signed and sealed to the bureau." in words
    assert "The FBI's search answered: not identified (SRE)." in words
    assert [(one["who"], one["rid"]) for one in found if one["what"] == "seen"] == [("officer-1", rid(data))]
    assert [one["who"] for one in found if one["what"] == "release"] == ["officer-3"]
    due = [one for one in found if one["what"] == "due"]
    assert all(one["owed"] for one in due)
    assert any("inconclusive" in one["words"] or "Expected within" in one["words"] for one in due)


def test_the_thread_is_the_same_for_an_officer_whatever_dhs_said(case: Case, desks: Desks, tmp_path: Path, training_keys: Keys) -> None:
    from agent.web import withheld

    def seen(deed: Callable[[Case, Office], bytes] | None, folder: str) -> list[Any]:
        one = Case(tmp_path / folder, training_keys)
        office = one.seal()
        one.sent_and_received()
        if deed is not None:
            one.read(taken) if (taken := deed(one, office)) and one.take(taken) else None
        found = withheld.of_marked(run(Desks(one).tasks.timeline(BOOKING)))
        one.close()
        return found

    before = withheld.ROLES_OF.set((Role.BOOKING_OFFICER,))
    try:
        silent = seen(None, "silent")
        assert seen(lambda _, office: no_match(office), "no-match") == silent
        assert seen(lambda _, office: match(office, 2), "match") == silent
    finally:
        withheld.ROLES_OF.reset(before)


# detainers, queries, answers


def test_a_detainer_is_shown_with_its_conditions_and_every_look_is_on_record(case: Case, desks: Desks) -> None:
    id_ = case.lodge()
    shown = run(desks.liaison.shown(id_, LIAISON_LOOKS))
    assert (shown["state"], len(shown["checklist"])) == ("lodged", len(form("I-247A").checklist))
    assert run(desks.liaison.document(id_, LIAISON_LOOKS)) == FORM
    assert [one["detainer"] for one in run(desks.liaison.of_booking(BOOKING, LIAISON_LOOKS))] == [id_]
    assert [view.what for view in case.casework.views(BOOKING)] == [What.DETAINER] * 3
    for deed in (desks.liaison.shown, desks.liaison.document):
        with pytest.raises(ViewRefused):
            run(deed(id_, OFFICER_LOOKS))
        with pytest.raises(ViewRefused):
            run(deed(id_, replace(LIAISON_LOOKS, reason="")))


def test_a_deed_is_taken_only_in_its_own_words(case: Case, desks: Desks) -> None:
    id_ = case.lodge()
    nonsense: list[tuple[str, dict[str, str]]] = [("lodged", {}), ("limit_reached", {}), ("released", {}), ("visited", {})]
    for word, said in (*nonsense, ("visited", {"mode": "seance", "visitor": "X"})):
        with pytest.raises(DetainerRefused):
            run(desks.liaison.deed(id_, word, "officer-9", said, None))
    after = run(desks.liaison.deed(id_, "visited", "officer-9", {"mode": "video", "visitor": "ICE officer 7"}, None))
    assert after["state"] == "lodged"
    assert run(desks.liaison.deed(id_, "served", "officer-9", {}, None))["state"] == "served"


@given(st.sampled_from(sorted(TABLE)), st.dictionaries(st.text(max_size=12), st.text(max_size=40), max_size=3))
def test_any_words_are_taken_whole_or_refused(event: DetainerEvent, said: dict[str, str]) -> None:
    try:
        check_said(event, said, form("I-247A"))
    except DetainerRefused as error:
        assert error.means == "Nothing was recorded."
    else:
        assert set(said) <= {*TABLE[event][0], *TABLE[event][1]}


def asking(**more: Any) -> Asking:
    usual = {"officer": "officer-9", "roles": EVERYONE, "reason": "identity in doubt", "phone": "555 0100", "in_custody": True}
    return Asking(**usual | more)


def with_queries(case: Case) -> None:
    case.policy = case.policy.model_copy(update={"iaq": case.policy.iaq.model_copy(update={"by_a_person": True})})


def test_a_query_is_drafted_after_a_no_match_alone_and_let_go_by_a_person(case: Case, desks: Desks) -> None:
    with_queries(case)
    office = case.seal()
    with pytest.raises(IaqRefused):
        run(desks.liaison.draft_query(BOOKING, asking()))
    assert run(desks.liaison.may_query(BOOKING, EVERYONE)) is False
    with pytest.raises(IaqRefused) as before:
        run(desks.liaison.draft_query(BOOKING, asking(roles=OFFICER)))
    case.take(no_match(office))
    assert run(desks.liaison.may_query(BOOKING, EVERYONE)) is True
    assert run(desks.liaison.may_query(BOOKING, (Role.SUPERVISOR,))) is False, "who may not draft one does not learn of a no-match"
    with pytest.raises(IaqRefused) as after:
        run(desks.liaison.draft_query(BOOKING, asking(roles=OFFICER)))
    assert str(before.value) == str(after.value), "nor by trying"
    made = run(desks.liaison.draft_query(BOOKING, asking()))
    assert made["text"].startswith("IAQ.NY0010000.AX.TXT\nPUR/C\n")
    assert [(view.what, view.reason) for view in case.casework.views(BOOKING)] == [(What.QUERY, "identity in doubt")]
    gone = run(desks.liaison.let_go(BOOKING, made["draft"], "officer-9"))
    assert (gone["let_go_by"], gone["kind"]) == ("officer-9", DraftKind.QUERY)
    assert run(desks.reports.rates(date(2026, 11, 1), date(2026, 11, 30)))["rates"][0]["queried"] == 1


def test_an_answer_to_ice_waits_for_a_second_person(case: Case, desks: Desks) -> None:
    run(desks.liaison.released(BOOKING, "officer-1", None))
    case.after(hours=3)
    id_ = case.lodge()
    made = run(desks.liaison.draft_answer(id_, "officer-9"))
    assert BOOKING in made["text"]
    with pytest.raises(DraftRefused):
        run(desks.liaison.let_go(BOOKING, made["draft"], "officer-9"))
    assert run(desks.liaison.let_go(BOOKING, made["draft"], "supervisor-2"))["let_go_by"] == "supervisor-2"
    assert [one["draft"] for one in run(desks.liaison.drafts(BOOKING, LIAISON_LOOKS))] == [made["draft"]]


def test_nothing_of_a_draft_is_in_the_database(case: Case, desks: Desks, tmp_path: Path) -> None:
    with_queries(case)
    case.take(no_match(case.seal()))
    run(desks.liaison.draft_query(BOOKING, asking()))
    assert not any(b"TESTER" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_notice_a_hold_and_a_limit_are_owed_until_they_are_dealt_with(case: Case, desks: Desks) -> None:
    case.policy = with_detainer_policy(DetainerPolicy.HONOUR)
    id_ = case.lodge("I-247")
    planned = (NOW.astimezone(ZONE).date() + timedelta(days=3)).isoformat()
    run(desks.liaison.deed(id_, "release_planned", "officer-9", {"planned": planned}, None))
    assert [one["kind"] for one in run(desks.tasks.open_tasks())] == ["notice"]
    run(desks.liaison.deed(id_, "notice_sent", "officer-9", {"planned": planned, "recipient": "ICE duty officer"}, None))
    run(desks.liaison.deed(id_, "hold_started", "officer-9", {}, None))
    assert run(desks.tasks.open_tasks()) == []
    case.after(hours=37)
    (alarm,) = run(desks.tasks.open_tasks())
    assert (alarm["kind"], alarm["eyes"]) == ("hold", What.DETAINER)
    case.after(hours=11)
    run(case.detainers.watch())
    (limit,) = run(desks.tasks.open_tasks())
    assert (limit["kind"], "Release unless another lawful basis" in limit["words"]) == ("limit", True)
    run(desks.liaison.released(BOOKING, "officer-1", None))
    assert run(desks.tasks.open_tasks()) == []


def steps(desks: Desks) -> list[list[str]]:
    return [[step["step"] for step in one["owed"]] for one in run(desks.liaison.cards())]


def test_a_card_says_what_a_detainer_asks_for_until_it_is_done_and_nothing_read_from_it(case: Case, desks: Desks) -> None:
    id_ = case.lodge()
    (card,) = run(desks.liaison.cards())
    assert [(one["step"], one["by"]) for one in card["owed"]] == [
        ("papers", "ice"), ("serve", "liaison"), ("file", "liaison"), ("conditions", "liaison")
    ]  # fmt: skip
    assert set(card) == {"detainer", "booking", "form", "state", "ice_office", "received_at", "owed"}
    for word, said in (("served", {}), ("filed", {}), *(("item_done", {"item": item}) for item in form("I-247A").checklist)):
        run(desks.liaison.deed(id_, word, "officer-9", said, None))
    assert steps(desks) == [["papers"]]
    run(desks.liaison.deed(id_, "withdrawn", "officer-9", {}, None))
    assert steps(desks) == []


def test_a_card_at_the_limit_says_release_first_and_offers_no_other_way(case: Case, desks: Desks) -> None:
    case.policy = with_detainer_policy(DetainerPolicy.HONOUR)
    id_ = case.lodge("I-247")
    run(desks.liaison.deed(id_, "hold_started", "officer-9", {}, None))
    assert steps(desks)[0][0] == "hold"
    case.after(hours=48)
    assert steps(desks)[0][0] == "limit"
    run(case.detainers.watch())
    assert steps(desks)[0][0] == "limit"
    run(desks.liaison.released(BOOKING, "officer-1", None))
    assert steps(desks) == []


def test_a_card_of_somebody_who_had_left_asks_for_an_answer_until_a_second_person_approved_it(case: Case, desks: Desks) -> None:
    run(desks.liaison.released(BOOKING, "officer-1", None))
    case.after(hours=3)
    id_ = case.lodge()
    assert steps(desks) == [["answer"]]
    made = run(desks.liaison.draft_answer(id_, "officer-9"))
    assert steps(desks) == [["answer"]]
    run(desks.liaison.let_go(BOOKING, made["draft"], "supervisor-2"))
    assert steps(desks) == []


def test_silence_is_told_with_what_was_expected_and_never_as_a_result(case: Case, desks: Desks) -> None:
    office = case.seal()
    assert run(desks.liaison.silence()) == []
    case.sent_and_received()
    (one,) = run(desks.liaison.silence())
    assert (one["booking"], one["late"]) == (BOOKING, None)
    case.after(hours=5)
    assert [one["late"] for one in run(desks.liaison.silence())] == ["match"]
    case.after(hours=20)
    assert [one["late"] for one in run(desks.liaison.silence())] == ["no match"]
    case.take(no_match(office))
    assert run(desks.liaison.silence()) == []


def test_a_reply_is_unread_until_somebody_who_may_see_it_has_opened_it(case: Case, desks: Desks) -> None:
    office = case.seal()
    sre, idr = office.sre(), no_match(office)
    for data in (sre, idr):
        case.take(data)

    def waiting(roles: tuple[Role, ...]) -> set[str]:
        return {one["rid"] for one in with_replies(case, lambda desk: desk.unread(roles))}

    assert waiting(EVERYONE) == {rid(sre), rid(idr)} and waiting(OFFICER) == {rid(sre)}
    with pytest.raises(ViewRefused):
        case.read(idr, OFFICER_LOOKS)
    assert waiting(EVERYONE) == {rid(sre), rid(idr)}
    case.read(idr, LIAISON_LOOKS)
    assert waiting(EVERYONE) == {rid(sre)}
    listed = with_replies(case, lambda desk: desk.listed(BOOKING, EVERYONE))
    assert {one["rid"]: one["unread"] for one in listed} == {rid(sre): True, rid(idr): False}


# reports


def test_rates_and_the_public_report_over_a_span_of_days(case: Case, desks: Desks) -> None:
    case.seal()
    told = run(desks.reports.rates(date(2026, 11, 24), date(2026, 11, 24)))
    assert told["rates"][0] | {"shares": None} == {
        "officer": "officer-1", "group": "U", "bookings": 1, "submitted": 1, "held": 0, "queried": 0, "shares": None,
    }  # fmt: skip
    assert run(desks.reports.rates(date(2026, 11, 25), date(2026, 11, 25)))["rates"] == []
    public = run(desks.reports.public(date(2026, 11, 24), date(2026, 11, 24)))
    assert (public["bookings"], public["by_group"]) == (None, {"U": None}), "one is below the least that is told"


def test_a_crash_between_a_message_and_its_task_leaves_both_or_neither(case: Case) -> None:
    """The task is written in the transaction of the message's effect."""
    office = case.seal()

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("power")

    whole, tasks.rejected = tasks.rejected, broken
    data = errt(office, "L0109 FINGER 2 POOR")
    try:
        with pytest.raises(RuntimeError):
            case.take(data)
    finally:
        tasks.rejected = whole
    assert EventKind.ERRT not in [event.kind for event in case.casework.events(BOOKING)]
    case.take(data)
    assert len(case.database.read_now(lambda db: tasks.of_booking(db, BOOKING))) == 1
