"""What the training bureau answers: the receipt, then what its scenario says, each sealed to the station. Pure but for the keys.

The IDR follows "IDR/IAR profile 1", a mapping of this project: NOT AN FBI OR DHS FORMAT. Nothing was searched; the answers are scripted.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509

from agent.clock import SystemClock
from agent.handover.instants import write_instant
from agent.model.messages import Environment, MessageKind, Routing
from agent.nist.records import Transaction
from agent.nist.reply_table import Form, ReplyTable
from agent.signing.keys import BureauKeys, init_training
from agent.signing.seal import Signer, seal
from agent.submission.replies import ReplyHead
from agent.training.bureau_store import Arrival, Outcome, Outgoing
from agent.training.scenario import Damage, Scenario, Scripted, Spoken
from agent.training.scripted_replies import content_of, control_number
from agent.training.written_replies import written

RECEIPT = "receipt"
UNKNOWN = "UNKNOWN"  # TCN in the answer to an envelope that could not be opened
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)  # due whatever the clock says: one that was set back must not keep a receipt
NO_DIGEST = "0" * 64  # content digest in the same


@dataclass(frozen=True)
class Desk:
    """From where it is answered, and to whom."""

    keys: BureauKeys
    station: x509.Certificate  # opening certificate of the station
    scenario: Scenario
    signer: Signer | None = None  # instead of the bureau's own
    replies: ReplyTable = field(default_factory=ReplyTable)  # how it writes
    first_at: datetime | None = None  # UTC; when the bureau first committed the transaction, if it did before


def answers_to(arrived: Arrival, request: Transaction | None, desk: Desk) -> list[Outgoing]:
    """Everything that one arrival is owed; replies only when it was committed. request: the opened file, where there is one."""
    scenario = desk.scenario
    receipts = []
    if scenario.receipt_after is not None:
        content = receipt_of(arrived, desk.keys.bureau, desk.first_at or arrived.at)
        receipts.append(_sealed(arrived, RECEIPT, content, scenario.receipt_after, desk))
    if arrived.outcome is not Outcome.COMMITTED or request is None:
        return receipts
    return [*receipts, *(_scripted(arrived, said, request, desk) for said in scenario.answers for _ in range(said.copies))]


def _scripted(arrived: Arrival, said: Scripted, request: Transaction, desk: Desk) -> Outgoing:
    content = _content(said, request, arrived, desk.replies)
    if said.damage is Damage.SIGNER:
        desk = replace(desk, signer=stranger())
    made = _sealed(arrived, said.says.removesuffix("_NON_IDENT"), content, said.after, desk)
    if said.damage is not Damage.BIT:
        return made
    flipped = made.envelope[:-1] + bytes([made.envelope[-1] ^ 1])
    return replace(made, rid=hashlib.sha256(flipped).hexdigest(), envelope=flipped)


def _content(said: Scripted, request: Transaction, arrived: Arrival, table: ReplyTable) -> bytes:
    """The inner file, in the form in which this state's bureau writes."""
    if table.form is Form.PROFILE_1 or said.says is Spoken.NO_ITL_FILE:
        return content_of(said, request, arrived.station, arrived.at)
    head = ReplyHead(control_number(said, arrived.station, request.tcn), arrived.at, tied_by=said.tied_by)
    return written(said, request, head, table)


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
    sealed = seal(content, routing, signer=desk.signer or desk.keys.signer, recipient=desk.station, now=arrived.at)
    due = arrived.at + after if after else AT_ONCE
    return Outgoing(sealed.envelope_sha256, arrived.station, tcn, kind, arrived.txid, sealed.data, due)


@lru_cache(maxsize=1)
def stranger() -> Signer:
    """Somebody who signs as a bureau of another authority."""
    with tempfile.TemporaryDirectory(prefix="stranger-") as folder:
        init_training(Path(folder), station="LS-0001", bureau="SIB-STRANGER", clock=SystemClock())
        return BureauKeys.load(Path(folder), environment=Environment.TRAINING).signer
