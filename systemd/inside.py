"""What the locked packages are: versions and hashes of `requirements.lock`, licences, and what their wheels contain.

Of a package its own metadata is asked first, `carried.toml` for what that does not say. A wheel that brings a list of its contents
(PEP 770, `*.dist-info/sboms`) is believed; `carried.toml` adds to it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
CARRIED = HERE / "carried.toml"


@dataclass(frozen=True)
class Locked:
    name: str  # as PEP 503 normalizes it
    version: str
    sha256: str  # of the wheel


@dataclass(frozen=True)
class Part:
    """A library inside a wheel, as carried.toml tells it; what is None or empty there is left to the wheel's own list."""

    name: str
    version: str | None = None
    licence: str | None = None  # SPDX expression, or a name where SPDX has none
    source: str | None = None
    purl: str | None = None
    files: tuple[str, ...] = ()  # patterns below site-packages


@dataclass(frozen=True)
class Package:
    locked: Locked
    licence: str
    homepage: str | None
    needs: tuple[str, ...]  # requirements as PEP 508 writes them
    parts: tuple[Part, ...]
    lists: tuple[Path, ...]  # CycloneDX files of the wheel itself


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(text: str | None = None) -> dict[str, Locked]:
    rows = re.findall(r"^([\w.-]+)==(\S+) \\\n\s+--hash=sha256:([0-9a-f]{64})", text or LOCK.read_text("utf-8"), re.MULTILINE)
    return {normal(name): Locked(normal(name), version, digest) for name, version, digest in rows}


def packages(site: Path, lock: Mapping[str, Locked]) -> Iterator[Package]:
    """The locked packages as they lie in a site-packages folder, by name. SystemExit when one is missing there or of another version."""
    found = {normal(path.name.split("-")[0]): path for path in site.glob("*.dist-info")}
    for name, one in sorted(lock.items()):
        if name not in found:
            raise SystemExit(f"{name} is in requirements.lock and not in {site.name}: run `make lock`")
        package = read(found[name], one)
        stated = metadata(found[name])["Version"]
        if stated != one.version:
            raise SystemExit(f"{name} is {stated} where requirements.lock says {one.version}: run `make lock`")
        yield package


def read(folder: Path, one: Locked) -> Package:
    """One package of its `.dist-info` folder."""
    stated = metadata(folder)
    needs = tuple(stated.get_all("Requires-Dist") or ())
    lists = tuple(sorted((folder / "sboms").glob("*.json")))
    return Package(one, licence_of(stated, one.name), homepage(stated), needs, told().parts.get(one.name, ()), lists)


def licence_of(stated: Message, name: str) -> str:
    expression = stated["License-Expression"] or told().licences.get(name)
    if expression is None:
        raise SystemExit(f"{name} names its licence in free words ({stated['License']!r}): add it to systemd/carried.toml")
    return str(expression)


def homepage(stated: Message) -> str | None:
    urls = [url.split(", ", 1) for url in stated.get_all("Project-URL") or ()]
    wanted = ("source", "source code", "repository", "code", "github", "homepage", "home")
    named = {label.lower(): url for label, url in urls}
    return next((named[label] for label in wanted if label in named), stated["Home-page"])


def metadata(folder: Path) -> Message:
    return HeaderParser().parsestr((folder / "METADATA").read_text("utf-8"))


@dataclass(frozen=True)
class Told:
    licences: Mapping[str, str]  # by package
    parts: Mapping[str, tuple[Part, ...]]
    looked_into: Mapping[str, str]  # version by package


@cache
def told() -> Told:
    document = tomllib.loads(CARRIED.read_text("utf-8"))
    wheels = document["wheel"]
    return Told(
        document["licence"],
        {one["name"]: tuple(_part(part) for part in one["inside"]) for one in wheels},
        {one["name"]: one["version"] for one in wheels},
    )


def _part(row: dict[str, Any]) -> Part:
    return Part(**{**row, "files": tuple(row.get("files", ()))})
