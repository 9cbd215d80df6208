"""What the commands from afar do, by the ways that there are: health, the diagnostics bundle, SIGHUP, the enrolment, the drain."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agent.commanded import Deed, Done
from agent.errors import LivescanError
from agent.fleet.command import Command, Name, Outcome
from agent.fleet.drain import Drain
from agent.fleet.report import encode
from agent.reloading import NAME, read_in_force
from agent.reporting import Reporter
from agent.signing.enrol import Enrolling

_LOOKS_EVERY = 0.1  # s
_RELOADED_WITHIN = 40.0  # s, as `livescan reload`
_BUNDLE_WITHIN = 90.0  # s


@dataclass(frozen=True)
class Ways:
    reporter: Reporter
    drain: Drain
    enrolling: Enrolling
    est: bool  # whether an EST server is in the settings
    offer: Callable[[], None]  # wakes the handover
    reload_uplink: Callable[[], None]
    state: Path  # the core's folder
    open_now: Callable[[], int]  # bookings that are being taken
    waiting: Callable[[], int]  # transactions without a receipt


def deeds_of(ways: Ways) -> Mapping[Name, Deed]:
    deeds = _Deeds(ways)
    return {
        Name.HEALTH: deeds.health,
        Name.DIAGNOSTICS: deeds.diagnostics,
        Name.RELOAD: deeds.reload,
        Name.RENEW: deeds.renew,
        Name.DRAIN: deeds.drain,
    }


def deeds_again(ways: Ways) -> Mapping[Name, Deed]:
    """For what was begun before this start."""
    return {Name.RELOAD: _Deeds(ways).reloaded}


class _Deeds:
    def __init__(self, ways: Ways) -> None:
        self._of = ways
        self._started = time.time_ns()

    async def health(self, _command: Command) -> Done:
        report = await self._of.reporter.report()
        words = "; ".join(one.words for one in report.cannot) or "Everything that officers do can be done."
        return Done(Outcome.DONE, words, json.loads(encode(report)))

    async def diagnostics(self, _command: Command) -> Done:
        """In a process of its own: it looks at everything, and the core goes on meanwhile."""
        with tempfile.TemporaryDirectory(prefix="livescan-bundle-", dir=self._of.state) as folder:
            target = Path(folder) / "bundle.tar.gz"
            command = [sys.executable, "-m", "agent.cli", "diagnostics", "--out", str(target), "--json"]
            child = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
            )
            try:
                async with asyncio.timeout(_BUNDLE_WITHIN):
                    said, _ = await child.communicate()
            finally:
                if child.returncode is None:
                    with suppress(ProcessLookupError):
                        child.kill()
                    await child.wait()
            if child.returncode != 0:
                return Done(Outcome.FAILED, f"`livescan diagnostics` ended with {child.returncode}.")
            holds = json.loads(said)["holds"]
            bundle = await asyncio.to_thread(target.read_bytes)
        return Done(Outcome.DONE, f"The bundle holds {', '.join(holds)}.", {"holds": holds}, bundle)

    async def reload(self, _command: Command) -> Done:
        """SIGHUP to ourselves, and to the uplink by way of the handover. Where there are other settings, this start ends here: the next
        one answers (`reloaded`).
        """
        if signal.getsignal(signal.SIGHUP) in (signal.SIG_DFL, signal.SIG_IGN, None):
            return Done(Outcome.FAILED, "This core takes up no settings while it runs.")
        stamp = _stamp(self._of.state)
        self._of.reload_uplink()
        os.kill(os.getpid(), signal.SIGHUP)
        return await self._in_force(stamp)

    async def reloaded(self, _command: Command) -> Done:
        return await self._in_force(0)

    async def _in_force(self, stamp: int) -> Done:
        """What the core writes when it has looked at its settings."""
        end = time.monotonic() + _RELOADED_WITHIN
        while time.monotonic() < end:
            now = _stamp(self._of.state)
            if now not in (0, stamp) and (stamp or now >= self._started):
                break
            await asyncio.sleep(_LOOKS_EVERY)
        else:
            return Done(Outcome.FAILED, f"The core said nothing about its settings within {_RELOADED_WITHIN:.0f} s.")
        said = read_in_force(self._of.state)
        if said is None:
            return Done(Outcome.FAILED, "What the core says about its settings cannot be read.")
        if said.refused:
            return Done(Outcome.FAILED, f"The settings are not taken up: {said.refused}"[:500])
        return Done(Outcome.DONE, "The settings are in force.", {"settings_sha256": said.sha256})

    async def renew(self, _command: Command) -> Done:
        if not self._of.est:
            return Done(Outcome.REFUSED, "No EST server is in this station's settings: its renewals are carried by hand.")
        asked = await asyncio.to_thread(self._of.enrolling.ask_for_due)
        waiting = await asyncio.to_thread(self._of.enrolling.requests)
        self._of.offer()
        if not waiting:
            return Done(Outcome.DONE, "No certificate of the core is due.", {"asked": []})
        uses = sorted(str(one.use) for one in waiting)
        return Done(Outcome.DONE, f"The authority is asked for: {', '.join(uses)}.", {"asked": uses, "new": sorted(map(str, asked))})

    async def drain(self, command: Command) -> Done:
        until = await self._of.drain.begin(command.minutes)
        with suppress(LivescanError):
            await self._of.reporter.look()
        facts = {"open": self._of.open_now(), "waiting": self._of.waiting(), "until": None if until is None else until.isoformat()}
        if until is None:
            return Done(Outcome.DONE, "Bookings are opened again.", facts)
        words = f"No booking is opened until {until:%Y-%m-%d %H:%M} UTC; {facts['open']} open, {facts['waiting']} without receipt."
        return Done(Outcome.DONE, words, facts)


def _stamp(folder: Path) -> int:
    """ns; 0 when there is no such file."""
    try:
        return (folder / NAME).stat().st_mtime_ns
    except OSError:
        return 0
