"""The chain of the audit record and its signed checkpoints, and how both are checked. Pure.

A line holds the SHA-256 of the line before it, so one that is changed, taken away or put elsewhere is noticed by the next. Whoever can
write the file could make the whole chain anew from there on. A checkpoint, signed by the station's signing key, stops that: it holds the
number and the digest of a line. Anyone can check both with `sha256sum` and `openssl` (docs/audit.md).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.audit.entries import instant

BEGINNING = "0" * 64  # the digest before the first line


@dataclass(frozen=True)
class Row:
    n: int  # 1, 2, 3 without gaps
    line: str
    sha256: str  # hex, of the line


@dataclass(frozen=True)
class Base:
    """Where the record begins: what was before it is past its time and was let go."""

    n: int = 0
    sha256: str = BEGINNING


@dataclass(frozen=True)
class Checkpoint:
    n: int  # the entry up to which it speaks
    sha256: str  # hex, of that entry's line
    at: str  # UTC, 1/100 s
    station: str
    signature: bytes  # over `statement`, by the scheme of the certificate's key
    certificate: str  # PEM, of the key that signed

    @property
    def statement(self) -> bytes:
        return statement(self.station, self.n, self.sha256, self.at)


@dataclass(frozen=True)
class Fault:
    n: int  # the first entry that is wrong
    sentence: str


@dataclass(frozen=True)
class Verdict:
    first: int  # number of the first entry that is kept
    last: int
    signed_to: int  # the last entry that a good checkpoint covers
    checkpoints: int
    fault: Fault | None


def digest(line: str) -> str:
    return hashlib.sha256(line.encode("ascii", "replace")).hexdigest()


def statement(station: str, n: int, sha256: str, at: datetime | str) -> bytes:
    """What a checkpoint signs."""
    when = at if isinstance(at, str) else instant(at)
    return f"livescan-audit-checkpoint/1\nstation {station}\nentries {n}\nsha256 {sha256}\nat {when}\n".encode()


def verify(rows: Iterable[Row], checkpoints: Sequence[Checkpoint], base: Base, good: Callable[[Checkpoint], str | None]) -> Verdict:
    """The first entry that was altered, deleted or moved, or that nothing is wrong.

    checkpoints: all that there are, also ones kept elsewhere; `good`: why a checkpoint's signature is not to be believed, or None.
    """
    wanted = {one.n: one for one in checkpoints}
    last, signed = base, base.n
    for row in rows:
        fault = _fault(row, last)
        if fault is None and row.n in wanted:
            fault = _against(row, wanted[row.n], signed, good)
            signed = row.n if fault is None else signed
        if fault is not None:
            return Verdict(base.n + 1, last.n, signed, len(wanted), fault)
        last = Base(row.n, row.sha256)
    beyond = max(wanted, default=0)
    cut = (
        Fault(last.n + 1, f"Entries {last.n + 1} to {beyond} are gone from the end: a checkpoint names them.") if beyond > last.n else None
    )
    return Verdict(base.n + 1, last.n, signed, len(wanted), cut)


def _fault(row: Row, before: Base) -> Fault | None:
    expected = before.n + 1
    said = _read(row.line)
    if row.n != expected:
        return Fault(expected, f"Entry {expected} was deleted: {row.n} follows {before.n}.")
    if digest(row.line) != row.sha256:
        return Fault(row.n, f"Entry {row.n} was altered: it is not what its digest says.")
    if said.get("n") != row.n:
        return Fault(row.n, f"Entry {row.n} was moved: it was written as entry {said.get('n')}.")
    if said.get("previous") != before.sha256:
        return _altered_before(row, before)
    return None


def _altered_before(row: Row, before: Base) -> Fault:
    """This line is whole and names another line before it: that one was exchanged, and its digest made to fit."""
    n = max(before.n, 1)
    return Fault(n, f"Entry {n} was altered: entry {row.n} names another digest for it.")


def _against(row: Row, checkpoint: Checkpoint, signed: int, good: Callable[[Checkpoint], str | None]) -> Fault | None:
    if (sentence := good(checkpoint)) is not None:
        return Fault(row.n, f"The checkpoint at entry {row.n} is not to be believed: {sentence}")
    if checkpoint.sha256 != row.sha256:
        return Fault(signed + 1, f"One of the entries {signed + 1} to {row.n} was altered: the signed checkpoint names another digest.")
    return None


def _read(line: str) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
