"""Words to a running bench: control socket, `livescan sim`, scenarios."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firmware_sim.bench import Bench
from firmware_sim.faults import FAULTS
from firmware_sim.hosts.control import ControlError, ControlServer, tell
from firmware_sim.orders import Orders, read_order
from firmware_sim.scenario import Player, ScenarioError, parse_scenario
from tests.firmware_sim import fap60_host as fap
from tests.firmware_sim.fap60_host import Host
from tests.firmware_sim.usbip_client import Client, devlist


@pytest.fixture
def control(bench: Bench, tmp_path: Path):
    orders = Orders(bench, lambda: None)
    server = ControlServer(tmp_path / "sim.sock.control", lambda line: orders.obey(read_order(line)))
    yield server.path
    server.close()


def livescan(*words: str) -> tuple[int, str, str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-m", "agent.cli", *words], capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_control_socket_belongs_to_its_owner_alone_and_goes_with_the_bench(bench: Bench, tmp_path: Path):
    server = ControlServer(tmp_path / "c", lambda _: {})
    assert stat.S_IMODE((tmp_path / "c").stat().st_mode) == 0o600
    server.close()
    assert not (tmp_path / "c").exists()
    with pytest.raises(ControlError, match="No simulated device answers"):
        tell(tmp_path / "c", {"do": "state"})


def test_place_unplug_and_fault_on_a_running_bench(bench: Bench, control: Path):
    assert tell(control, {"do": "place", "what": "right-four"}) == {"did": "place"}
    assert tell(control, {"do": "state"})["state"]["lying"] == [2, 3, 4, 5]
    assert tell(control, {"do": "fault", "name": "stall-mid-frame", "at": 1024}) == {"did": "fault"}
    assert [one["name"] for one in tell(control, {"do": "state"})["state"]["faults"]] == ["stall-mid-frame"]
    assert tell(control, {"do": "clear"}) == {"did": "clear", "cleared": 1}
    assert tell(control, {"do": "unplug"}) == {"did": "unplug"}
    assert devlist(bench.address)[0] == 0
    tell(control, {"do": "plug"})
    assert devlist(bench.address)[0] == 1


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ({"do": "place", "what": "nose"}, "cannot be placed"),
        ({"do": "fault", "name": "explode"}, "no fault"),
        ({"do": "fault", "name": "babble", "at": "x"}, "is a number"),
    ],
)
def test_wrong_order_is_a_sentence(control: Path, order: dict[str, Any], sentence: str):
    assert sentence in tell(control, order)["error"]


def test_unknown_word_lists_the_known_ones(control: Path):
    assert "place" in tell(control, {"do": "dance"})["known"]


@pytest.mark.parametrize(
    ("line", "order"),
    [
        ("unplug\n", {"do": "unplug"}),
        ('"unplug"', {"do": "unplug"}),
        ("place right-four", {"do": "place", "what": "right-four"}),
        ("fault babble at=512", {"do": "fault", "name": "babble", "at": "512"}),
        ('{"do": "clear", "name": "babble"}', {"do": "clear", "name": "babble"}),
        ("", {"do": ""}),
        ("[1]", {"do": "[1]"}),
    ],
)
def test_orders_are_read(line: str, order: dict[str, Any]):
    assert read_order(line) == order


def test_livescan_sim_lists_the_faults_and_speaks_to_a_bench(control: Path):
    code, out, _ = livescan("sim", "faults", "--json")
    assert code == 0
    assert len(json.loads(out)) == len(FAULTS) >= 30
    code, out, _ = livescan("sim", "place", "left-four", "--bench", str(control), "--json")
    assert (code, json.loads(out)) == (0, {"did": "place"})
    code, _, err = livescan("sim", "fault", "explode", "--bench", str(control))
    assert code != 0
    assert "no fault" in err
    assert "Traceback" not in err
    code, _, err = livescan("sim", "unplug", "--bench", str(control.with_name("nobody")))
    assert code != 0
    assert "No simulated device answers" in err


SCENARIO = """
name = "stall in the middle of a frame"
limits = { capture_ms = 4000 }
[[step]]
fault = "stall-mid-frame"
at = 1024
[[step]]
arm = "right-four"
[[step]]
place = "right-four"
[[step]]
wait = 1
[[step]]
expect = "result"
within_ms = 500
[[step]]
lift = true
[[step]]
clear = ""
"""


def test_scenario_is_played_in_front_of_a_host(bench: Bench, make_bench: Callable[..., Bench]):
    told: list[dict[str, Any]] = []
    scenario = parse_scenario(SCENARIO)
    bench.lift()
    player = Player(scenario, Orders(bench, lambda: None), bench, lambda line: told.append(dict(line)))
    with Client(bench.address) as client:
        host = Host(client)
        host.arm(1, 5, {2, 3, 4, 5}, flags=8, timeout_ms=60_000)
        host.until_state(fap.ARMED)
        player.play()
        assert [line["verb"] for line in told[:-1]] == ["fault", "arm", "place", "wait", "expect", "lift", "clear"]
        assert told[1]["armed"] is True
        assert not any("error" in line for line in told)
        assert any(event.kind == fap.FINGERS for event in host.events) or host.state()
    assert scenario.settings == {"limits": {"capture_ms": 4000}}


WRONG = {
    "no TOML": "= 1",
    "no steps": "name = 'x'",
    "exactly one of": "[[step]]\nplace = 'right-four'\nlift = true",
    "no hand or finger": "[[step]]\nplace = 'nose'",
    "no fault": "[[step]]\nfault = 'explode'",
    "of pedal": "model = 'pedal'\n[[step]]\nfault = 'babble'",
    "has no 'colour'": "[[step]]\nfault = 'babble'\ncolour = 1",
    "number of milliseconds": "[[step]]\nwait = 'long'",
}


@pytest.mark.parametrize("sentence", WRONG)
def test_wrong_scenario_is_a_sentence(sentence: str):
    with pytest.raises(ScenarioError, match=sentence):
        parse_scenario(WRONG[sentence])


def test_whoever_ends_a_bench_is_answered_before_it_goes(tmp_path: Path):
    ending = threading.Event()

    def obey(_line: str) -> dict[str, Any]:
        ending.set()
        time.sleep(0.2)  # its own end is under way in another thread
        return {"did": "quit"}

    server = ControlServer(tmp_path / "slow.control", obey)
    ender = threading.Thread(target=lambda: ending.wait(5) and server.close())
    ender.start()
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(server.path))
        sock.sendall(b'{"do": "quit"}\n')
        ender.join(5)
        sock.settimeout(0.0)  # what was not sent by now would never come: the process is gone
        assert json.loads(sock.recv(100)) == {"did": "quit"}


def test_a_process_takes_orders_beside_its_socket(tmp_path: Path):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "firmware_sim", "pedal", "--listen", f"pty:{tmp_path}/pedal"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["control"] == f"{tmp_path}/pedal.control"
        assert tell(Path(ready["control"]), {"do": "foot"}) == {"did": "foot"}
        assert tell(Path(ready["control"]), {"do": "state"})["state"]["edge"] >= 1
        tell(Path(ready["control"]), {"do": "quit"})
        assert process.wait(10) == 0
        time.sleep(0.05)
        assert not (tmp_path / "pedal.control").exists()
    finally:
        process.kill()
        process.communicate()
