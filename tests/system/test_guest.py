"""L3: a real Linux kernel's USB. Debian's unmodified libfprint captures from our reader over usbredir and over USB/IP, and the conformance
suite of drivers runs there. The guest is built once (about two minutes, cached) and boots in ten seconds.

Debian packages: qemu-system-x86, mmdebstrap, busybox-static, cpio, kmod, e2fsprogs; as root.
"""

from __future__ import annotations

import json
import shutil
import sysconfig
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firmware_sim.bench import Bench, BenchSettings
from firmware_sim.hosts.control import ControlServer
from firmware_sim.models.uru4500 import Uru4500
from firmware_sim.orders import Orders, read_order
from firmware_sim.subject import file
from firmware_sim.subject.person import Gray, Person
from tests.data import testdata
from tests.system import guest
from tests.system.guest import Ended, Forwarder

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200), pytest.mark.xdist_group("guest")]

READER, VHCI_READER = "{4C533435-3030-4000-8000-000000000001}", "{4C533435-3030-4000-8000-000000000002}"
PATIENCE = 900.0  # s from power-on to power-off


@dataclass
class Stage:
    """Benches on this machine, and what the guest needs to know of them."""

    share: Path
    stack: ExitStack
    person: Person
    ports: dict[str, object] = field(default_factory=dict)
    pictures: dict[str, list[Gray]] = field(default_factory=dict)  # by bench: what its reader has sent

    def bench(self, name: str, model: str, serial: str, *, redir: bool) -> Bench:
        listen = f"unix:{self.share}/{name}.usbip" if redir else "tcp:127.0.0.1:0"
        usbredir = f"unix:{self.share}/{name}.redir" if redir else ""
        settings = BenchSettings(listen, serial, 10.0, model=model, usbredir=usbredir)
        bench = self.stack.enter_context(Bench(settings, self.person))
        self._keep_pictures(name, bench)
        orders = Orders(bench, lambda: None)
        control = ControlServer(self.share / f"{name}.control", lambda line: orders.obey(read_order(line)))
        self.stack.callback(control.close)
        forwarder = Forwarder(control.path)
        self.stack.callback(forwarder.close)
        self.ports[f"{name}_CONTROL"] = forwarder.port
        if not redir:
            self.ports[name] = bench.address.rpartition(":")[2]
        return bench

    def _keep_pictures(self, name: str, bench: Bench) -> None:
        scanner = bench.scanner
        if not isinstance(scanner, Uru4500):
            return
        before, kept = scanner.moment, self.pictures.setdefault(name, [])

        def moment(what: str) -> None:
            before(what)
            if what == "done" and scanner.sent is not None:
                kept.append(scanner.sent)

        scanner.moment = moment


@dataclass
class Visit:
    """What came back from the guest."""

    ended: Ended
    share: Path
    seconds: float
    pictures: dict[str, list[Gray]]

    def json(self, name: str) -> dict[str, Any]:
        path = self.share / f"{name}.json"
        assert path.exists(), f"{name} did not come to its end:\n{self.ended.out[-3000:]}\n{self.ended.console[-1000:]}"
        return dict(json.loads(path.read_text("utf-8") or "{}"))


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """Boots once for all tests of this file."""
    card = testdata("prints/nist/type-4-tpcard.an2")
    image = guest.image()
    share = Path(tmp_path_factory.mktemp("g"))
    shutil.copy(card, share / "card.an2")
    shutil.copy(Path(__file__).with_name("guest_job.sh"), share / "job.sh")
    with ExitStack() as stack:
        stage = Stage(share, stack, file.load(card))
        stage.bench("FAP60", "fap60", "LS60-0001", redir=True)
        stage.bench("READER", "uru4500", READER, redir=True)
        stage.bench("VHCI_FAP60", "fap60", "LS60-0001", redir=False)
        stage.bench("VHCI_READER", "uru4500", VHCI_READER, redir=False)
        lines = [f"{name}='{value}'" for name, value in (stage.ports | {"READER_SERIAL": READER}).items()]
        (share / "ports").write_text("\n".join(lines) + "\n", "ascii")
        began = time.monotonic()
        redirs = [share / "FAP60.redir", share / "READER.redir"]
        ended = guest.boot(image, share, Path(sysconfig.get_path("purelib")), redirs, PATIENCE)
        yield Visit(ended, share, time.monotonic() - began, stage.pictures)


def test_udev_gives_our_scanners_to_the_core_and_has_systemd_start_it(visit: Visit):
    rows = {row.split()[0]: row.split()[1:] for row in (visit.share / "udev.txt").read_text().splitlines()}
    for maker in ("1209", "05ba"):
        assert rows[maker][:2] == ["livescan-core", "660"]
        assert "SYSTEMD_WANTS=livescan-core.service" in rows[maker]
        assert any(word.startswith("CURRENT_TAGS=") and ":systemd:" in word for word in rows[maker])
    assert "livescan-core" not in rows["1d6b"], "the controller's own hubs are not ours"


@pytest.mark.parametrize(("path", "reader"), [("usbredir", "READER"), ("usbip-vhci", "VHCI_READER")])
def test_libfprint_captures_through_a_real_kernel(visit: Visit, path: str, reader: str):
    """The picture is one that lay there, but for what the format loses."""
    said = visit.json(path)
    assert (said["driver"], said["size"]) == ("uru4000", [384, 290])
    seen = np.frombuffer((visit.share / f"{path}.raw").read_bytes(), np.uint8).reshape(290, 384)
    assert min(int((seen != picture).sum()) for picture in visit.pictures[reader]) <= 384 + 4


def test_libfprint_captures_from_a_simulator_inside_the_guest(visit: Visit):
    """Attached by a line in sysfs over a socket pair: no USB/IP port, no tool."""
    assert visit.json("own-vhci")["driver"] == "uru4000"


@pytest.mark.parametrize("name", ["fap60-usbredir", "uru4500-usbredir", "fap60-vhci"])
def test_conformance_suite_passes_in_the_guest(visit: Visit, name: str):
    score = visit.json(name)
    failed = [f"{case['name']}: {case['why']}" for case in score["cases"] if case["verdict"] == "failed"]
    assert failed == [], "\n".join(failed)
    assert score["cases"]


@pytest.mark.parametrize("library", ["wheel", "debian"])
def test_scanner_plugged_in_later_is_found_without_a_network(visit: Visit, library: str):
    """As the core runs under PrivateNetwork, where udev's messages do not come; with the wheel's libusb and with Debian's."""
    seen = visit.json("private-network")[library]
    assert seen["interfaces"] == ["lo"]
    assert "LS60-0001" in seen["at first"]
    assert (seen["departed"], seen["arrived"]) == (True, "LS60-0001")


def test_context_of_debians_libusb_stays_blind_without_a_network(visit: Visit):
    """Why each look has a context of its own."""
    seen = visit.json("private-network")["debian"]
    assert (seen["living context while unplugged"], seen["living context after it came"]) == (False, False)


def test_everything_within_its_time(visit: Visit):
    assert "over" in visit.ended.out.splitlines()[-1], visit.ended.out[-2000:]
    assert visit.seconds < PATIENCE
