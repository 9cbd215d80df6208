"""nats-server's configuration: one node, or three that keep every message three times; and haproxy before them.

nats-server knows no revocation lists. What is revoked is left out of its users: so each certificate needs a name of its own (its DNS name
is looked up first), and a station's next certificate is its next user. It does not bind a client id to a certificate either: stations and
bureau use client ids that nobody can guess (`agent.delivery.client_id`), so that nobody can take a session over.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from agent.brokers.access_list import Member, nats_subjects
from agent.brokers.files import BrokerFiles, Place
from agent.brokers.templates import fill

_SESSIONS = ("$MQTT.sub.>", "$MQTT.deliver.pubrel.>")  # what nats-server itself subscribes to in the client's name


@dataclass(frozen=True)
class Node:
    """One of three. `files` for the stations; `routes_with` carries both usages, serverAuth and clientAuth: nodes call each other."""

    name: str
    place: Place
    files: BrokerFiles
    routes_with: BrokerFiles
    cluster_port: int = 6222
    client_port: int = 4222  # of NATS's own clients; nobody may use it


def configuration(place: Place, files: BrokerFiles, members: Sequence[Member], *, name: str = "livescan") -> str:
    """One node alone. Port 0 lets the kernel choose; so does the port of NATS's own clients."""
    return _fill(name, place, files, members, listen=f"{place.host}:-1", replicas=1, cluster="")


def cluster_configuration(node: Node, nodes: Sequence[Node], members: Sequence[Member], *, cluster: str = "livescan") -> str:
    """One of `nodes`; all of them get the same members."""
    routes = [f"nats://{other.place.host}:{other.cluster_port}" for other in nodes if other.name != node.name]
    block = fill(
        "nats/cluster.conf",
        cluster=json.dumps(cluster),
        listen=json.dumps(f"{node.place.host}:{node.cluster_port}"),
        routes=json.dumps(routes),
        **_tls(node.routes_with),
    )
    listen = f"{node.place.host}:{node.client_port}"
    return _fill(node.name, node.place, node.files, members, listen=listen, replicas=min(3, len(nodes)), cluster=block)


def balancer(nodes: Sequence[Node], *, listen: str, connections: int = 20_000) -> str:
    """haproxy.cfg. listen: "host:port" for the stations."""
    servers = "\n".join(f"  server {node.name} {node.place.host}:{node.place.port}" for node in nodes)
    return fill("nats/haproxy.cfg", listen=listen, servers=servers, connections=str(connections))


def _fill(name: str, place: Place, files: BrokerFiles, members: Sequence[Member], *, listen: str, replicas: int, cluster: str) -> str:
    return fill(
        "nats/nats-server.conf",
        name=json.dumps(name),
        listen=json.dumps(listen),
        mqtt=json.dumps(f"{place.host}:{place.port or -1}"),
        store=json.dumps(str(place.state.absolute())),
        replicas=str(replicas),
        cluster=cluster,
        users=json.dumps([_user(member) for member in members], indent=2),
        **_tls(files),
    )


def _tls(files: BrokerFiles) -> dict[str, str]:
    """JSON is a subset of nats-server's syntax, so every string is quoted by json."""
    named = {"ca": files.ca, "certificate": files.certificate, "key": files.key}
    return {name: json.dumps(str(path.absolute())) for name, path in named.items()}


def _user(member: Member) -> dict[str, object]:
    said = nats_subjects(member.may_publish())
    return {
        "user": member.subject,
        "permissions": {
            "publish": {"allow": said} if said else {"deny": [">"]},  # an empty list would allow everything (measured)
            "subscribe": {"allow": nats_subjects(member.may_read()) + _SESSIONS},
        },
        "allowed_connection_types": ["MQTT"],
    }
