"""RabbitMQ's files. Its MQTT session queues are named after the client id, so each user may touch only those of its own name."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from agent.brokers.access_list import Member
from agent.brokers.files import BrokerFiles, Place
from agent.brokers.templates import fill


def configuration(place: Place) -> str:
    """rabbitmq.conf."""
    return fill("rabbitmq/rabbitmq.conf", host=place.host, port=str(place.port))


def advanced(files: BrokerFiles) -> str:
    """advanced.config. Erlang reads revocation lists from a directory of OpenSSL hash names (`openssl rehash`)."""
    crl = ""
    if files.crl is not None:
        directory = _string(files.crl.absolute().parent)
        crl = f",\n    {{crl_check, peer}},\n    {{crl_cache, {{ssl_crl_hash_dir, {{internal, [{{dir, {directory}}}]}}}}}}"
    named = {"ca": files.ca, "certificate": files.certificate, "key": files.key}
    return fill("rabbitmq/advanced.config", crl=crl, **{name: _string(path.absolute()) for name, path in named.items()})


def _string(path: Path) -> str:
    """As Erlang writes it."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def rights(members: Sequence[Member]) -> str:
    """rights.sh: users without passwords, which only a certificate lets in."""
    return fill("rabbitmq/rights.sh", rights="\n".join(line for member in members for line in _rights(member)))


def _rights(member: Member) -> list[str]:
    own = f"^mqtt-subscription-{re.escape(member.name)}(-[0-9a-f]+)?qos[01]$"
    topics = f"({own}|^amq\\.topic$)"
    return [
        _line("add_user", member.name, ""),
        _line("clear_password", member.name),
        _line("set_permissions", "-p", "/", member.name, own, topics, topics),
        _line("set_topic_permissions", "-p", "/", member.name, "amq.topic", _regex(member.may_publish()), _regex(member.may_read())),
    ]


def _line(*words: str) -> str:
    return "rabbitmqctl " + shlex.join(words)


def _regex(topics: tuple[str, ...]) -> str:
    """MQTT filters as one regular expression over AMQP routing keys: `/` is `.` there, `+` is `*`, `#` is itself."""
    parts = [re.escape(topic.replace("/", ".")).replace(r"\+", r"([^.]+)").replace(r"\.\#", r"(\..*)?") for topic in topics]
    return "^(" + "|".join(parts) + ")$"
