"""Power cuts at random moments of real bookings: what was acknowledged before is there afterwards, whole.

A station's core works on an ext4 file system on a disk whose write cache forgets (`power_disk`): bookings are captured from the
simulated scanner while cards are imported. At each cut the image that a drive may hold is mounted beside it (ext4 replays its journal), a
core is started on it as after a real cut, and asked for everything that the first one had acknowledged: bookings, accepted impressions,
sealed files. Seeded: the same seed asks for the same moments and the same luck of each cached write; what the programs do is theirs.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import random
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from agent.bench.power_disk import Disk
from agent.children import Child, livescan
from agent.errors import LivescanError
from agent.training.demo import training_booking
from agent.training.site import TrainingSite
from agent.web.client import CoreClient

SIZE = 2 * 1024 * 1024 * 1024  # bytes, sparse: the core opens no booking below 256 MiB of room
CUTS_A_ROUND = 8  # then a new file system, so that images stay small
_BETWEEN = (0.2, 4.0)  # s
_READY_WITHIN = 60.0  # s
_CONTROL = ("-m", "agent.bench.power_unsafe")


@dataclass(frozen=True)
class Acknowledged:
    """What the core had said before the cut."""

    what: str  # opened, impression, sealed
    booking: str
    detail: str = ""  # finger position; SHA-256 of the envelope


@dataclass
class Verdict:
    seed: int
    cuts: int = 0
    acknowledged: Counter[str] = field(default_factory=Counter)
    bookings: int = 0  # acknowledged, summed over the cuts
    lost: list[str] = field(default_factory=list)
    cached: int = 0  # writes that were in the drive's cache, over all cuts
    survived: int = 0  # of these
    unclean: int = 0  # images whose file system had an error after its journal was replayed
    flushes: int = 0
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"acknowledged": dict(sorted(self.acknowledged.items())), "lost": len(self.lost), "lost_what": self.lost[:20]}


def measure(cuts: int, seed: int, card: Path, say: Callable[[str], None], *, safe: bool = True) -> Verdict:
    """card: an ANSI/NIST file with a whole ten-print card. safe=False: the core's fsyncs do nothing, so that something must be lost.

    Needs root, /dev/fuse, losetup and mkfs.ext4. Raises LivescanError.
    """
    verdict, chance, began = Verdict(seed), random.Random(seed), time.monotonic()  # noqa: S311 - luck, no secret
    while verdict.cuts < cuts:
        with tempfile.TemporaryDirectory(prefix="ls-") as folder, Round(Path(folder), card, chance, safe=safe) as one:
            for _ in range(min(CUTS_A_ROUND, cuts - verdict.cuts)):
                one.cut(verdict)
                say(f"{verdict.cuts} of {cuts} cuts, {sum(verdict.acknowledged.values())} acknowledged, {len(verdict.lost)} lost")
            verdict.flushes += one.disk.flushes
    verdict.seconds = time.monotonic() - began
    return verdict


class Round:
    """One file system, one core at work on it, and its cuts."""

    def __init__(self, folder: Path, card: Path, chance: random.Random, *, safe: bool) -> None:
        self._folder, self._chance, self._safe = folder, chance, safe
        self._card = card
        self._parts = contextlib.ExitStack()
        self._heard: list[Acknowledged] = []
        self._ends = threading.Event()

    def __enter__(self) -> Round:
        try:
            self._begin()
        except BaseException:
            self._parts.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._parts.close()

    def _begin(self) -> None:
        self.disk = Disk(self._folder / "fuse", SIZE)
        self._parts.callback(self.disk.close)
        mounted = self._parts.enter_context(_mounted(self.disk.path, self._folder / "mnt", make=True))
        self._site = self._parts.enter_context(TrainingSite(self._folder))
        self._site.make_keys()
        self._site.write_settings(bureau={"port": 1883}, paths={"state": str(mounted / "state")}, capture={"workers": 1})
        scanner = self._site.start_scanner(str(self._card), speed=20.0, progress=lambda _: None)
        core = self._site.start("core", _core(self._site.config, safe=self._safe))
        scanner.wait_ready(_READY_WITHIN)
        core.wait_ready(_READY_WITHIN)
        self._parts.callback(self._ends.set)
        works = (self._listen, self._import, *((self._scan,) if self._chance.random() < 0.5 else ()))  # a capture keeps imports waiting
        for work in works:
            threading.Thread(target=self._until_the_end, args=(work,), daemon=True).start()

    def cut(self, verdict: Verdict) -> None:
        """The power fails at a random moment, and a core is started on what is left."""
        before = len(self._heard)
        deadline = time.monotonic() + _READY_WITHIN
        while len(self._heard) == before and time.monotonic() < deadline:  # something new is at stake at each cut
            time.sleep(0.01)
        time.sleep(self._chance.uniform(*_BETWEEN))
        heard: list[Acknowledged] = []
        after = self._chance.choice((0, self._chance.randrange(1, 200)))  # at any moment, or amid what is being written
        cut = self.disk.cut(after, witness=lambda: heard.extend(self._heard))
        image = self._folder / "image"
        verdict.survived += cut.image(image, self._chance)
        verdict.cached += len(cut.cached)
        verdict.cuts += 1
        verdict.bookings += len({one.booking for one in heard})
        verdict.acknowledged.update(one.what for one in heard)
        try:
            verdict.lost += [f"cut {verdict.cuts}: {one}" for one in self._missing(image, heard)]
        except LivescanError as error:  # no core on it: everything is lost
            verdict.lost += [f"cut {verdict.cuts}: {one.what} {one.booking}: {error.what}" for one in heard]
        verdict.unclean += _unclean(image)
        image.unlink()

    def _missing(self, image: Path, heard: Sequence[Acknowledged]) -> list[str]:
        with _mounted(image, self._folder / "after") as mounted, tempfile.TemporaryDirectory(prefix="ls-") as run:
            config = self._after(mounted, Path(run))
            core = Child("core", livescan("core", "--config", str(config)), directory=Path(run))
            core.start()
            try:
                core.wait_ready(_READY_WITHIN)
                client = CoreClient(Path(run) / "core.sock")
                accounts = {name: _account(client, name) for name in {one.booking for one in heard}}
                return [
                    f"{one.what} {one.booking} {one.detail}"
                    for one in heard
                    if not _there(one, accounts[one.booking], mounted / "state", client)
                ]
            finally:
                core.stop()

    def _after(self, mounted: Path, run: Path) -> Path:
        """The same station after the cut, without its scanner: what is not finished stays as it is."""
        text = self._site.config.read_text("utf-8").replace(str(self._folder / "mnt"), str(mounted))
        text = text.replace(str(self._site.run), str(run))
        config = run / "station.toml"
        config.write_text(text, "utf-8")
        return config

    def _until_the_end(self, work: Callable[[], None]) -> None:
        while not self._ends.is_set():
            with contextlib.suppress(LivescanError, OSError):
                work()
            self._ends.wait(0.2)

    def _listen(self) -> None:
        for event in self._site.client.stream("/api/events", timeout=120.0):
            self._heard += _said(event)
            if self._ends.is_set():
                return

    def _scan(self) -> None:
        """One booking after the other from the scanner; the next is opened when the last is captured."""
        if sum(one.what == "opened" for one in self._heard) <= sum(one.what == "captured" for one in self._heard) + 1:
            booking = str(self._site.client.post("/api/bookings", training_booking({}))["booking"])
            self._heard.append(Acknowledged("opened", booking))

    def _import(self) -> None:
        body = training_booking({}) | {"file": base64.b64encode(self._card.read_bytes()).decode()}
        booking = str(self._site.client.post("/api/imports", body)["booking"])
        self._heard.append(Acknowledged("imported", booking))
        self._ends.wait(2.0)


def _said(event: Mapping[str, Any]) -> list[Acknowledged]:
    booking = str(event.get("booking"))
    match event.get("event"):
        case "impression":
            return [Acknowledged("impression", booking, str(event["fgp"]))]
        case "captured":
            return [Acknowledged("captured", booking)]
        case "sealed":
            return [Acknowledged("sealed", booking, str(event["envelope_sha256"]))]
    return []


def _account(client: CoreClient, booking: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = client.get(f"/api/bookings/{booking}")
    except LivescanError:
        return None
    return found


def _there(one: Acknowledged, account: Mapping[str, Any] | None, state: Path, client: CoreClient) -> bool:
    """Readable, not only listed: an account of a booking decrypts each of its impressions."""
    if account is None:
        return False
    if one.what == "impression":
        return int(one.detail) in {int(found["fgp"]) for found in account["impressions"]}
    if one.what == "sealed":
        return _sealed(one, account, state, client)
    return one.what != "captured" or account["state"] in ("captured", "sealed")


def _sealed(one: Acknowledged, account: Mapping[str, Any], state: Path, client: CoreClient) -> bool:
    """The envelope as it was acknowledged, and the file in it as the row says."""
    submission = next((found for found in account["submissions"] if found["envelope_sha256"] == one.detail), None)
    path = state / "core" / "outbound" / f"{one.detail}.cms"
    if submission is None or not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != one.detail:
        return False
    plain = client.download(f"/api/bookings/{one.booking}/file", {"officer": "bench"})
    return hashlib.sha256(plain).hexdigest() == str(submission["content_sha256"])


def _core(config: Path, *, safe: bool) -> list[str]:
    command = livescan("core", "--config", str(config))
    return command if safe else [command[0], *_CONTROL, *command[command.index("core") :]]


@contextlib.contextmanager
def _mounted(file: Path, where: Path, *, make: bool = False) -> Iterator[Path]:
    """nodiscard: what is deleted is told to no drive. Raises LivescanError when it cannot be mounted."""
    where.mkdir(exist_ok=True)
    device = _run("losetup", "--find", "--show", str(file)).strip()
    try:
        if make:
            _run("mkfs.ext4", "-q", "-E", "nodiscard,lazy_itable_init=1", device)
        _run("mount", "-o", "nodiscard", device, str(where))
        try:
            yield where
        finally:
            _run("umount", "-l", str(where))
    finally:
        _run("losetup", "-d", device)


def _unclean(image: Path) -> bool:
    """Whether the file system is damaged now that its journal has been replayed and it was unmounted."""
    return subprocess.run(["e2fsck", "-fn", str(image)], capture_output=True, check=False).returncode != 0


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LivescanError(f"`{command[0]}` failed: {done.stderr.strip()[:200]}", do="Run as root, with e2fsprogs and mount installed.")
    return done.stdout
