"""What goes to the bureau and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Environment(StrEnum):
    """In every envelope; a bureau and a station refuse the other's."""

    PRODUCTION = "production"
    TRAINING = "training"


class MessageKind(StrEnum):
    """What lies inside an envelope."""

    TRANSACTION = "transaction"  # an ANSI/NIST-ITL file to the bureau
    RECEIPT = "receipt"  # JSON, livescan-receipt/1
    REPLY = "reply"  # an ANSI/NIST-ITL file from the bureau


@dataclass(frozen=True)
class Routing:
    """Signed attributes of an envelope."""

    kind: MessageKind
    station: str  # [A-Za-z0-9-]{1,13}: sender of a transaction, addressee of a receipt or reply
    tcn: str  # Type-1 1.009 of the transaction, or of the transaction that a receipt or reply is about
    recipient: str  # common name of the certificate it is sealed to
    environment: Environment


@dataclass(frozen=True)
class Envelope:
    """The exact sealed bytes (CMS AuthEnvelopedData, DER). Never serialised again."""

    data: bytes = field(repr=False)
    routing: Routing
    content_sha256: str  # of the inner file: with station and TCN the identity that is deduplicated
    envelope_sha256: str  # of the sealed bytes: transport only; also the transfer id on the wire


@dataclass(frozen=True)
class Receipt:
    """The bureau's signed word that it has committed a transaction."""

    station: str
    tcn: str
    content_sha256: str
    envelope_sha256: str
    received_at: datetime  # UTC, by the bureau's clock
    bureau: str
    duplicate: bool  # the bureau had it already


class ReplyKind(StrEnum):
    SRE = "SRE"
    ERRT = "ERRT"
    STATE_IDENT = "STATE_IDENT"  # NFF: identified by the state, which tells the FBI by a CPI
    IDR_NO_MATCH = "IDR_NO_MATCH"
    IDR_MATCH = "IDR_MATCH"
    IDR_ERROR = "IDR_ERROR"
    IAR = "IAR"
    UNCLASSIFIED = "UNCLASSIFIED"  # never downgraded to "no match": a person reads it


@dataclass(frozen=True)
class Reply:
    """One reply as read. The original bytes are kept beside it, always."""

    id: str  # SHA-256 of the inner bytes, hex
    kind: ReplyKind
    tcn: str  # the bureau's own control number
    tcr: str | None  # our TCN, Type-1 1.010
    oca: str | None
    fbi_number: str | None
    state_id: str | None
    received_at: datetime  # UTC
    facts: Mapping[str, str] = field(default_factory=dict)  # field mnemonic to text as sent, for display
