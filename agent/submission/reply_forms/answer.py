"""What every form of answer is read into, and the one place where it is judged: nothing that contradicts itself means anything. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from agent.model.messages import Reply, ReplyKind
from agent.nist.reply_table import Means
from agent.submission.read_reply import LESC_NOTICES
from agent.submission.replies import MAX_ENCOUNTERS, Encounter


@dataclass(frozen=True)
class Answer:
    """An answer as read, with what stands beside its text."""

    reply: Reply
    encounters: tuple[Encounter, ...] = field(default=(), repr=False)
    photos: tuple[bytes, ...] = field(default=(), repr=False)  # as they came, to be decoded in a process of its own


class ReplyForm(Protocol):
    """One bureau's way to write. Any bytes give an answer: what is not understood is UNCLASSIFIED, never an error, never a no-match."""

    def read(self, data: bytes, received_at: datetime) -> Answer: ...


@dataclass(frozen=True)
class Stated:
    """What stands in an answer, before it is judged."""

    means: Means | None  # None: the result is none that is known
    numbers: Mapping[str, str | None]  # tcn, tcr, oca, fbi, sid
    messages: tuple[str, ...] = ()
    determination: str | None = None  # LESC's words
    encounters: tuple[Encounter, ...] = ()
    photos: tuple[bytes, ...] = ()
    finding: str | None = None  # 2.059 SRF where it has one
    why: str = ""  # why it cannot be read; "" where it can


_FINDING = {Means.SRE_IDENT: "I", Means.SRE_NON_IDENT: "N", Means.SRE_UNCLEAR: "Z"}  # 2.059 SRF
_KIND = dict.fromkeys(_FINDING, ReplyKind.SRE) | {means: ReplyKind(means.value) for means in Means if means not in _FINDING}
_AGREES = {Means.SRE_IDENT: "I", Means.SRE_NON_IDENT: "N", Means.IDR_MATCH: "I", Means.IDR_NO_MATCH: "N", Means.STATE_IDENT: "I"}
_MAY_HAVE_ENCOUNTERS = (Means.IDR_MATCH,)
_MAY_HAVE_DETERMINATION = (Means.IDR_MATCH, Means.IAR)


def answered(data: bytes, received_at: datetime, stated: Stated) -> Answer:
    """One kind, or UNCLASSIFIED with why; its text is kept either way."""
    why = stated.why or _contradiction(stated)
    kind = ReplyKind.UNCLASSIFIED if why or stated.means is None else _KIND[stated.means]
    facts = _facts(stated) | ({"WHY": why} if why else {})
    numbers = stated.numbers
    reply = Reply(
        hashlib.sha256(data).hexdigest(),
        kind,
        numbers.get("tcn") or "",
        numbers.get("tcr"),
        numbers.get("oca"),
        numbers.get("fbi"),
        numbers.get("sid"),
        received_at,
        facts,
    )
    shown = kind is ReplyKind.IDR_MATCH
    return Answer(reply, stated.encounters if shown else (), stated.photos if shown else ())


def _contradiction(stated: Stated) -> str:
    means = stated.means
    if means is None:
        return "It states no result that is known."
    if len(stated.encounters) > MAX_ENCOUNTERS or len(stated.photos) > MAX_ENCOUNTERS:
        return "It has more encounters or photos than can be shown."
    if stated.finding and means in _AGREES and stated.finding != _AGREES[means]:
        return "Its result and its finding (2.059 SRF) contradict each other."
    if (stated.encounters and means not in _MAY_HAVE_ENCOUNTERS) or (
        stated.determination is not None and means not in _MAY_HAVE_DETERMINATION
    ):
        return "Its result and what it carries contradict each other."
    if means is Means.IAR and stated.determination is None:
        return "It announces a determination and carries none."
    return ""


def _facts(stated: Stated) -> dict[str, str]:
    """As `read_reply` names them."""
    messages = "\n".join(stated.messages)
    found = {"MSG": messages} if messages else {}
    if stated.means in _FINDING:
        found["SRF"] = _FINDING[stated.means]
    if stated.determination is not None:
        found["IAR"] = stated.determination
    notices = [code for code in LESC_NOTICES if code in messages]
    return found | ({"LESC": " ".join(notices)} if notices else {})
