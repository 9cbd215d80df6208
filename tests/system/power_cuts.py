"""`python -m tests.system.power_cuts DEB --cuts 20 --seed N [--json]`: the power of a booted station is cut at random moments.

What the core acknowledged before a cut is there after it; at the end each accepted booking is at the bureau exactly once, and the station
knows its receipt and the answer to its search. What is lost of the disk's cache, and torn, follows from the seed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from agent.bench.power_disk import Disk
from agent.children import Child, livescan
from agent.training.bureau_store import bureau_journal
from agent.training.program import free_port
from tests.system import guest
from tests.system.power_station import STATE_MIB, Installed, Power, command, installed, spread

BOOTS_WITHIN, SETTLES_WITHIN = 1200.0, 1800.0  # s; emulation beside other work: a minute on two free cores, ten at a load of twenty
_BETWEEN = (0.0, 25.0)  # s from the first booking after a boot to the cut
_EARLY = (5.0, 60.0)  # s from power-on, for cuts that wait for no booking


@dataclass
class Verdict:
    seed: int
    cuts: int = 0
    amid_writing: int = 0  # cuts that came with a certain write or flush
    before_the_first_booking: int = 0  # of that boot
    acknowledged: int = 0  # bookings
    cached: int = 0  # writes that were in the drive's cache at the cuts
    survived: int = 0  # of these
    flushes: int = 0
    boots_s: list[float] = field(default_factory=list)  # power-on to the first word of the station
    lost: list[str] = field(default_factory=list)  # acknowledged, and the station knows nothing of it
    never_arrived: list[str] = field(default_factory=list)  # sealed, and not at the bureau
    doubled: list[str] = field(default_factory=list)  # more often than once at the bureau
    unknown: list[str] = field(default_factory=list)  # at the bureau, and not sealed by this station
    without_receipt: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def well(self) -> bool:
        return not (self.lost or self.never_arrived or self.doubled or self.unknown or self.without_receipt)


class Witness:
    """What the clerk of the guest says: in the guest's own words, kept outside of it."""

    def __init__(self) -> None:
        self.booked: list[str] = []
        self.accounts: list[Mapping[str, Any]] = []
        self.watched: Mapping[str, Any] = {}
        self._clients: list[socket.socket] = []
        self.words = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def tell(self, word: str) -> None:
        self._clients[-1].sendall(word.encode())

    def until(self, done: Callable[[], bool], seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not done() and time.monotonic() < end:
            time.sleep(0.05)
        return done()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._clients.append(client)
                threading.Thread(target=self._hear, args=(client,), daemon=True).start()

    def _hear(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client.makefile("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):  # cut off
                    return
                said = json.loads(line)
                self.booked += [str(said["booked"])] if "booked" in said else []
                self.accounts = said.get("accounts", self.accounts)
                self.watched = said.get("watch", self.watched)
                self.words += 1


class Site:
    """mosquitto and the training bureau on this machine, with the keys of the installed station."""

    def __init__(self, folder: Path, disks: Installed) -> None:
        self.bureau, self._disks, self._folder = folder / "bureau", disks, folder
        self.port = free_port()
        self._parts = contextlib.ExitStack()

    def __enter__(self) -> Site:
        keys, out = self._disks.keys, self._folder / "mosquitto"
        write = [
            "broker",
            "write",
            "mosquitto",
            "--out",
            str(out),
            "--bureau",
            str(keys / "bureau/tls.crt"),
            "--ca",
            str(keys / "ca/ca.crt"),
        ]
        write += ["--cert", str(keys / "broker/server.crt"), "--key", str(keys / "broker/server.key"), "--host", "127.0.0.1"]
        state = self._folder / "broker"
        state.mkdir()
        subprocess.run(livescan(*write, "--port", str(self.port), "--state", str(state)), check=True, capture_output=True)
        config = out / "mosquitto.conf"
        config.write_text(config.read_text("utf-8").replace("user mosquitto", "user root"), "utf-8")
        log = (self._folder / "mosquitto.log").open("wb")
        broker = subprocess.Popen(["mosquitto", "-c", str(config)], stdout=log, stderr=log)
        self._parts.callback(broker.kill)
        bureau = Child(
            "bureau", livescan("bureau", "--dir", str(self.bureau), "--keys", str(keys), "--port", str(self.port)), directory=self._folder
        )
        bureau.start()
        self._parts.callback(bureau.stop)
        return self

    def __exit__(self, *_: object) -> None:
        self._parts.close()


class Station:
    """One guest from power-on to the cut."""

    def __init__(self, folder: Path, disks: Installed, image: Path, power: Power) -> None:
        """power: but for its disk, which `image` is spread on."""
        self.disk = Disk(folder / "fuse", STATE_MIB * 1024 * 1024)
        spread(image, self.disk.path)
        self._errors = (folder / "qemu.log").open("ab")
        line = command(guest.image(), disks.system, replace(power, state=self.disk.path), folder / "console.log")
        self._process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=self._errors, stderr=self._errors)
        self.since = time.monotonic()

    def cut(self, after: int, chance: random.Random, image: Path, verdict: Verdict) -> None:
        """SIGKILL while the disk holds still: nothing that is written after the cut has an answer, nothing leaves the guest any more."""
        cut = self.disk.cut(after, witness=lambda: self._process.send_signal(signal.SIGKILL))
        self._process.wait()
        verdict.survived += cut.image(image, chance)
        verdict.cached += len(cut.cached)
        verdict.flushes += self.disk.flushes

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        self._errors.close()
        self.disk.close()


class Trial:
    def __init__(self, folder: Path, disks: Installed, seed: int, say: Callable[[str], None]) -> None:
        self._folder, self._say = folder, say
        self._chance = random.Random(seed)
        self.verdict = Verdict(seed)
        self._disks = disks
        self._image, self._witness = self._disks.state, Witness()

    def run(self, cuts: int) -> Verdict:
        began = time.monotonic()
        with Site(self._folder, self._disks) as site:
            for _ in range(cuts):
                self._cut(site)
                self._say(f"{self.verdict.cuts} of {cuts} cuts, {len(self._witness.booked)} bookings acknowledged")
            self._settle(site)
            self._judge(site)
        self._witness.close()
        self.verdict.seconds = round(time.monotonic() - began, 1)
        return self.verdict

    def _station(self, site: Site, mode: str) -> Station:
        return Station(self._folder, self._disks, self._image, Power(self._image, site.port, self._witness.port, mode))

    def _cut(self, site: Site) -> None:
        """At a moment of the clock, or amid what is being written then; one in four without waiting for a booking."""
        chance, verdict, witness = self._chance, self.verdict, self._witness
        early, pause = chance.random() < 0.25, chance.uniform(*_BETWEEN)
        after = chance.choice((0, chance.randrange(1, 200)))
        before = witness.words
        image = self._folder / f"cut-{verdict.cuts}.img"
        station = self._station(site, "book")
        try:
            if early:
                time.sleep(chance.uniform(*_EARLY))
            else:
                self._first_booking(station, before)
                time.sleep(pause)
            station.cut(after, chance, image, verdict)
        finally:
            station.close()
        verdict.before_the_first_booking += witness.words == before
        verdict.amid_writing += after > 0
        verdict.cuts += 1
        if self._image != self._disks.state:
            self._image.unlink()
        self._image = image

    def _first_booking(self, station: Station, before: int) -> None:
        """Of this boot."""
        spoke = self._witness.until(lambda: self._witness.words > before, BOOTS_WITHIN)
        assert spoke, (self._folder / "console.log").read_text("utf-8", "replace")[-3000:]
        self.verdict.boots_s.append(round(time.monotonic() - station.since, 1))

    def _settle(self, site: Site) -> None:
        """Left alone until each booking that it knows has its receipt and its answer."""
        witness = self._witness
        station = self._station(site, "settle")
        try:
            witness.until(lambda: bool(witness.accounts) and not self._open(), SETTLES_WITHIN)
        finally:
            station.close()

    def _open(self) -> list[str]:
        answered = {"received", "idr_no_match"}
        return [one["booking"] for one in self._witness.accounts if not answered <= set(one["events"])]

    def _judge(self, site: Site) -> None:
        verdict, accounts = self.verdict, self._witness.accounts
        verdict.acknowledged = len(self._witness.booked)
        verdict.lost = sorted(set(self._witness.booked) - {one["booking"] for one in accounts})
        sealed = {(tcn, digest) for one in accounts for tcn, digest in one["sealed"]}
        arrived = Counter((one.tcn, one.content_sha256) for one in bureau_journal(site.bureau))
        verdict.never_arrived = sorted(tcn for tcn, _ in sealed - set(arrived))
        verdict.unknown = sorted(tcn for tcn, _ in set(arrived) - sealed)
        tcns = Counter(tcn for tcn, _ in arrived.elements())
        verdict.doubled = sorted(tcn for tcn, count in tcns.items() if count > 1)
        verdict.without_receipt = self._open()


def measure(deb: Path, cuts: int, seed: int, say: Callable[[str], None], folder: Path) -> Verdict:
    """folder: an empty one; its path is short, for sockets."""
    return Trial(folder, installed(deb, folder), seed, say).run(cuts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("deb", type=Path)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ls-cuts-") as folder:
        verdict = measure(chosen.deb, chosen.cuts, chosen.seed, lambda text: print(text, file=sys.stderr, flush=True), Path(folder))
    print(json.dumps(asdict(verdict), indent=None if chosen.json else 2))
    return 0 if verdict.well else 1


if __name__ == "__main__":
    sys.exit(main())
