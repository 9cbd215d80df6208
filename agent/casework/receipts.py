"""The bureau's receipt (livescan-receipt/1): read, and judged against what we sent. Pure.

A receipt is the only thing that releases a payload, so it must be about the very bytes we sent: same station, TCN and content
digest, stage "committed", signed by the bureau it names. Whatever else was signed by the bureau goes to a person, and the payload stays.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from agent.casework.errors import CaseworkError
from agent.casework.events import Submission
from agent.handover.instants import read_instant
from agent.model.messages import Receipt, Routing

SCHEMA = "livescan-receipt/1"
COMMITTED = "committed"
SIZE_LIMIT = 16_384  # bytes; a receipt has about 500
_DIGEST = re.compile(r"[0-9a-f]{64}")
_WORD = re.compile(r"[a-z_]{1,32}")


class ReceiptError(CaseworkError):
    """Not a receipt of our form. One sentence."""


@dataclass(frozen=True)
class StagedReceipt:
    stage: str  # "committed", or the bureau's word for why not
    receipt: Receipt


def read_receipt(content: bytes) -> StagedReceipt:
    """Raises ReceiptError for any other bytes. Unknown keys are passed over."""
    if len(content) > SIZE_LIMIT:
        raise ReceiptError("The receipt is too long.")
    try:
        return _read(json.loads(content))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ReceiptError("The receipt is not of the form livescan-receipt/1.") from error


def judge(staged: StagedReceipt, routing: Routing, signer: str | None, sent: Submission | None) -> str | None:
    """Why this receipt acknowledges nothing, in one sentence; None when it acknowledges `sent`. routing: as the bureau signed it."""
    receipt = staged.receipt
    if (receipt.station, receipt.tcn) != (routing.station, routing.tcn):
        return "The receipt is about another transaction than its envelope says."
    if receipt.bureau != signer:
        return "The receipt was not signed by the bureau that it names."
    if sent is None:
        return "The receipt is about a transaction that this station has not sent."
    if receipt.content_sha256 != sent.content_sha256:
        return "The receipt is about other bytes than this station has sent under that control number."
    if staged.stage != COMMITTED:
        return f"The bureau did not take the transaction: {staged.stage}."
    return None


def _read(value: dict[str, object]) -> StagedReceipt:
    if value["schema"] != SCHEMA or not isinstance(value["duplicate"], bool):
        raise ValueError("schema")
    content, envelope, stage = (str(value[name]) for name in ("content_sha256", "envelope_sha256", "stage"))
    if not (_DIGEST.fullmatch(content) and _DIGEST.fullmatch(envelope) and _WORD.fullmatch(stage)):
        raise ValueError("digest or stage")
    receipt = Receipt(
        station=_text(value["station"]),
        tcn=_text(value["tcn"]),
        content_sha256=content,
        envelope_sha256=envelope,
        received_at=read_instant(value["received_at"]),
        bureau=_text(value["bureau"]),
        duplicate=value["duplicate"],
    )
    return StagedReceipt(stage, receipt)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
