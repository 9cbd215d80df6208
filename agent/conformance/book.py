"""The test book on disk: a file and its expected result for each case, an index, and a summary to print.

Each transaction is checked as it is made. A case whose findings are not the expected ones is a fault of ours, and no book is written of it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.conformance.cases import Case, cases
from agent.conformance.damage import damage
from agent.conformance.maker import Drawn, Maker, Print
from agent.conformance.prints import encoded, encoded_palm, photo_jpeg
from agent.conformance.summary import summary_pdf
from agent.errors import LivescanError
from agent.model.photo import PhotoKind
from agent.nist.check import check
from agent.nist.codec import build, parse
from agent.nist.editions import standard
from agent.nist.findings import FindingJson, errors
from agent.nist.profiles import StateProfile
from agent.store.files import write_durably
from agent.workers import Workers

SCHEMA = "livescan-conformance/1"


@dataclass(frozen=True)
class Page:
    """One case, made and checked."""

    name: str
    title: str
    data: bytes
    accepted: bool
    records: str  # "1, 2, 14 x 4"
    findings: tuple[FindingJson, ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    def as_json(self) -> dict[str, Any]:
        head = {"case": self.name, "title": self.title, "file": f"{self.name}.an2", "bytes": len(self.data), "sha256": self.sha256}
        return {**head, "records": self.records, "accepted": self.accepted, "findings": list(self.findings)}


@dataclass(frozen=True)
class Book:
    edition: str
    state: str  # its name; empty where the book is for EBTS alone
    pages: tuple[Page, ...]

    @property
    def name(self) -> str:
        """ "EBTS 11.0", or the state's name with it."""
        return f"{self.state}, EBTS {self.edition}" if self.state else f"EBTS {self.edition}"


async def make_book(edition: str, state: StateProfile | None, workers: Workers, tell: Callable[[str], None]) -> Book:
    """Every case, made and checked. Raises LivescanError when a check does not say what it must."""
    rules = standard(edition) if state is None else state.standard
    listed = list(cases(rules, state))
    tell(f"drawing the prints of {len(listed)} cases")
    maker = Maker(await _draw(listed, workers), rules, state)
    pages = [_page(maker, number, case, state) for number, case in enumerate(listed, start=1)]
    return Book(rules.edition, state.name if state else "", tuple(pages))


def write_book(book: Book, folder: Path) -> list[Path]:
    """NAME.an2 and NAME.json of each case, index.json, summary.pdf. Raises LivescanError when the folder cannot be written."""
    files = {f"{page.name}.an2": page.data for page in book.pages}
    files |= {f"{page.name}.json": _json({"schema": SCHEMA, "book": book.name, **page.as_json()}) for page in book.pages}
    files["index.json"] = _json({"schema": SCHEMA, "book": book.name, "cases": [page.as_json() for page in book.pages]})
    files["summary.pdf"] = summary_pdf(book.name, [(p.name, p.title, p.records, len(p.data), p.sha256, _result(p)) for p in book.pages])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            write_durably(folder / name, data)
    except OSError as error:
        raise LivescanError(f"Cannot write the test book to {folder}: {error.strerror}.") from error
    return [folder / name for name in files]


async def _draw(listed: Iterable[Case], workers: Workers) -> Drawn:
    """All images that some case needs, each once."""
    prints: list[Print] = list(dict.fromkeys(place for case in listed for place in case.wish.prints()))
    palms = sorted({palm for case in listed for palm in case.wish.palms})
    kinds = list(PhotoKind)
    coded = await asyncio.gather(*(workers.run(encoded, *place) for place in prints))
    hands = await asyncio.gather(*(workers.run(encoded_palm, palm) for palm in palms))
    photos = await asyncio.gather(*(workers.run(photo_jpeg, kind.value) for kind in kinds))
    return Drawn(dict(zip(prints, coded, strict=True)), dict(zip(palms, hands, strict=True)), dict(zip(kinds, photos, strict=True)))


def _page(maker: Maker, number: int, case: Case, state: StateProfile | None) -> Page:
    data = build(damage(maker.car(number, case.wish), case.edit))
    tx = parse(data)
    found = check(tx, "CAR", maker.rules.edition, state=state)
    ids = tuple(sorted({finding.id for finding in found}))
    if ids != case.expected:
        raise LivescanError(
            f"The case {case.name} of the test book gives {', '.join(ids) or 'no finding'} and not {', '.join(case.expected) or 'none'}.",
            means="No test book was written.",
            do="Look whether the state's profile forbids what the case needs; else report it.",
        )
    return Page(case.name, case.title, data, not errors(found), _records(tx.records), tuple(finding.as_json() for finding in found))


def _records(records: Iterable[Any]) -> str:
    counts: dict[int, int] = {}
    for record in records:
        counts[record.type] = counts.get(record.type, 0) + 1
    return ", ".join(str(type_) if times == 1 else f"{times} x {type_}" for type_, times in counts.items())


def _result(page: Page) -> str:
    if not page.findings:
        return "accepted"
    ids = ", ".join(sorted({finding["id"] for finding in page.findings}))
    return f"accepted, questioned: {ids}" if page.accepted else f"rejected: {ids}"


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=2).encode() + b"\n"
