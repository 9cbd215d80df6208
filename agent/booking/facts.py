"""The facts of a booking as JSON for the vault, and back. The types themselves are the schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from agent.errors import LivescanError
from agent.model.booking import Arrest, Subject
from agent.model.fingers import FingerMark, MissingReason, Position
from agent.model.impression import DeviceTag, Impression, ImpressionKind, Override, QualityReport, RollNote, Trigger


@checked_dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Facts:
    """What is typed in at the counter: everything of a booking but its prints."""

    subject: Subject
    arrest: Arrest
    missing: Mapping[Position, MissingReason] = field(default_factory=dict)  # single fingers only
    marks: Mapping[Position, FingerMark] = field(default_factory=dict)  # the hand diagram, where it says more than `missing`


_FACTS = TypeAdapter(Facts)


class FactsError(LivescanError):
    """A booking's facts are not of their form."""


def facts_from_python(raw: Any) -> Facts:
    """Facts from parsed JSON. Raises FactsError naming each wrong field, never its value."""
    return _facts_from_json(json.dumps(raw).encode())


def facts_from_json(data: bytes) -> Facts:
    return _facts_from_json(data)


def facts_to_json(facts: Facts) -> bytes:
    return _FACTS.dump_json(facts)


def _facts_from_json(data: bytes) -> Facts:
    try:
        facts = _FACTS.validate_json(data)
    except ValidationError as error:
        fields = "; ".join(_in_words(one["type"], one["loc"], one["msg"]) for one in error.errors(include_input=False))
        raise FactsError(f"The booking's facts are not complete: {fields}.", means="Nothing was opened.", do="Mend these fields.") from None
    wrong = [position for position in (*facts.missing, *facts.marks) if position > Position.LEFT_LITTLE]
    if wrong:
        raise FactsError(f"Only single fingers 1 to 10 can be missing or marked, not {', '.join(str(int(p)) for p in wrong)}.")
    return facts


def _in_words(kind: str, place: tuple[int | str, ...], message: str) -> str:
    """Field and rule. A key that is not known is not repeated: it may be anything, a name too."""
    unknown = kind in ("unexpected_keyword_argument", "extra_forbidden")
    field = ".".join(str(part) for part in (place[:-1] if unknown else place)) or "the facts"
    return f"{field}: a key that is not known" if unknown else f"{field}: {message}"


@dataclass(frozen=True)
class _Head:
    """An impression without its pixels."""

    position: Position
    kind: ImpressionKind
    rows: int
    columns: int
    ppi: int
    attempt: int
    device: DeviceTag
    captured_at: datetime
    quality: QualityReport | None
    override: Override | None
    live: bool = True  # impressions stored before this was kept came from the scanner
    trigger: Trigger = Trigger.DEVICE  # likewise
    roll: RollNote | None = None


_HEAD = TypeAdapter(_Head)


def impression_to_bytes(impression: Impression) -> bytes:
    """Head as JSON with its length before it (4 bytes, big-endian), then the pixels row by row."""
    head = _HEAD.dump_json(
        _Head(
            position=impression.position,
            kind=impression.kind,
            rows=impression.height,
            columns=impression.width,
            ppi=impression.ppi,
            attempt=impression.attempt,
            device=impression.device,
            captured_at=impression.captured_at,
            quality=impression.quality,
            override=impression.override,
            live=impression.live,
            trigger=impression.trigger,
            roll=impression.roll,
        )
    )
    return len(head).to_bytes(4, "big") + head + impression.pixels.tobytes()


def impression_from_bytes(data: bytes) -> Impression:
    """The inverse. The bytes come from the vault, which has authenticated them."""
    size = int.from_bytes(data[:4], "big")
    head = _HEAD.validate_json(data[4 : 4 + size])
    pixels = np.frombuffer(data, np.uint8, offset=4 + size).reshape(head.rows, head.columns)
    return Impression(
        position=head.position,
        kind=head.kind,
        pixels=pixels,
        ppi=head.ppi,
        attempt=head.attempt,
        device=head.device,
        captured_at=head.captured_at,
        quality=head.quality,
        override=head.override,
        live=head.live,
        trigger=head.trigger,
        roll=head.roll,
    )
