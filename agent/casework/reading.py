"""A reply as a person reads it: what the sender wrote, word for word, with its source and time. Pure.

LESC's determination (IAR) is shown verbatim, never reduced to a flag, a score or a colour (SOP 2.1.4). `as_html` is the way onto a page.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from datetime import datetime

from agent.casework.letters import Letter, ReplyLetter
from agent.casework.thread import MASTER_RECORD
from agent.casework.tie import TiedBy
from agent.casework.viewing import What, what_is
from agent.model.messages import ReplyKind
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


def read(letter: Letter, arrived_at: datetime, tied_by: TiedBy | None) -> ReadReply | None:
    """None for what is no proven reply."""
    if not isinstance(letter, ReplyLetter):
        return None
    facts, kind = letter.reply.facts, letter.reply.kind
    text = facts.get("IAR") or "\n".join(facts[name] for name in ("IDR", "MSG", "ERS", "SII", "WHY") if facts.get(name))
    remark = MASTER_RECORD if tied_by not in (TiedBy.TCR, None) and what_is(kind) is What.IMMIGRATION else ""
    return ReadReply(kind, letter.source, arrived_at, text, letter.encounters, letter.photos, remark)


def as_html(text: str) -> str:
    """Escaped, and nothing else changed: unescaping gives the text byte for byte."""
    return html.escape(text, quote=True)
