"""A reply as a person reads it: what the sender wrote, word for word, with its source and time. Pure.

LESC's determination (IAR) is shown verbatim, never reduced to a flag, a score or a colour (SOP 2.1.4). `as_html` is the way onto a page.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent.casework.letters import Letter, ReplyLetter
from agent.casework.thread import MASTER_RECORD
from agent.casework.tie import TiedBy
from agent.casework.viewing import What, what_is
from agent.model.messages import Reply, ReplyKind
from agent.submission.replies import Encounter


@dataclass(frozen=True)
class ReadReply:
    kind: ReplyKind
    source: str  # who signed it
    arrived_at: datetime  # UTC
    text: str = field(repr=False)  # verbatim: the IAR, or the messages of an SRE or ERRT
    encounters: tuple[Encounter, ...] = field(default=(), repr=False)
    photos: tuple[bytes, ...] = field(default=(), repr=False)  # JPEG as it came, to be decoded in a process of its own
    remark: str = ""
    clues: Mapping[str, str] = field(default_factory=dict, repr=False)  # by which a person finds the booking that it belongs to


def read(letter: Letter, arrived_at: datetime, tied_by: TiedBy | None) -> ReadReply | None:
    """None for what is no proven reply."""
    if not isinstance(letter, ReplyLetter):
        return None
    facts, kind = letter.reply.facts, letter.reply.kind
    text = facts.get("IAR") or "\n".join(facts[name] for name in ("IDR", "MSG", "ERS", "SII", "WHY") if facts.get(name))
    remark = MASTER_RECORD if tied_by not in (TiedBy.TCR, None) and what_is(kind) is What.IMMIGRATION else ""
    return ReadReply(kind, letter.source, arrived_at, text, letter.encounters, letter.photos, remark, clues_in(letter.reply))


def clues_in(reply: Reply) -> dict[str, str]:
    """What it says of itself and of whom it is about, as sent, by words for a person; what is not there is left out."""
    facts = reply.facts
    said = {
        "its control number": reply.tcn,
        "answers control number": reply.tcr,
        "case number (OCA)": reply.oca,
        "FBI number": reply.fbi_number,
        "state id": reply.state_id,
        "name": facts.get("SNAM") or facts.get("NAM"),
        "born": facts.get("SDOB"),
        "search result (SRF)": facts.get("SRF"),
    }
    return {words: value for words, value in said.items() if value}


def as_html(text: str) -> str:
    """Escaped, and nothing else changed: unescaping gives the text byte for byte."""
    return html.escape(text, quote=True)
