"""Signing in, the lock, the password: pages over the access desk."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from agent.access.desk import Proof
from agent.access.roles import Right
from agent.errors import LivescanError
from agent.kiosk.asking import Form, form_of, key_of
from agent.kiosk.frame import LANGUAGE, THEME, THEMES, Frame, go, who
from agent.kiosk.words import languages
from agent.web.guard import COOKIE, token_of
from agent.web.pages import Page
from agent.web.signing_in import NOTICE

_A_YEAR = 365 * 24 * 3600  # s


def pages(frame: Frame) -> Sequence[Page]:
    desk = frame.parts.access

    async def ask(request: Request) -> Response:
        return await frame.page(request, "sign_in.html", error=None, officer_id="", notice=NOTICE)

    async def sign_in(request: Request) -> Response:
        form = await form_of(request, signed_in=False)
        try:
            token = await asyncio.to_thread(lambda: desk.sign_in(_proof(form), notice=form.text("notice") == "yes", door="page"))
        except LivescanError as error:
            return await frame.page(request, "sign_in.html", 400, error=error, officer_id=form.text("officer"), notice=NOTICE)
        answer = go("/start")
        answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", path="/")
        return answer

    async def sign_out(request: Request) -> Response:
        await form_of(request)
        await asyncio.to_thread(desk.sign_out, token_of(request.headers), "page")
        answer = go("/sign-in")
        answer.delete_cookie(COOKIE, path="/")
        return answer

    async def lock(request: Request) -> Response:
        await form_of(request)
        await asyncio.to_thread(desk.lock, token_of(request.headers), "page")
        return go("/locked")

    async def locked(request: Request) -> Response:
        return await frame.page(request, "locked.html", error=None, back=_inside(request.query_params.get("back", "")))

    async def unlock(request: Request) -> Response:
        form = await form_of(request)
        back = _inside(form.text("back"))
        try:
            await asyncio.to_thread(desk.unlock, token_of(request.headers), _proof(form, who()), "page")
        except LivescanError as error:
            return await frame.page(request, "locked.html", 400, error=error, back=back)
        return go(back or "/start")

    async def password(request: Request) -> Response:
        return await frame.page(request, "password.html", error=None)

    async def change(request: Request) -> Response:
        form = await form_of(request)
        try:
            if form.text("new") != form.text("again"):
                raise LivescanError("The two new passwords differ.", do="Type the new one twice.")
            await asyncio.to_thread(desk.change_password, who(), form.text("password"), form.text("new"), "page")
        except LivescanError as error:
            return await frame.page(request, "password.html", 400, error=error)
        return go("/start", "password_changed")

    async def keys(request: Request) -> Response:
        found = await asyncio.to_thread(desk.keys_of, who())
        return await frame.page(request, "security_key.html", error=None, keys=found)

    async def add_key(request: Request) -> Response:
        form = await form_of(request)
        try:
            await asyncio.to_thread(desk.add_key, who(), key_of(form) or {}, "page")
        except LivescanError as error:
            found = await asyncio.to_thread(desk.keys_of, who())
            return await frame.page(request, "security_key.html", 400, error=error, keys=found)
        return go("/security-key", "key_added")

    async def looks(request: Request) -> Response:
        """Language and theme: of this browser, before and after sign-in."""
        form = await form_of(request, signed_in=False)
        answer = go(_inside(form.text("back")) or "/start")
        if form.text("language") in languages():
            answer.set_cookie(LANGUAGE, form.text("language"), max_age=_A_YEAR, httponly=True, samesite="strict")
        if form.text("theme") in THEMES:
            answer.set_cookie(THEME, form.text("theme"), max_age=_A_YEAR, httponly=True, samesite="strict")
        return answer

    return (
        Page("GET", "/sign-in", ask, None),
        Page("POST", "/sign-in", sign_in, None),
        Page("POST", "/looks", looks, None),
        Page("POST", "/sign-out", sign_out, Right.OWN, in_locked=True),
        Page("POST", "/lock", lock, Right.OWN),
        Page("GET", "/locked", locked, Right.OWN, in_locked=True),
        Page("POST", "/locked", unlock, Right.OWN, in_locked=True),
        Page("GET", "/password", password, Right.OWN),
        Page("POST", "/password", change, Right.OWN),
        Page("GET", "/security-key", keys, Right.OWN),
        Page("POST", "/security-key", add_key, Right.OWN),
    )


def _proof(form: Form, officer: str = "") -> Proof:
    return Proof(officer or form.text("officer"), form.text("password"), form.text("code").replace(" ", ""), key_of(form))


def _inside(path: str) -> str:
    """A path of this station's own pages; "" for anything else."""
    return path if path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable() else ""
