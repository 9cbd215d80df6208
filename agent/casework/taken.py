"""What became of an inbound message, as values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent.casework.tie import TiedBy
from agent.model.booking import BookingId

RECEIPT = "receipt"
UNUSABLE = "unusable"


@dataclass(frozen=True)
class Taken:
    """What became of one inbound message. The same for every repetition of it."""

    kind: str  # "receipt", a ReplyKind, or "unusable"
    booking_id: BookingId | None = None
    tcn: str | None = None  # of our submission
    release_txid: str | None = None  # this envelope was received by the bureau: its payload may go
    refused_txid: str | None = None  # the bureau has answered that it does not take this envelope: it is not sent again by itself
    tied_by: TiedBy | None = None
    verified: bool = False  # signature, sender, addressee and environment are proven
    answers_sha256: str | None = None  # of a receipt: the content digest that it names
    manual: str | None = None  # why a person must look at it; None when it is done


@dataclass(frozen=True)
class Inbound:
    """One row of the inbox."""

    rid: str
    arrived_at: datetime  # UTC
    taken: Taken | None  # None while it has only arrived
    in_booking: bool = False  # its bytes lie with its booking, or were shredded with it
