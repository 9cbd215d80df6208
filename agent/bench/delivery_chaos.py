"""Transactions through everything that goes wrong: SIGKILL of core, uplink, bureau and broker, cuts, silence, slow lines, clocks that jump,
full disks; then what the core has accepted is compared with what the bureau has committed. Seeded: the same seed, the same troubles.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.bench.chaos_line import ChaosLine
from agent.bench.delivery_files import STATION
from agent.bench.delivery_parts import BUREAU, core_rows
from agent.brokers.access_list import Role, member
from agent.clock import SystemClock
from agent.errors import LivescanError
from agent.leash import leashed
from agent.signing.keys import init_training
from agent.training.broker import BrokerFiles, NatsBroker
from agent.training.bureau_store import FILES, Outcome, bureau_arrivals, bureau_journal

PARTS = ("core", "uplink", "bureau")
_SMALL_DISK = 32 * 1024 * 1024  # bytes, and what the bureau keeps of each transaction
_KEPT_OF_EACH = 40_000  # bytes, beside twice the file
_STOP_WITHIN = 15.0  # s


class ChaosFailed(LivescanError):
    """The run did not come to its end."""


@dataclass(frozen=True)
class ChaosSettings:
    transactions: int
    seed: int
    size: int = 4_000  # bytes of a file
    ahead: int = 40  # transactions without receipt that the core may have
    between: tuple[float, float] = (0.3, 2.0)  # s between two troubles
    silence: float = 120.0  # s without any receipt, all troubles over: then the run has failed
    longest: float = 3_600.0  # s of troubles; what is not receipted then, is delivered in peace


@dataclass
class Verdict:
    transactions: int
    lost: int = 0
    doubled: int = 0
    altered: int = 0  # another SHA-256 at the bureau
    strange: int = 0  # at the bureau, never accepted by the core
    troubles: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    seed: int = 0
    size: int = 0

    @property
    def kills(self) -> int:
        return sum(count for name, count in self.troubles.items() if name.startswith("kill "))

    def as_json(self) -> dict[str, Any]:
        names = ("transactions", "lost", "doubled", "altered", "strange", "seed", "size")
        return {name: getattr(self, name) for name in names} | {
            "kills": self.kills,
            "troubles": dict(sorted(self.troubles.items())),
            "seconds": round(self.seconds, 1),
        }


class Part:
    """One process; started again whenever it is not there, as systemd does."""

    def __init__(self, name: str, options: dict[str, Any], log: Path) -> None:
        self.name = name
        self._command = leashed([sys.executable, "-m", "agent.bench.delivery_parts", name, json.dumps(options)])
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def keep(self) -> bool:
        """Whether it had ended by itself and was started again."""
        if self._process is not None and self._process.poll() is None:
            return False
        began = self._process is None
        with self._log.open("ab") as sink:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink)
        return not began

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_WITHIN)
            self.kill()


class Site:
    """Keys, broker, two lines and the three parts, in an empty folder with a short path."""

    def __init__(self, folder: Path, *, straight: bool = False, **options: Any) -> None:
        """`straight`: without the lines, for measuring; `options`: of the parts."""
        self.folder = folder
        keys = folder / "keys"
        init_training(keys, station=STATION, bureau=BUREAU, clock=SystemClock())
        members = [member(keys / "station" / "tls.crt", Role.STATION), member(keys / "bureau" / "tls.crt", Role.BUREAU)]
        self.broker = NatsBroker(folder / "broker", BrokerFiles.of_training(keys), members)
        self.broker.start()
        self.lines = {name: ChaosLine(self.broker.port) for name in ("uplink", "bureau")}
        common = {"folder": str(folder), "keys": str(keys), **options}
        ports = {name: {"port": self.broker.port if straight else line.port} for name, line in self.lines.items()}
        self.parts = {name: Part(name, common | ports.get(name, {}), folder / f"{name}.log") for name in PARTS}

    def stop(self) -> None:
        for part in self.parts.values():
            part.stop()
        for line in self.lines.values():
            line.stop()
        self.broker.stop()


class Chaos:
    """The troubles; each undoes itself or is undone by `peace`."""

    def __init__(self, site: Site, seed: int, small_disks: tuple[Path, ...]) -> None:
        self._site = site
        self._chance = random.Random(seed)  # noqa: S311  repeatable, protects nothing
        self._disks = small_disks
        self.count: Counter[str] = Counter()
        self._undo: list[tuple[float, Callable[[], None]]] = []
        self._table: list[tuple[str, int, Callable[[], None]]] = [
            *((f"kill {name}", 4, lambda part=part: part.kill()) for name, part in site.parts.items()),
            ("kill broker", 2, self._kill_broker),
            ("cut", 4, lambda: self._line().cut()),
            ("silence", 2, self._silence),
            ("slow line", 2, self._slow),
            ("clock jump", 2, self._jump),
            *([("full disk", 2, self._fill)] if small_disks else []),
        ]

    def trouble(self) -> None:
        names = [row[0] for row in self._table]
        name = self._chance.choices(names, [row[1] for row in self._table])[0]
        {row[0]: row[2] for row in self._table}[name]()
        self.count[name] += 1

    def pause(self, between: tuple[float, float]) -> float:
        return self._chance.uniform(*between)

    def undo_due(self, *, all_of_it: bool = False) -> None:
        now = time.monotonic()
        due = [undo for at, undo in self._undo if all_of_it or at <= now]
        self._undo = [] if all_of_it else [(at, undo) for at, undo in self._undo if at > now]
        for undo in due:
            undo()

    def _line(self) -> ChaosLine:
        return self._chance.choice(list(self._site.lines.values()))

    def _for(self, least: float, most: float, undo: Callable[[], None]) -> None:
        self._undo.append((time.monotonic() + self._chance.uniform(least, most), undo))

    def _kill_broker(self) -> None:
        self._site.broker.kill()
        time.sleep(self._chance.uniform(0.0, 1.0))
        self._site.broker.start()

    def _silence(self) -> None:
        line = self._line()
        line.silent(True)
        self._for(0.5, 12.0, lambda: line.silent(False))

    def _slow(self) -> None:
        line = self._line()
        line.slow(self._chance.uniform(8_000, 60_000))
        self._for(1.0, 6.0, lambda: line.slow(0.0))

    def _jump(self) -> None:
        (self._site.folder / "clock").write_text(str(self._chance.uniform(-3_000, 86_400)))

    def _fill(self) -> None:
        filler = self._chance.choice(self._disks) / "filler"
        with contextlib.suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(bytes(65_536))
        self._for(0.5, 4.0, lambda: filler.unlink(missing_ok=True))


@contextlib.contextmanager
def small_disks(size: int, *folders: Path) -> Iterator[tuple[Path, ...]]:
    """File systems of `size` bytes in memory, where this process may mount them; else none."""
    mounted: list[Path] = []
    try:
        for folder in folders:
            folder.mkdir(mode=0o700)
            command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(folder)]
            if os.geteuid() == 0 and shutil.which("mount") and subprocess.run(command, capture_output=True, check=False).returncode == 0:
                mounted.append(folder)
        yield tuple(mounted)
    finally:
        for folder in mounted:
            subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)


def run(settings: ChaosSettings, folder: Path, say: Callable[[str], None]) -> Verdict:
    """`folder`: empty, short path. Raises ChaosFailed when deliveries stop for good."""
    began = time.monotonic()
    size = _SMALL_DISK + settings.transactions * (2 * settings.size + _KEPT_OF_EACH)
    with small_disks(size, folder / "uplink", folder / "bureau") as disks:
        site = Site(folder, size=settings.size, count=settings.transactions, ahead=settings.ahead, retry=3.0)
        chaos = Chaos(site, settings.seed, disks)
        try:
            _until_delivered(settings, site, chaos, say)
        finally:
            chaos.undo_due(all_of_it=True)
            site.stop()
        verdict = judge(folder, settings)
    verdict.troubles, verdict.seconds = chaos.count, time.monotonic() - began
    return verdict


def _until_delivered(settings: ChaosSettings, site: Site, chaos: Chaos, say: Callable[[str], None]) -> None:
    began, next_trouble, said, last = time.monotonic(), time.monotonic() + 3.0, 0.0, (0, time.monotonic())
    while True:
        for part in site.parts.values():
            if part.keep():
                chaos.count[f"{part.name} ended by itself"] += 1
        receipted, known = _progress(site.folder)
        now = time.monotonic()
        if receipted > last[0]:
            last = (receipted, now)
        if known >= settings.transactions:
            return
        if now - last[1] > settings.silence:
            raise ChaosFailed(f"No receipt for {settings.silence:.0f} s; {receipted} of {settings.transactions} were receipted.")
        calm = now - began > settings.longest or receipted >= settings.transactions or now - last[1] > settings.silence / 3
        chaos.undo_due(all_of_it=calm)
        if not calm and now >= next_trouble:
            chaos.trouble()
            next_trouble = time.monotonic() + chaos.pause(settings.between)
        if now - said > 10:
            said = now
            say(f"{receipted} of {settings.transactions} receipted, {sum(chaos.count.values())} troubles, {now - began:.0f} s")
        time.sleep(0.1)


def _progress(folder: Path) -> tuple[int, int]:
    """Receipted, and known to be released."""
    with contextlib.suppress(sqlite3.OperationalError):  # the core has not made its tables yet
        rows = core_rows(folder)
        return sum(row["receipted"] for row in rows), sum(row["release_known"] for row in rows)
    return 0, 0


def judge(folder: Path, settings: ChaosSettings) -> Verdict:
    """What the core has accepted against what the bureau has committed, byte by byte by SHA-256 of the bureau's files."""
    accepted = {row["tcn"]: row["content"] for row in core_rows(folder)}
    journal = bureau_journal(folder / "bureau")
    committed = {entry.tcn: entry.content_sha256 for entry in journal}
    arrivals = bureau_arrivals(folder / "bureau")
    commits = Counter(one.tcn for one in arrivals if one.outcome is Outcome.COMMITTED)
    files = folder / "bureau" / FILES / STATION
    verdict = Verdict(len(accepted), seed=settings.seed, size=settings.size)
    verdict.lost = sum(tcn not in committed for tcn in accepted) + max(0, settings.transactions - len(accepted))
    verdict.doubled = sum(count - 1 for count in commits.values() if count > 1) + len(journal) - len(committed)
    verdict.strange = sum(tcn not in accepted for tcn in committed)
    verdict.altered = sum(not _equal(files, content, committed.get(tcn)) for tcn, content in accepted.items() if tcn in committed)
    return verdict


def _equal(files: Path, content: str, committed: str | None) -> bool:
    try:
        return hashlib.sha256((files / f"{content}.an2").read_bytes()).hexdigest() == content == committed
    except OSError:
        return False
