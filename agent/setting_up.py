"""Making a station out of an installed package: its settings file, its keys and requests, and where its uplink may connect to.

Everything may be done again: what is there is kept, what is missing is made. Core and uplink are users of their own where the package made
them, and each gets the keys that it needs and no others.
"""

from __future__ import annotations

import ipaddress
import json
import os
import pwd
import re
import shutil
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.clock import Clock
from agent.errors import ConfigError
from agent.settings import PathSettings, Settings, load_paths, load_settings
from agent.signing.first_keys import begin_keys, make_storage_key
from agent.signing.keys import init_training
from agent.signing.renewal import Request
from agent.signing.requests import as_pem
from agent.signing.slots import Use, write_whole

STATION_FILE = "50-station.toml"
CORE_USER, UPLINK_USER = "livescan-core", "livescan-uplink"
UPLINK_DROP_IN = Path("/etc/systemd/system/livescan-uplink.service.d/50-addresses.conf")
_HEAD = "# Written by `livescan init`. Change it here, then: livescan reload\n"
_RESOLVER = re.compile(r"^nameserver\s+(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Station:
    """What a station is told of itself and of its bureau."""

    tables: Mapping[str, Mapping[str, Any]]  # station, bureau and whatever else

    @property
    def text(self) -> str:
        """TOML: strings, numbers and booleans look in it as they do in JSON."""
        parts = (
            f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in rows.items()) for name, rows in self.tables.items()
        )
        return _HEAD + "\n" + "\n".join(parts)


def station_file(config: Path) -> Path:
    return config.parent / "conf.d" / STATION_FILE


def write_station(config: Path, station: Station) -> Settings:
    """The station's file, if the settings are right with it; else what was there before stays. Raises ConfigError."""
    path = station_file(config)
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    if not config.exists():
        _replace(config, "# Settings of this station; conf.d/*.toml lie over them.\n")
    before = path.read_text("utf-8") if path.exists() else None
    _replace(path, station.text)
    try:
        return load_settings(config)
    except ConfigError:
        if before is None:
            path.unlink()
        else:
            _replace(path, before)
        raise


def training_keys(paths: PathSettings, *, station: str, bureau: str, clock: Clock) -> None:
    """A training authority, station and bureau in the core's folder; the uplink's part in its own. Raises ConfigError."""
    init_training(paths.keys, station=station, bureau=bureau, clock=clock)
    _give_uplink(paths)
    own(paths)


def production_keys(paths: PathSettings, station: str, agency: str, requests: Path) -> list[Path]:
    """Keys, and a file with the request of each, to be carried to the authority."""
    make_storage_key(paths.keys)
    made = [*begin_keys(paths.keys, station, agency, Use.SIGNING, Use.OPENING), *begin_keys(paths.tls_keys, station, agency, Use.TLS)]
    requests.mkdir(mode=0o755, parents=True, exist_ok=True)
    own(paths)
    return [_written(requests / f"{station}-{one.use}.csr", one) for one in made]


def trust(paths: PathSettings, authority: bytes, bureau: bytes | None) -> None:
    """The authority's certificate for both, PEM; the bureau's opening certificate for the core."""
    for keys in dict.fromkeys((paths.keys, paths.tls_keys)):
        write_whole(keys / "ca" / "ca.crt", authority)
    if bureau is not None:
        write_whole(paths.keys / "bureau" / "opening.crt", bureau)
    own(paths)


def _written(path: Path, request: Request) -> Path:
    _replace(path, as_pem(request.der))
    return path


def _give_uplink(paths: PathSettings) -> None:
    """The authority's certificate and the TLS key to the uplink; the core keeps no TLS key."""
    if paths.tls_keys == paths.keys:
        return
    write_whole(paths.tls_keys / "ca" / "ca.crt", (paths.keys / "ca" / "ca.crt").read_bytes())
    for name in ("tls.key", "tls.crt"):
        source = paths.keys / "station" / name
        write_whole(paths.tls_keys / "station" / name, source.read_bytes())
        source.unlink()


def own(paths: PathSettings) -> None:
    """What root has made here belongs to the services. Where the package's users are not known, to whoever made it."""
    if os.geteuid() != 0:
        return
    for user, folders in ((CORE_USER, (paths.state, paths.keys)), (UPLINK_USER, (paths.uplink_state, paths.tls_keys))):
        with suppress(KeyError):
            found = pwd.getpwnam(user)
            for folder in folders:
                _chown(folder, found.pw_uid, found.pw_gid)


def _chown(folder: Path, uid: int, gid: int) -> None:
    if not folder.exists():
        return
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            os.chown(path, uid, gid)


def addresses(host: str, networks: Sequence[str], resolver: Path = Path("/etc/resolv.conf")) -> list[str]:
    """What the uplink may reach: `networks` if they are given, else the addresses that the host has now; and the name servers.

    Raises ConfigError for what is no network.
    """
    try:
        found = [str(ipaddress.ip_network(one, strict=False)) for one in networks]
    except ValueError as error:
        raise ConfigError(f"That is no network: {error}.", do="Give one such as 10.20.0.0/16.") from error
    if not found:
        with suppress(OSError):
            found = [str(row[4][0]) for row in socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)]
    with suppress(OSError):
        found += _RESOLVER.findall(resolver.read_text("ascii", "replace"))
    return list(dict.fromkeys(found))


def write_drop_in(allowed: Sequence[str], path: Path = UPLINK_DROP_IN) -> None:
    """For systemd: beside localhost, these and nothing else."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    lines = "".join(f"IPAddressAllow={one}\n" for one in allowed)
    _replace(path, f"# Written by `livescan init`: the broker, the authority and the name servers.\n[Service]\n{lines}")


def _replace(path: Path, text: str) -> None:
    """Whole or not at all; readable by all, since no secret is in it."""
    making = path.with_name(path.name + ".new")
    making.write_text(text, "utf-8")
    making.chmod(0o644)
    making.replace(path)


def fresh(config: Path) -> bool:
    """No station has been made here yet: neither a station's table nor keys."""
    try:
        paths = load_paths(config)
    except ConfigError:
        return False
    return not (paths.keys / "station").exists() and not station_file(config).exists() and not _says_station(config)


def _says_station(config: Path) -> bool:
    try:
        load_settings(config)
    except ConfigError:
        return False
    return True


def remove_training(paths: PathSettings) -> None:
    """The keys of a training instance, so that a production station can be made in its place. Refused where bookings are."""
    bookings = paths.state / "core" / "bookings"
    if bookings.exists() and any(bookings.iterdir()):
        raise ConfigError(
            "There are training bookings on this station.",
            means="Nothing was changed: what is stored under the training keys can be read by no others.",
            do="Remove the folder of the core's state first, if nobody needs them.",
        )
    for folder in dict.fromkeys((paths.keys, paths.tls_keys)):
        shutil.rmtree(folder, ignore_errors=True)
