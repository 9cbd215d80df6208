"""`livescan bench usb` on L3: the driver's half runs in the guest, over xHCI (usbredir) and over vhci_hcd (USB/IP). The figures are for
docs/reports/usb.md; what is held here is what a slow machine cannot spoil.

Takes about two minutes beside the building of the guest.
"""

from __future__ import annotations

import json
import os
import shutil
import sysconfig
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from agent.bench.usb import KEYS
from firmware_sim.bench import Bench, BenchSettings
from firmware_sim.hosts.control import ControlServer
from firmware_sim.orders import Orders, read_order
from firmware_sim.subject import file
from firmware_sim.subject.person import Person
from tests.data import testdata
from tests.system import guest
from tests.system.guest import Forwarder

pytestmark = [pytest.mark.long, pytest.mark.timeout(900), pytest.mark.xdist_group("guest")]

SECONDS = os.environ.get("LIVESCAN_GUEST_PREVIEW", "10")  # of full-size preview on each of the two
PATIENCE = 600.0  # s from power-on to power-off


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    card = testdata("prints/nist/type-4-tpcard.an2")
    image, share = guest.image(), Path(tmp_path_factory.mktemp("b"))
    shutil.copy(Path(__file__).with_name("guest_bench.sh"), share / "job.sh")
    ports: dict[str, object] = {"SECONDS_OF_PREVIEW": SECONDS}
    with ExitStack() as stack:
        person = file.load(card)
        over_usbredir = BenchSettings(f"unix:{share}/a", "LS60-0001", usbredir=f"unix:{share}/redir")
        ports |= _bench(stack, person, share, "FAP60", over_usbredir)
        ports |= _bench(stack, person, share, "VHCI_FAP60", BenchSettings("tcp:127.0.0.1:0", "LS60-0001"))
        (share / "ports").write_text("".join(f"{name}={value}\n" for name, value in ports.items()), "ascii")
        ended = guest.boot(image, share, Path(sysconfig.get_path("purelib")), [share / "redir"], PATIENCE)
    return {name: _read(share / f"{name}.json", ended.out) for name in ("usbredir", "vhci")}


def _bench(stack: ExitStack, person: Person, share: Path, name: str, settings: BenchSettings) -> dict[str, object]:
    """A bench that runs until the stack ends, and the ports by which the guest finds it."""
    bench = stack.enter_context(Bench(settings, person))
    orders = Orders(bench, lambda: None)
    control = ControlServer(share / f"{name}.control", lambda line: orders.obey(read_order(line)))
    stack.callback(control.close)
    forwarder = Forwarder(control.path)
    stack.callback(forwarder.close)
    return {f"{name}_CONTROL": forwarder.port, name: bench.address.rpartition(":")[2]}


def _read(path: Path, out: str) -> dict[str, Any]:
    text = path.read_text("utf-8") if path.exists() else ""
    assert text.strip(), f"the bench did not come to its end: {out[-3000:]}"
    return dict(json.loads(text.splitlines()[-1]))


@pytest.mark.parametrize("path", ["usbredir", "vhci"])
def test_full_size_previews_come_through_a_real_kernel(figures: dict[str, dict[str, float]], path: str) -> None:
    row = figures[path]
    print(path, json.dumps(row))
    assert set(row) == set(KEYS)
    assert row["fps"] > 1
    assert row["unplug_to_lost_ms"] < 500
