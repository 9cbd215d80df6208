"""Reading a bureau's answer: what kind it is, and what it says.

The order of "IDR/IAR profile 1": a rule of the state bureau's own profile; then the signatures of `submission.replies`; then a plain SRE or
ERRT of EBTS; and whatever is none of these is UNCLASSIFIED and goes to a person. A message that is not understood, or that contradicts
itself, is never read as "no match": silence and noise are not results.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from urllib.parse import unquote

from agent.model.messages import Reply, ReplyKind
from agent.nist.codec import parse
from agent.nist.errors import NistError
from agent.nist.records import TaggedRecord, Transaction
from agent.nist.show import visible
from agent.submission.replies import (
    ERROR,
    IAR_SIGNATURE,
    IDR_SIGNATURE,
    MATCH,
    MAX_ENCOUNTERS,
    NO_MATCH,
    STATE_IDENTIFIED,
    STATE_SIGNATURE,
    Encounter,
)

FINDINGS = frozenset("INDZ")  # 2.059 SRF, EBTS 11.0 C-1
LESC_NOTICES = ("M0017", "M0018")  # LESC not searched: quota exceeded; because of the ten-print result (EBTS 11.0 appendix M)
_MAX_MATCHED = 20_000  # characters of a field that a bureau's rule looks at
_SHOWN = {9: "OCA", 14: "FBI", 15: "SID", 18: "NAM", 59: "SRF", 60: "MSG", 75: "ERS", 88: "NOT", 2007: "SDOB", 2008: "SNAM", 2023: "SII"}


class Reading(NamedTuple):
    kind: ReplyKind
    facts: Mapping[str, str]  # field mnemonic, or IDR, IAR, LESC, WHY, to text as sent: `nist.show.visible` before a terminal shows it


@dataclass(frozen=True)
class BureauRule:
    """One line of a state bureau's profile: a reply whose field matches is of this kind."""

    tot: str  # 1.004 TOT it holds for
    field: int  # Type-2 field number
    pattern: re.Pattern[str]  # searched in the field's text
    kind: ReplyKind


def read_reply(data: bytes, *, received_at: datetime, rules: Sequence[BureauRule] = ()) -> Reply:
    """The reply in these bytes; bytes that are no ANSI/NIST file give an UNCLASSIFIED one, never an error."""
    identity = hashlib.sha256(data).hexdigest()
    try:
        tx = parse(data)
    except NistError as error:
        return Reply(identity, ReplyKind.UNCLASSIFIED, "", None, None, None, None, received_at, {"WHY": error.what})
    kind, facts = classify(tx, rules)
    if len(photos(tx)) > MAX_ENCOUNTERS:
        kind, facts = ReplyKind.UNCLASSIFIED, {**facts, "WHY": "It carries more photos than encounters can be shown."}
    type2 = tx.first(2) or TaggedRecord(2, ())
    oca, fbi, sid = ((type2.values(number) or (None,))[0] for number in (9, 14, 15))
    return Reply(identity, kind, tx.tcn, tx.tcr, oca, fbi, sid, received_at, facts)


def classify(tx: Transaction, rules: Sequence[BureauRule] = ()) -> Reading:
    """What kind of reply this is, and its facts for display."""
    type2 = tx.first(2)
    if type2 is None:
        return Reading(ReplyKind.UNCLASSIFIED, {"WHY": "It has no Type-2 record."})
    facts = _facts(type2)
    ruled = next((rule.kind for rule in rules if _applies(rule, tx.tot, type2)), None)
    if ruled is not None:
        return Reading(ruled, facts)
    if tx.tot == "ERRT":
        return Reading(ReplyKind.ERRT, facts)
    if tx.tot == "SRE":
        return _read_sre(type2, facts)
    return Reading(ReplyKind.UNCLASSIFIED, facts | {"WHY": "Its type of transaction is neither SRE nor ERRT."})


def encounters(tx: Transaction) -> tuple[Encounter, ...]:
    """The encounters of an IDR match of profile 1; none for anything else."""
    type2 = tx.first(2)
    lines = _idr_lines(type2) if type2 is not None else []
    return tuple(_encounter(line) for line in lines if line.startswith("ENC "))


def photos(tx: Transaction) -> tuple[bytes, ...]:
    """The pictures of a reply (Type-10), as they came: JPEG, to be decoded in a process of its own."""
    return tuple(bytes(image) for record in tx.records if isinstance(record, TaggedRecord) and record.type == 10 if (image := record.image))


def _facts(type2: TaggedRecord) -> dict[str, str]:
    """What the reply says, by mnemonic; several subfields stand on lines of their own."""
    facts = {name: "\n".join(type2.values(number)) for number, name in _SHOWN.items() if type2.values(number)}
    notices = [code for code in LESC_NOTICES if code in facts.get("MSG", "")]
    return facts | ({"LESC": " ".join(notices)} if notices else {})


def _applies(rule: BureauRule, tot: str, type2: TaggedRecord) -> bool:
    return rule.tot == tot and rule.pattern.search((type2.text(rule.field) or "")[:_MAX_MATCHED]) is not None


def _read_sre(type2: TaggedRecord, facts: dict[str, str]) -> Reading:
    iar = _iar_text(type2)
    if iar is not None:
        facts = facts | {"IAR": iar}
    if _idr_lines(type2):
        return _read_idr(_idr_lines(type2), facts, type2)
    if iar is not None:
        return Reading(ReplyKind.IAR, facts)
    if _lines_of(type2, STATE_SIGNATURE)[1:] == [STATE_IDENTIFIED]:
        return Reading(ReplyKind.STATE_IDENT, facts)
    if "SII" in facts:
        return Reading(ReplyKind.UNCLASSIFIED, facts | {"WHY": "It carries supplementary identity information of an unknown form."})
    if facts.get("SRF", "") not in FINDINGS or not facts.get("SRF"):
        return Reading(ReplyKind.UNCLASSIFIED, facts | {"WHY": "It states no search result that is known (2.059 SRF)."})
    return Reading(ReplyKind.SRE, facts)


def _idr_lines(type2: TaggedRecord) -> list[str]:
    return _lines_of(type2, IDR_SIGNATURE)


def _lines_of(type2: TaggedRecord, signature: str) -> list[str]:
    """The lines of 2.2023 SII behind its signature, or nothing where it has none."""
    lines = re.split(r"[|\r\n]+", type2.text(2023) or "")
    return lines[1:] if lines[0].strip() == signature else []


def _iar_text(type2: TaggedRecord) -> str | None:
    """2.075 ERS behind the line of its signature, word for word."""
    first, _, rest = (type2.text(75) or "").partition("\n")
    return rest if first.strip() == IAR_SIGNATURE else None


def _read_idr(lines: list[str], facts: dict[str, str], type2: TaggedRecord) -> Reading:
    """The result line of the block must be known, agree with 2.059 SRF, and count its encounters rightly."""
    counted = [line for line in lines if line.startswith("ENC ")]
    stated = next((line for line in lines if line in (NO_MATCH, ERROR) or line.startswith(f"{MATCH} ")), "")
    facts = facts | {"IDR": "\n".join([stated, *(visible(unquote(line)) for line in counted)])}
    found = type2.text(59)
    if stated == ERROR:
        return Reading(ReplyKind.IDR_ERROR, facts)
    if stated == NO_MATCH and found == "N" and not counted and "IAR" not in facts:
        return Reading(ReplyKind.IDR_NO_MATCH, facts)
    if stated == f"{MATCH} {len(counted)}" and len(counted) <= MAX_ENCOUNTERS and found == "I":
        return Reading(ReplyKind.IDR_MATCH, facts)
    return Reading(ReplyKind.UNCLASSIFIED, facts | {"WHY": "Its immigration response contradicts itself."})


def _encounter(line: str) -> Encounter:
    pairs = dict(part.split("=", 1) for part in line.split(";")[1:] if "=" in part)
    values = {key: unquote(value) for key, value in pairs.items()}
    return Encounter(*(values.get(key, "") for key in ("NAM", "DOB", "POB", "SEX", "LOC")))
