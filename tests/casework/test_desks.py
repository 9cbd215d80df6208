"""Tasks, the officer's thread and reports, as pages and the command line ask for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.access.roles import Role
from agent.casework import tasks
from agent.casework.events import EventKind
from agent.casework.task_desk import LOCKED, TaskRefused, why_locked
from agent.casework.viewing import What
from agent.model.fingers import Position
from agent.policy import DetainerPolicy
from agent.submission import replies
from tests.casework.bench import BOOKING, NOW, TCN, Keys, Office, booking
from tests.casework.desks import OFFICER, Desks, errt, rid, run
from tests.procedure.case import OFFICER_LOOKS, ZONE, Case, match, no_match, with_detainer_policy


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
