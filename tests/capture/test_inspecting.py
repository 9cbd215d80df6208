"""The scanner looked at while no booking has it: live picture, self-test, who it is; a booking comes first."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agent.capture.device_thread import DeviceThread
from agent.capture.inspecting import Inspecting
from agent.capture.troubles import Troubles
from agent.clock import SystemClock
from drivers.device import Advice, Capabilities, DeviceEvent, DeviceInfo, Frame, Mode, Preview, PreviewSize, SelfTest
from drivers.errors import DeviceError, Gone, Refused
from tests.capture.scripted import ScriptedScanner


class Scanner(ScriptedScanner):
    """Shows pictures until it is cancelled."""

    def __init__(self, test: SelfTest | None = None) -> None:
        super().__init__([])
        self.test = test
        self.closings = 0
        self._cancelled: queue.Queue[int] = queue.Queue()

    @property
    def info(self) -> DeviceInfo:
        return DeviceInfo("Nobody", "Script", self.serial, "1.2", "CAL-1", 1_767_225_600, "high")

    @property
    def capabilities(self) -> Capabilities:
        return replace(super().capabilities, self_test=self.test is not None, previews=frozenset({PreviewSize.HALF}))

    @property
    def state(self) -> str:
        return "ready"

    def self_test(self) -> SelfTest:
        assert self.test is not None
        return self.test

    def cancel(self, token: int) -> None:
        super().cancel(token)
        self._cancelled.put(token)

    def close(self) -> None:
        super().close()
        self.closings += 1

    def events(self, token: int) -> Iterator[DeviceEvent]:
        number = 0
        while self._cancelled.empty():
            number += 1
            yield Preview(number, self._picture(token, number))
            try:
                self._cancelled.get(timeout=0.01)
                return
            except queue.Empty:
                continue

    def _picture(self, token: int, number: int) -> Frame:
        return Frame(number, token, number, np.full((8, 8), 200, np.uint8), 250, Advice.NONE, Mode.SLAP_RIGHT)


Opened = Callable[[], ScriptedScanner]


@asynccontextmanager
async def inspecting(tmp_path: Path, opened: Opened, held: DeviceThread | None = None) -> AsyncIterator[Inspecting]:
    made = Inspecting(opened, lambda: held, SystemClock(), Troubles(tmp_path / "troubles.json", SystemClock()))  # type: ignore[arg-type]
    try:
        yield made
    finally:
        await made.close()


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.005)


def test_a_live_picture_is_shown_and_the_scanner_let_go_after_it(tmp_path: Path) -> None:
    scanner = Scanner()

    async def story() -> None:
        async with inspecting(tmp_path, lambda: scanner) as made:
            async with made.looked_at() as view:
                await until(lambda: view.picture is not None)
            assert view.picture is None
            assert made.seen is not None and made.seen.info.firmware == "1.2"

    asyncio.run(story())
    assert scanner.closings == 1
    assert not scanner.armed[0].auto, "nothing may be taken of what lies there"


def test_a_booking_ends_the_live_picture_and_it_goes_on_afterwards(tmp_path: Path) -> None:
    scanner = Scanner()

    async def story() -> None:
        async with inspecting(tmp_path, lambda: scanner) as made, made.looked_at() as view:
            await until(lambda: view.picture is not None)
            async with made.first():
                assert view.picture is None
                assert scanner.closings == 1, "the booking opens it itself"
                armed = len(scanner.armed)
                await asyncio.sleep(0.02)
                assert len(scanner.armed) == armed
            await until(lambda: view.picture is not None)

    asyncio.run(story())
    assert scanner.cancelled


def test_the_scanner_that_bookings_left_open_is_spoken_to_in_its_own_thread(tmp_path: Path) -> None:
    scanner = Scanner(SelfTest(True))

    def opened() -> ScriptedScanner:
        raise AssertionError("it is open already")

    async def story() -> None:
        held = DeviceThread(scanner)
        async with inspecting(tmp_path, opened, held) as made:
            assert (await made.self_test()).test.passed
            assert (await made.ask()).info.calibrated_at == 1_767_225_600
        await held.close()

    asyncio.run(story())
    assert scanner.closings == 1


def test_a_failed_self_test_is_remembered_among_the_troubles(tmp_path: Path) -> None:
    async def story() -> None:
        async with inspecting(tmp_path, lambda: Scanner(SelfTest(False, "The sensor does not deliver."))) as made:
            assert not (await made.self_test()).test.passed

    asyncio.run(story())
    kept = Troubles(tmp_path / "troubles.json", SystemClock()).newest_first
    assert [(one.kind, one.what) for one in kept] == [("self_test", "The self-test failed: The sensor does not deliver.")]


def test_a_scanner_without_self_test_says_so(tmp_path: Path) -> None:
    async def story() -> None:
        async with inspecting(tmp_path, Scanner) as made:
            with pytest.raises(Refused, match="has no self-test"):
                await made.self_test()

    asyncio.run(story())


def test_a_scanner_that_is_not_there_is_said_once_and_looked_for_again(tmp_path: Path) -> None:
    there: list[ScriptedScanner] = []

    def opened() -> ScriptedScanner:
        if not there:
            raise Gone("No scanner is plugged in.")
        return there[0]

    async def story() -> None:
        async with inspecting(tmp_path, opened) as made, made.looked_at() as view:
            await until(lambda: "No scanner is plugged in" in view.now.sentence)
            there.append(Scanner())
            await until(lambda: view.picture is not None)
            assert view.now.sentence == ""

    asyncio.run(story())
    assert [one.count for one in Troubles(tmp_path / "troubles.json", SystemClock()).newest_first] == [1]


def test_asking_who_it_is_without_waiting_never_raises_where_nobody_listens(tmp_path: Path) -> None:
    def opened() -> ScriptedScanner:
        raise DeviceError("It is broken.")

    async def story() -> None:
        async with inspecting(tmp_path, opened) as made:
            asking = made.ask_soon()
            assert made.ask_soon() is asking
            await asyncio.wait({asking})
            assert made.seen is None

    asyncio.run(story())
