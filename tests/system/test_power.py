"""The power of a booted station is cut; a scanner is plugged into one. Both in QEMU, by software emulation, with the package installed.

`python -m tests.system.power_cuts DEB --cuts 20` does the first at length (docs/reports/power-cuts.md).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from firmware_sim.bench import Bench, BenchSettings
from firmware_sim.subject import file
from tests.data import testdata
from tests.system import guest
from tests.system.machine import need_machine
from tests.system.power_cuts import BOOTS_WITHIN, Station, Trial, Witness
from tests.system.power_station import Installed, Power, installed

pytestmark = [pytest.mark.long, pytest.mark.emulated, pytest.mark.timeout(3000), pytest.mark.xdist_group("machine")]

CUTS, SEED = 3, 1
TOLD_WITHIN = 180.0  # s


@pytest.fixture(scope="module")
def disks(deb: Path) -> Iterator[Installed]:
    need_machine()
    guest.need_programs()
    with tempfile.TemporaryDirectory(prefix="ls-i-") as folder:
        yield installed(deb, Path(folder))


@dataclass
class Plugged:
    witness: Witness
    bench: Bench

    @property
    def watched(self) -> Mapping[str, Any]:
        return self.witness.watched

    @property
    def scanner(self) -> str:
        """Its state in the words of the station's health; "" while nobody tells."""
        health = self.watched.get("health")
        return str(health["scanner"]) if isinstance(health, dict) else ""

    def until(self, what: str, holds: Callable[[], bool], seconds: float = TOLD_WITHIN) -> None:
        assert self.witness.until(holds, seconds), f"{what}: {json.dumps(self.watched)}"


@pytest.fixture
def plugged(disks: Installed) -> Iterator[Plugged]:
    """A booted station whose scanner is not plugged in."""
    with tempfile.TemporaryDirectory(prefix="ls-p-") as name:
        folder, witness = Path(name), Witness()
        settings = BenchSettings(f"unix:{folder}/usbip", "LS60-0001", 10.0, usbredir=f"unix:{folder}/redir")
        with Bench(settings, file.load(testdata("prints/nist/type-4-tpcard.an2"))) as bench:
            bench.unplug()
            station = Station(folder, disks, disks.state, Power(disks.state, 1, witness.port, "watch", folder / "redir"))
            try:
                yield Plugged(witness, bench)
            finally:
                station.close()
                witness.close()


def test_a_scanner_plugged_into_a_booted_station_is_the_cores_starts_it_and_unplugged_it_is_said(plugged: Plugged) -> None:
    plugged.until("the core runs without one, and says so", lambda: plugged.scanner == "not plugged in", BOOTS_WITHIN)
    plugged.bench.plug()
    plugged.until("udev gives it to the core", lambda: plugged.watched["nodes"] == ["livescan-core 660"])
    plugged.until("the core sees it", lambda: plugged.scanner == "ready")
    plugged.bench.unplug()
    plugged.until("the core says that it is gone", lambda: plugged.scanner == "not plugged in" and plugged.watched["nodes"] == [])
    plugged.witness.tell("stop")
    plugged.until("the core was stopped", lambda: plugged.watched["core"] == "inactive")
    plugged.bench.plug()
    plugged.until("plugging it in starts the core", lambda: plugged.watched["core"] == "active")
    plugged.until("and it sees it", lambda: plugged.scanner == "ready")


def test_cuts_at_random_moments_lose_and_double_nothing(disks: Installed) -> None:
    with tempfile.TemporaryDirectory(prefix="ls-c-") as folder:
        verdict = Trial(Path(folder), disks, SEED, print).run(CUTS)
    assert verdict.cuts == CUTS
    assert verdict.acknowledged >= 1, "something was at stake"
    assert verdict.well, verdict
