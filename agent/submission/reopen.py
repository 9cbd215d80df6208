"""Opening one's own file again before it is sealed: what cannot be read back, checked and decoded here is not sent.

`reopen` calls `decode` on every image; with `imaging.pictures.decode_image` it belongs into a worker process, and all it returns can cross.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from agent.errors import LivescanError
from agent.imaging.pictures import decode_image
from agent.model.fingers import Position
from agent.model.impression import GrayImage
from agent.nist.check import check
from agent.nist.codec import build, parse
from agent.nist.errors import NistError
from agent.nist.findings import Finding, errors
from agent.nist.records import BinaryRecord
from agent.submission.pictures import Picture, pictures_of

Decode = Callable[[bytes], GrayImage]


@dataclass(frozen=True)
class Reopened:
    problems: tuple[str, ...]  # sentences; none: it may be sealed
    findings: tuple[Finding, ...] = ()  # all of the check, warnings too
    images: Mapping[Position, GrayImage] = field(default_factory=dict, repr=False)  # every finger image, decoded
    pictures: tuple[Picture, ...] = field(default=(), repr=False)  # every picture, as it stands in the file

    @property
    def ok(self) -> bool:
        return not self.problems


def reopen(data: bytes, decode: Decode, profile: str = "CAR") -> Reopened:
    """What a receiver would find: parsed, the same bytes again, no error of the check, every image decoded to its stated size."""
    opened = read_again(data, profile)
    problems = list(opened.problems)
    images: dict[Position, GrayImage] = {}
    for picture in opened.pictures:
        problems += _decode_into(images, picture, decode)
    return replace(opened, problems=tuple(problems), images=images)


def read_again(data: bytes, profile: str = "CAR") -> Reopened:
    """The same without the images, which are then to be decoded each in a worker of its own (`picture_problems`)."""
    try:
        tx = parse(data)
        same = build(tx) == data
    except NistError as error:
        return Reopened((error.what,))
    findings = tuple(check(tx, profile))
    problems = [f"{finding.field}: {finding.sentence}" for finding in errors(findings)]
    problems += [] if same else ["It is not the same file when it is written again."]
    problems += ["An image has no finger position of a ten-print card." for record in tx.of_type(4) if not _has_position(record)]
    return Reopened(tuple(problems), findings, pictures=tuple(replace(picture, data=bytes(picture.data)) for picture in pictures_of(tx)))


def picture_problems(picture: Picture, decode: Decode = decode_image) -> tuple[str, ...]:
    """What is wrong with one image. For a worker, where it is to be decoded here."""
    return tuple(_decode_into({}, picture, decode))


def _has_position(record: object) -> bool:
    return isinstance(record, BinaryRecord) and record.header is not None and record.header.position in list(Position)


def _decode_into(images: dict[Position, GrayImage], picture: Picture, decode: Decode) -> Iterator[str]:
    """Adds a finger's image to `images`; yields what is wrong with it, or with any other picture."""
    try:
        pixels = decode(bytes(picture.data))
    except LivescanError as error:
        yield f"The image of the {picture.words} cannot be decoded: {error.what}"
        return
    if pixels.shape != (picture.height, picture.width):
        yield f"The image of the {picture.words} decodes to another size than its record states."
    elif picture.sha256 and picture.sha256.lower() != hashlib.sha256(picture.data).hexdigest():
        yield f"The image of the {picture.words} has not the digest that its record states."
    elif picture.finger is not None:
        images[picture.finger] = pixels
