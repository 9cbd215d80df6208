"""What waits for a person: rejected bookings, replies after a release, and what stands still on its way to the bureau."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from agent.access.roles import Right
from agent.casework.duties import DutyKind
from agent.errors import LivescanError
from agent.kiosk import forms
from agent.kiosk.asking import form_of
from agent.kiosk.frame import Frame, go, who
from agent.kiosk.identity import Identity, Subject
from agent.model.fingers import Position
from agent.web import withheld
from agent.web.bodies import positions_of
from agent.web.pages import Page
from agent.web.viewers import roles_now


def pages(frame: Frame) -> Sequence[Page]:
    parts, identity = frame.parts, Identity(frame)

    async def show(request: Request) -> Response:
        tasks = withheld.of_marked(await parts.tasks.open_tasks())
        cards = [{**one, "name": (await parts.intake.facts(str(one["booking"]))).subject.name, "detainer": _detainer(one)} for one in tasks]
        queue = await parts.sending.queue()
        return await frame.page(request, "tasks.html", cards=cards, stuck=queue["tasks"], positions=list(Position)[:14])

    async def begin(request: Request) -> Response:
        """The booking is open again for the fingers that the bureau named; it waits for its officer's word once more."""
        form = await form_of(request)
        task = await _task(request)
        retake = positions_of([int(one) for one in form.texts("fgp") if one.isdigit()])
        await parts.intake.wait_for_word(task["booking"])
        await parts.tasks.begin(task["task"], who(), roles_now(), facts=None, retake=retake)
        return go(f"/booking/{task['booking']}")

    async def facts(request: Request) -> Response:
        task = await _task(request)
        return await identity.show(request, Subject("", task["booking"], f"/tasks/{task['task']}/facts"), ())

    async def mend(request: Request) -> Response:
        """What was typed in is part of the reason: it is sent anew as it is now, with the fingers that were named."""
        form, task = await form_of(request), await _task(request)
        typed, unread = forms.typed(form, await parts.intake.facts(task["booking"]))
        wrong = (*unread, *forms.wrong_of(parts.intake.check(typed)))
        subject = Subject("", task["booking"], f"/tasks/{task['task']}/facts")
        if wrong:
            return await identity.show(request, subject, wrong, 422, facts=typed)
        await parts.intake.wait_for_word(task["booking"])
        await parts.tasks.begin(task["task"], who(), roles_now(), facts=typed, retake=())
        return go(f"/booking/{task['booking']}")

    async def done(request: Request) -> Response:
        await form_of(request)
        task = await _task(request)
        await parts.tasks.done(task["task"], who(), roles_now())
        return go("/tasks", "task_done")

    async def _task(request: Request) -> Mapping[str, Any]:
        """Raises LivescanError for one that is another's, or none."""
        name = f"{request.path_params['kind']}/{request.path_params['rid']}"
        found = next((one for one in withheld.of_marked(await parts.tasks.open_tasks()) if one["task"] == name), None)
        if found is None:
            raise LivescanError("There is no such task.", means="Nothing was changed.", do="Go back to the tasks.")
        return found

    return (
        Page("GET", "/tasks", show, Right.SEE),
        Page("POST", "/tasks/{kind}/{rid}/begin", begin, Right.BOOK),
        Page("GET", "/tasks/{kind}/{rid}/facts", facts, Right.BOOK),
        Page("POST", "/tasks/{kind}/{rid}/facts", mend, Right.BOOK),
        Page("POST", "/tasks/{kind}/{rid}/done", done, Right.SEE),
    )


def _detainer(task: Mapping[str, Any]) -> str:
    """Of a duty, which what is written down of its detainer closes and no tick; "" of what a message raised."""
    kind, _, rest = str(task["task"]).partition("/")
    return rest if kind in list(DutyKind) else ""
