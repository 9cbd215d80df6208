"""A broker's whole set-up as files in one folder, ready to be read and copied to the machine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from agent.brokers import mosquitto, nats, rabbitmq
from agent.brokers.access_list import Member
from agent.brokers.files import BrokerFiles, Place
from agent.brokers.templates import fill
from agent.errors import UsageError

_NODE = re.compile(r"[A-Za-z0-9.-]{1,253}")


def write_mosquitto(
    out: Path,
    place: Place,
    files: BrokerFiles,
    bureau: Member,
    stations: Sequence[Member],
    *,
    others: Sequence[Member] = (),
    user: str = "mosquitto",
) -> list[Path]:
    """Without stations, whoever holds a certificate of the CA is a station. others: watchers and administrators. user: whom the broker
    becomes when it is started by root.
    """
    acl = out / "acl"
    texts = {"mosquitto.conf": mosquitto.configuration(place, files, acl, user=user), "acl": mosquitto.access(bureau, stations, others)}
    return _write(out, texts)


def write_nats(
    out: Path, place: Place, files: BrokerFiles, bureau: Member, stations: Sequence[Member], *, hosts: Sequence[str]
) -> list[Path]:
    """hosts: none for one node alone, else three; node.crt and node.key beside the broker's certificate are for their routes."""
    members = [bureau, *stations]
    if not stations:
        raise UsageError("nats-server needs a list of the stations.", do="Give each station's TLS certificate with --station.")
    if not hosts:
        return _write(out, {"nats-server.conf": nats.configuration(place, files, members)})
    nodes = [_node(place, files, host, number) for number, host in enumerate(hosts, 1)]
    texts = {f"{node.name}.conf": nats.cluster_configuration(node, nodes, members) for node in nodes}
    return _write(out, texts | {"haproxy.cfg": nats.balancer(nodes, listen=f"*:{place.port}")})


def write_rabbitmq(out: Path, place: Place, files: BrokerFiles, bureau: Member, stations: Sequence[Member]) -> list[Path]:
    texts = {
        "rabbitmq.conf": rabbitmq.configuration(place),
        "advanced.config": rabbitmq.advanced(files),
        "enabled_plugins": fill("rabbitmq/enabled_plugins"),
        "rights.sh": rabbitmq.rights([bureau, *stations]),
    }
    return _write(out, texts)


def _node(place: Place, files: BrokerFiles, host: str, number: int) -> nats.Node:
    if not _NODE.fullmatch(host):
        raise UsageError(f"'{host}' is no host name.", do="Give three host names or addresses, separated by commas.")
    beside = files.certificate.parent
    routes = BrokerFiles(files.ca, beside / "node.crt", beside / "node.key")
    return nats.Node(f"node{number}", Place(place.state, host, place.port), files, routes)


def _write(out: Path, texts: dict[str, str]) -> list[Path]:
    try:
        out.mkdir(mode=0o755, parents=True, exist_ok=True)
        for name, text in texts.items():
            (out / name).write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"Cannot write to {out}: {error.strerror}.", do="Name another folder with --out.") from error
    return [out / name for name in texts]
