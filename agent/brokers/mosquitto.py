"""mosquitto's two files. Rights are by pattern (whoever has a certificate is a station) or, with a list, for its members only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agent.brokers.access_list import MAY_PUBLISH, MAY_READ, Member, Role
from agent.brokers.files import BrokerFiles, Place
from agent.brokers.templates import fill


def configuration(place: Place, files: BrokerFiles, acl: Path, *, user: str = "mosquitto") -> str:
    """mosquitto.conf. user: whom it becomes when started as root."""
    return fill(
        "mosquitto/mosquitto.conf",
        user=user,
        port=str(place.port),
        host=place.host,
        ca=str(files.ca.absolute()),
        certificate=str(files.certificate.absolute()),
        key=str(files.key.absolute()),
        crl=f"crlfile {files.crl.absolute()}" if files.crl else "# crlfile: none was given",
        acl=str(acl.absolute()),
        state=str(place.state.absolute()),
    )


def access(bureau: Member | None, stations: Sequence[Member] = (), others: Sequence[Member] = ()) -> str:
    """The acl file. Without stations: a pattern for every certificate; the bureau's name then is a station's too, which harms nobody.

    others: watchers and administrators.
    """
    listed = "\n".join(_block(one) for one in stations) if stations else _patterns()
    named = "\n".join(_block(one) for one in (*([bureau] if bureau else []), *others))
    return fill("mosquitto/acl", stations=listed, bureau=named)


def _patterns() -> str:
    writes = [f"pattern write {topic.format(name='%u')}" for topic in MAY_PUBLISH[Role.STATION]]
    reads = [f"pattern read {topic.format(name='%u')}" for topic in MAY_READ[Role.STATION]]
    return "\n".join([*writes, *reads]) + "\n"


def _block(member: Member) -> str:
    writes = [f"topic write {topic}" for topic in member.may_publish()]
    reads = [f"topic read {topic}" for topic in member.may_read()]
    return "\n".join([f"user {member.name}", *writes, *reads]) + "\n"
