"""An inbound envelope, opened and read: what the bureau says, or why nobody may act on it. Pure but for the private key's work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from agent.casework.receipts import ReceiptError, StagedReceipt, read_receipt
from agent.model.messages import MessageKind, Reply, Routing
from agent.signing.certificates import Role, common_name
from agent.signing.errors import EnvelopeError
from agent.signing.keys import ReadingKeys
from agent.signing.verify import Opened, open_envelope
from agent.submission.replies import Encounter
from agent.submission.reply_forms.answer import ReplyForm
from agent.submission.reply_forms.choose import PROFILE_1


@dataclass(frozen=True)
class Unusable:
    """Bytes whose sender or form is not proven: kept, and shown to a person as such."""

    reason: str  # one sentence


@dataclass(frozen=True)
class ReceiptLetter:
    routing: Routing
    source: str  # common name of the signer
    content_sha256: str
    content: bytes
    receipt: StagedReceipt


@dataclass(frozen=True)
class ReplyLetter:
    routing: Routing
    source: str  # common name of the signer
    content_sha256: str
    content: bytes
    reply: Reply
    encounters: tuple[Encounter, ...] = ()
    photos: tuple[bytes, ...] = ()  # as they came, to be decoded in a process of its own


Letter: TypeAlias = Unusable | ReceiptLetter | ReplyLetter


def read_letter(data: bytes, keys: ReadingKeys, received_at: datetime, form: ReplyForm = PROFILE_1) -> Letter:
    """Whatever the bytes are; form: how this bureau writes its answers. Verified as of the time at which they were first received."""
    try:
        opened = open_envelope(
            data,
            openers=keys.openers,
            trust=keys.ca,
            expect=keys.environment,
            expect_role=Role.BUREAU,
            now=received_at,
            revocations=keys.revocations,
        )
    except EnvelopeError as error:
        return Unusable(error.what)
    source = common_name(opened.signer)
    if not opened.facts.ok or source is None:
        return Unusable("It is not proven to come from the bureau: " + " ".join(opened.facts.reasons))
    if opened.routing.station != keys.station:
        return Unusable("It is addressed to another station.")
    return _read(opened, source, received_at, form)


def _read(opened: Opened, source: str, received_at: datetime, form: ReplyForm) -> Letter:
    if opened.routing.kind is MessageKind.REPLY:
        answer = form.read(opened.content, received_at)
        return ReplyLetter(opened.routing, source, opened.content_sha256, opened.content, answer.reply, answer.encounters, answer.photos)
    try:
        return ReceiptLetter(opened.routing, source, opened.content_sha256, opened.content, read_receipt(opened.content))
    except ReceiptError as error:
        return Unusable(error.what)
