"""Three nats-servers and a haproxy before them on the loopback, each a process: what a state runs, on one machine. For tests.

The configurations are those of config/brokers/nats. A node that was killed comes back with what it has on disk.
"""

from __future__ import annotations

import shutil
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from agent.brokers import nats
from agent.brokers.access_list import Member
from agent.brokers.files import BrokerFiles, Place
from agent.errors import ConfigError
from agent.training.broker import LOOPBACK, nats_server
from agent.training.program import Program, ProgramError, free_port, wait_for_tls

HEALTHY_WITHIN = 60.0  # s; three nodes that start at once need about 5
POLL = 0.1  # s
COUNT = 3


class NatsCluster:
    """`routes_with`: the nodes' certificate for each other, serverAuth and clientAuth."""

    def __init__(self, directory: Path, files: BrokerFiles, routes_with: BrokerFiles, members: Sequence[Member]) -> None:
        self._directory = directory
        self._files = files
        self._members = tuple(members)
        self.port = free_port()
        self._nodes = [self._node(number, routes_with) for number in range(COUNT)]
        self._monitors = [free_port() for _ in range(COUNT)]
        self._programs: list[Program | None] = [None] * COUNT
        self._balancer: Program | None = None

    def start(self) -> None:
        """Returns when the cluster has a leader and haproxy lets through. Raises ConfigError, ProgramError."""
        for number in range(COUNT):
            self.start_node(number)
        for number in range(COUNT):
            self.wait_healthy(number)
        config = self._directory / "haproxy.cfg"
        config.write_text(nats.balancer(self._nodes, listen=f"{LOOPBACK}:{self.port}", connections=1000))
        self._balancer = Program([_haproxy(), "-f", str(config), "-db"], self._directory / "haproxy.log")
        wait_for_tls(self._balancer, LOOPBACK, self.port, self._files.ca)

    def start_node(self, number: int) -> None:
        node = self._nodes[number]
        config = self._directory / f"{node.name}.conf"
        config.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = nats.cluster_configuration(node, self._nodes, self._members)
        config.write_text(f'http: "{LOOPBACK}:{self._monitors[number]}"\n{text}')
        self._programs[number] = Program([nats_server(), "-c", str(config)], self._directory / f"{node.name}.log")

    def wait_healthy(self, number: int) -> float:
        """Until the node says that its streams are current; how many seconds that took. Raises ProgramError."""
        began = time.monotonic()
        while time.monotonic() - began < HEALTHY_WITHIN:
            self._program(number).check()
            if self._is_healthy(number):
                return time.monotonic() - began
            time.sleep(POLL)
        raise ProgramError(f"node {number + 1} did not become healthy within {HEALTHY_WITHIN:.0f} s.", do="Read its log.")

    def kill_node(self, number: int) -> None:
        """SIGKILL."""
        self._program(number).kill()

    def stop(self) -> None:
        for program in (self._balancer, *self._programs):
            if program is not None:
                program.stop()

    def _program(self, number: int) -> Program:
        program = self._programs[number]
        assert program is not None
        return program

    def _is_healthy(self, number: int) -> bool:
        url = f"http://{LOOPBACK}:{self._monitors[number]}/healthz"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _node(self, number: int, routes_with: BrokerFiles) -> nats.Node:
        place = Place(self._directory / f"store{number + 1}", LOOPBACK, free_port())
        return nats.Node(f"node{number + 1}", place, self._files, routes_with, free_port(), free_port())


def _haproxy() -> str:
    found = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    if found is None:
        raise ConfigError("haproxy is not installed.", do="apt-get install haproxy")
    return found
