"""The live picture and where the capture stands, over one WebSocket: when the page has drawn one picture it gets the newest there is.

Server to page: text is JSON of the standing; binary is a picture: number (4 bytes, big-endian), width and height (2 each), when it came to
the core (8, ms since 1970 as a double), grey pixels row by row. Page to server: "drawn". When the session locks, the socket is closed: the
lock hides the pattern, the capture goes on.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Protocol

import numpy as np
from starlette.websockets import WebSocket, WebSocketDisconnect

from agent.access.roles import Right
from agent.capture.session import State
from agent.capture.view import LiveView, Picture, Standing
from agent.errors import LivescanError
from agent.kiosk.frame import Frame
from agent.kiosk.pictograms import pictogram
from agent.kiosk.spoken import spoken
from agent.kiosk.words import DEFAULT, Words, languages, words
from agent.web.guard import token_of
from agent.web.pages import Page

HALF = 250  # ppi of what is shown: the whole field at half size
_LOOK_AT_SESSION = 1.0  # s between two looks whether it is locked
_GONE = 4423  # the session is locked: as HTTP's 423


def pages(frame: Frame) -> Sequence[Page]:
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        await Session(socket, frame, OfBooking(frame, str(socket.path_params["booking_id"]), words_at(socket))).run()

    return (Page("WS", "/live/{booking_id}", live, Right.BOOK, by_itself=True),)


def words_at(socket: WebSocket) -> Words:
    asked = socket.cookies.get("livescan_language", DEFAULT)
    return words(asked if asked in languages() else DEFAULT)


class Shown(Protocol):
    """What a page looks at."""

    @property
    def view(self) -> LiveView: ...
    @property
    def open(self) -> bool:
        """Whether its pictures are for this page now."""
        ...

    def standing(self) -> dict[str, Any]:
        """What the script puts on the page; words are made here."""
        ...


class Session:
    """One page that looks on. again: s after which the standing is made anew though the view says nothing."""

    def __init__(self, socket: WebSocket, frame: Frame, shown: Shown, *, again: float | None = None) -> None:
        self._socket = socket
        self._frame = frame
        self._shown = shown
        self._again = again
        self._free = True  # the page has drawn what it was sent
        self._drawn = asyncio.Event()

    async def run(self) -> None:
        view = self._shown.view
        with view.watched() as changed:
            tasks = [asyncio.create_task(part) for part in (self._tell(view, changed), self._hear(changed), self._until_locked())]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell(self, view: LiveView, changed: asyncio.Event) -> None:
        told: dict[str, Any] | None = None
        shown = 0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._again):
                    await changed.wait()
            changed.clear()
            now = self._shown.standing()
            if now != told:
                await self._socket.send_text(json.dumps(now))
                told = now
            picture = view.picture
            if self._free and picture is not None and picture.number != shown and self._shown.open:
                self._free, shown = False, picture.number
                await self._socket.send_bytes(await asyncio.to_thread(packed, picture))

    async def _hear(self, changed: asyncio.Event) -> None:
        try:
            while True:
                if await self._socket.receive_text() == "drawn":
                    self._free = True
                    changed.set()
        except (WebSocketDisconnect, KeyError):
            return

    async def _until_locked(self) -> None:
        token = token_of(self._socket.headers)
        while True:
            await asyncio.sleep(_LOOK_AT_SESSION)
            try:
                await asyncio.to_thread(lambda: self._frame.parts.access.principal(token, acts=False, door="page"))
            except LivescanError:
                await self._socket.close(_GONE)
                return


class OfBooking:
    """The capture of one booking, whichever has the scanner now."""

    def __init__(self, frame: Frame, booking: str, t: Words) -> None:
        self._frame = frame
        self._booking = booking
        self._t = t
        self.view = frame.parts.scanner.view

    @property
    def open(self) -> bool:
        return self.view.now.booking == self._booking

    def standing(self) -> dict[str, Any]:
        now = self.view.now
        here, step = now.booking == self._booking, now.step
        taken = self._frame.parts.taken(self._booking)
        asked = self._frame.parts.scanner.asked_now(self._booking)
        drawn = pictogram(self._t, now) if here else None
        return {
            "state": now.state.value if here else "waiting",
            "fgp": int(step.position) if here and step is not None else 0,
            "mode": step.mode.value if here and step is not None else "",
            "sentence": sentence(self._t, now) if here else self._t("capture.waits_its_turn"),
            "drawn": None if drawn is None else asdict(drawn),
            "trouble": spoken(self._t, now.trouble) if here else "",
            "found": now.found if here else 0,
            "rolled": now.rolled if here else 0,
            "expected": len(step.fingers) if here and step is not None else 0,
            "done": len(taken),
            "side": [now.judged, now.accepted, now.attempt, sorted(int(one) for one in taken), asked is not None, here],
            "finished": here and now.state is State.DONE and asked is None,
        }


def sentence(t: Words, now: Standing) -> str:
    """The one sentence on the screen: the advice there is, else what is asked of the person."""
    if now.trouble:
        return spoken(t, now.trouble)
    if now.sentence:
        return spoken(t, now.sentence)
    if now.step is None:
        return t("capture.done")
    key = f"capture.state.{now.state.name.lower()}"
    if now.state is State.AWAIT_FINGER:
        return t(f"capture.place.{int(now.step.position)}")
    if now.step.mode.value == "roll" and now.state in (State.TRACKING, State.TAKING):
        return t("capture.rolling")
    return t(key)


def packed(picture: Picture) -> bytes:
    pixels = picture.pixels
    if picture.ppi > HALF:
        step = round(picture.ppi / HALF)
        rows, columns = (size // step * step for size in pixels.shape)
        blocks = pixels[:rows, :columns].reshape(rows // step, step, columns // step, step)
        pixels = blocks.mean(axis=(1, 3), dtype=np.float32).astype(np.uint8)
    height, width = pixels.shape
    return struct.pack(">IHHd", picture.number & 0xFFFFFFFF, width, height, picture.at * 1000) + pixels.tobytes()
