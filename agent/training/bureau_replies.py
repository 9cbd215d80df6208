"""What the training bureau answers: the receipt, then the SRE, then a no-match IDR, each sealed to the station. Pure but for the keys.

The IDR follows "IDR/IAR profile 1", a mapping of this project: NOT AN FBI OR DHS FORMAT. Nothing was searched; the answers are scripted.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from agent.handover.instants import write_instant
from agent.model.messages import MessageKind, ReplyKind, Routing
from agent.nist.records import Transaction
from agent.signing.keys import BureauKeys
from agent.signing.seal import seal
from agent.submission.replies import ReplyHead, build_idr_no_match, build_sre
from agent.training.bureau_store import Arrival, Outcome, Outgoing
from agent.training.scenario import Scenario

RECEIPT = "receipt"
UNKNOWN = "UNKNOWN"  # TCN in the answer to an envelope that could not be opened
NO_DIGEST = "0" * 64  # content digest in the same


@dataclass(frozen=True)
class Desk:
    """From where it is answered, and to whom."""

    keys: BureauKeys
    station: x509.Certificate  # opening certificate of the station
    scenario: Scenario
    first_at: datetime | None = None  # UTC; when the bureau first committed the transaction, if it did before


def answers_to(arrived: Arrival, request: Transaction | None, desk: Desk) -> list[Outgoing]:
    """Everything that one arrival is owed; replies only when it was committed. request: the opened file, where there is one."""
    scenario = desk.scenario
    receipt = _sealed(arrived, RECEIPT, receipt_of(arrived, desk.keys.bureau, desk.first_at or arrived.at), scenario.receipt_after, desk)
    if arrived.outcome is not Outcome.COMMITTED or request is None:
        return [receipt]
    sre = build_sre(request, ReplyHead(_tcn("SRE", arrived), arrived.at), identified=scenario.identified)
    idr = build_idr_no_match(request, ReplyHead(_tcn("IDR", arrived), arrived.at))
    replies = [(ReplyKind.SRE, sre, scenario.sre_after), (ReplyKind.IDR_NO_MATCH, idr, scenario.idr_after)]
    return [receipt, *(_sealed(arrived, kind, content, after, desk) for kind, content, after in replies for _ in range(scenario.copies))]


def receipt_of(arrived: Arrival, bureau: str, first_at: datetime) -> bytes:
    """livescan-receipt/1: the bureau's word on what has become of an envelope; only stage "committed" says that it is kept.

    first_at: when the transaction was first committed, however often it has come since.
    """
    kept = arrived.outcome in (Outcome.COMMITTED, Outcome.DUPLICATE)
    body = {
        "schema": "livescan-receipt/1",
        "stage": Outcome.COMMITTED if kept else arrived.outcome,
        "station": arrived.station,
        "tcn": arrived.tcn or UNKNOWN,
        "content_sha256": arrived.content_sha256 or NO_DIGEST,
        "envelope_sha256": arrived.txid,
        "received_at": write_instant(first_at),
        "bureau": bureau,
        "duplicate": arrived.outcome is Outcome.DUPLICATE,
    }
    return json.dumps(body).encode()


def _sealed(arrived: Arrival, kind: str, content: bytes, after: timedelta, desk: Desk) -> Outgoing:
    tcn = arrived.tcn or UNKNOWN
    message = MessageKind.RECEIPT if kind == RECEIPT else MessageKind.REPLY
    routing = Routing(message, arrived.station, tcn, arrived.station, desk.keys.environment)
    sealed = seal(content, routing, signer=desk.keys.signer, recipient=desk.station, now=arrived.at)
    return Outgoing(sealed.envelope_sha256, arrived.station, tcn, kind, arrived.txid, sealed.data, arrived.at + after)


def _tcn(kind: str, arrived: Arrival) -> str:
    """The bureau's own control number: the same for the same request, so that a repetition is recognised."""
    return f"{kind}-{hashlib.sha256(f'{kind}/{arrived.station}/{arrived.tcn}'.encode()).hexdigest()[:24].upper()}"
