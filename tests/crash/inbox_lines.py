"""Casework killed before every single line of taking a message, and of a person's decision about it: `python -m tests.crash.inbox_lines`.

One child for each line, forked from a process that has everything imported; after each death a fresh casework takes up what is there,
the uplink brings what was not acknowledged, and a person decides again what was not decided. Prints one JSON document.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from agent.casework.events import EventKind
from agent.casework.settling import Decision
from agent.model.grounds import Deed, Ground
from agent.submission import replies
from agent.submission.replies import ReplyHead
from tests.casework.bench import BOOKING, NOW, Desk, Keys, Office, car, keys

_ROOMS = ("/agent/casework/", "/agent/store/")
OTHER_TCN = "LS-0001-01KAZ0000000000000000000ZZ"
TIE = Decision(Deed.TIED, Ground.BUREAU_SAID, "officer-07", BOOKING, words="the bureau named it on the telephone")


def rid_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def die_before(line: int) -> None:
    """In every thread, counting down over the lines of the rooms that must survive it."""
    left, lock = [line], threading.Lock()

    def at_line(_frame: FrameType, event: str, _value: Any) -> Any:
        if event == "line":
            with lock:
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        return at_line

    def at_call(frame: FrameType, _event: str, _value: Any) -> Any:
        inside = any(room in frame.f_code.co_filename for room in _ROOMS) and frame.f_code.co_name != "<module>"
        return at_line if inside else None

    threading.settrace(at_call)
    sys.settrace(at_call)


def killed(act: Callable[[], None], line: int) -> bool:
    """Whether the child died before that line; False when it came to its end first."""
    child = os.fork()
    if child == 0:
        try:
            die_before(line)
            act()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


class Story:
    """One message: brought, and where it waits, tied by a person."""

    def __init__(self, made: Keys, message: bytes, *, decided: bool) -> None:
        self.keys, self.message, self.decided = made, message, decided

    def act(self, folder: Path) -> None:
        desk = Desk(folder, self.keys)
        asyncio.run(self._go_on(desk))
        desk.database.close()

    async def _go_on(self, desk: Desk) -> None:
        await desk.casework.resume()
        await desk.casework.take(rid_of(self.message), self.message)
        if self.decided and desk.casework.manual_queue():
            await desk.casework.decided(rid_of(self.message), TIE)
        await desk.casework.at_rest()

    def faults(self, folder: Path) -> list[str]:
        """After a death: go on, and look."""
        self.act(folder)
        desk = Desk(folder, self.keys)
        kinds = [event.kind for event in desk.casework.events(BOOKING)]
        rid = rid_of(self.message)
        found = {
            "the effect is not there exactly once": kinds.count(EventKind.SRE_NON_IDENT) != 1,
            "it still waits": bool(desk.casework.manual_queue()),
            "its bytes are gone": desk.casework.original(rid) != self.message,
            "something lies outside of the booking": desk.vault.bookings() != (BOOKING,),
            "the officer's words are gone": self.decided and f"why-{rid}" not in desk.vault.names(BOOKING),
        }
        desk.database.close()
        return [what for what, is_so in found.items() if is_so]


def lines_of(story: Story, template: Path, stride: int) -> tuple[int, list[str]]:
    """How many deaths, and what was wrong after which."""
    deaths, wrong, line = 0, [], 1
    while True:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "state"
            shutil.copytree(template, folder)
            if not killed(lambda: story.act(folder), line):  # noqa: B023  # it is used up within the turn
                return deaths, wrong
            wrong += [f"line {line}: {fault}" for fault in story.faults(folder)]
        deaths, line = deaths + 1, line + stride


def main() -> None:
    stride = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    with tempfile.TemporaryDirectory() as name:
        root, request = Path(name), car()
        made = keys(root / "keys")
        office, digest = Office(made, request), hashlib.sha256(request).hexdigest()
        template = root / "template"
        template.mkdir()
        desk = Desk(template, made)
        asyncio.run(desk.sent(digest, numbers=False))
        desk.database.close()
        nameless = ReplyHead("SIB-0000000009", NOW, tied_by=frozenset())
        orphan = office.send(replies.build_sre(office.request, nameless, identified=False), tcn=OTHER_TCN)
        stories = {"tied by its TCR": Story(made, office.sre(), decided=False), "tied by a person": Story(made, orphan, decided=True)}
        said = {}
        for words, story in stories.items():
            deaths, wrong = lines_of(story, template, stride)
            said[words] = {"deaths": deaths, "wrong": wrong}
        print(json.dumps(said))


if __name__ == "__main__":
    main()
