"""Opening one's own file again before it is sealed: what cannot be read back, checked and decoded here is not sent.

`reopen` calls `decode` on every image; with `imaging.codec.decode_wsq` it belongs into a worker process, and all it returns can cross.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from agent.errors import LivescanError
from agent.model.fingers import Position
from agent.model.impression import GrayImage
from agent.nist.check import check
from agent.nist.codec import build, parse
from agent.nist.errors import NistError
from agent.nist.findings import Finding, errors
from agent.nist.records import BinaryRecord


@dataclass(frozen=True)
class Reopened:
    problems: tuple[str, ...]  # sentences; none: it may be sealed
    findings: tuple[Finding, ...] = ()  # all of the check, warnings too
    images: Mapping[Position, GrayImage] = field(default_factory=dict, repr=False)  # every image, decoded

    @property
    def ok(self) -> bool:
        return not self.problems


def reopen(data: bytes, decode: Callable[[bytes], GrayImage], profile: str = "CAR") -> Reopened:
    """What a receiver would find: parsed, the same bytes again, no error of the check, every image decoded to its stated size."""
    try:
        tx = parse(data)
        same = build(tx) == data
    except NistError as error:
        return Reopened((error.what,))
    findings = tuple(check(tx, profile))
    problems = [f"{finding.field}: {finding.sentence}" for finding in errors(findings)]
    problems += [] if same else ["It is not the same file when it is written again."]
    images: dict[Position, GrayImage] = {}
    for record in tx.of_type(4):
        if isinstance(record, BinaryRecord):
            problems += _decode_into(images, record, decode)
    return Reopened(tuple(problems), findings, images)


def _decode_into(images: dict[Position, GrayImage], record: BinaryRecord, decode: Callable[[bytes], GrayImage]) -> list[str]:
    """Adds the image to `images`, or says why not."""
    header = record.header
    if header is None or header.position not in list(Position):
        return ["An image has no finger position of a ten-print card."]
    position = Position(header.position)
    try:
        pixels = decode(bytes(record.image))
    except LivescanError as error:
        return [f"The image of the {position.words} cannot be decoded: {error.what}"]
    if pixels.shape != (header.height, header.width):
        return [f"The image of the {position.words} decodes to another size than its record states."]
    images[position] = pixels
    return []
