"""What is open when a session is locked does not stay open: an event stream ends, and tells nothing after it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.access.roles import Role
from agent.web import lasting
from agent.web.api import build_api
from agent.web.guard import Guard, Rules
from agent.web.lasting import until_locked
from agent.web.live import Live
from tests.access.counter import ORIGIN, Counter
from tests.web.test_api import OneBooking


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lasting, "LOOK_EVERY", 0.02)


class Listener:
    """A page that listens to the station's events, and hears what is sent."""

    def __init__(self, folder: Path) -> None:
        self.counter, self.live = Counter(folder), Live()
        self.counter.officer("officer-07", Role.BOOKING_OFFICER)
        self.token = self.counter.sign_in("officer-07")
        self.guard = Guard(build_api(OneBooking(), self.live), Rules(self.counter.desk, self._note, True, ORIGIN, "ZZ0010000"))
        self.heard: list[dict[str, Any]] = []

    async def listen(self, then: Callable[[], None]) -> bool:
        """Whether the stream has ended by itself within two seconds."""
        headers = [(b"authorization", f"Bearer {self.token}".encode())]
        scope = {"type": "http", "method": "GET", "path": "/api/events", "headers": headers, "query_string": b"", "server": ("/s", None)}
        running = asyncio.ensure_future(self.guard(scope, self._receive, self._send))
        await self._until(lambda: any(b"listening" in one.get("body", b"") for one in self.heard))
        then()
        done, _ = await asyncio.wait({running}, timeout=2.0)
        if not done:
            running.cancel()
        return bool(done)

    async def _until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 5.0
        while not true():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)

    async def _receive(self) -> dict[str, Any]:
        await asyncio.sleep(3600)
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.heard.append(message)

    async def _note(self, entry: Any) -> None:
        self.counter.noted.append(entry)


ENDS = {
    "when the officer locks it": lambda one: one.counter.desk.lock(one.token, "page"),
    "when the officer signs out": lambda one: one.counter.desk.sign_out(one.token, "page"),
    "when nothing was done for half an hour": lambda one: one.counter.later(minutes=31),
    "when an administrator disables the account": lambda one: one.counter.desk.disable("officer-07", by="admin-1", door="page"),
}


@pytest.mark.parametrize("when", ENDS)
def test_the_event_stream_ends(tmp_path: Path, when: str) -> None:
    one = Listener(tmp_path)
    assert asyncio.run(one.listen(lambda: ENDS[when](one)))
    assert one.heard[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
    one.counter.store.close()


def test_it_goes_on_while_the_officer_is_there(tmp_path: Path) -> None:
    one = Listener(tmp_path)
    assert not asyncio.run(one.listen(lambda: one.live.say({"event": "opened", "booking": "B"})))
    assert any(b"opened" in message.get("body", b"") for message in one.heard)
    one.counter.store.close()


def test_a_websocket_is_closed_and_a_fault_of_the_application_is_not_hidden() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def preview(*_: Any) -> None:
        await asyncio.sleep(3600)

    async def broken(*_: Any) -> None:
        raise RuntimeError("a fault")

    async def locked() -> bool:
        return False

    asyncio.run(until_locked(preview, {"type": "websocket"}, send, send, locked))  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.close", "code": 4423}]
    with pytest.raises(RuntimeError, match="a fault"):
        asyncio.run(until_locked(broken, {"type": "http"}, send, send, locked))  # type: ignore[arg-type]
