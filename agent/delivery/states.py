"""Where an envelope stands in the outbox. Pure.

The broker's PUBACK is never delivery: it was followed by loss in five measured ways (broker killed, queue limit, no subscriber, client-id
takeover, node death). It leads to SENT, and the payload stays. Only the core, which alone can verify the bureau's signed receipt, leads to
RECEIVED, and only then may the payload go. The core's word is the truth: what it says has no receipt is queued again, whatever stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.delivery.errors import DeliveryError


class OutboxState(StrEnum):
    QUEUED = "QUEUED"  # file and row are on the disk; not all chunks have been taken by the broker
    SENT = "SENT"  # the broker has taken every chunk; no receipt yet, payload kept, sent again until there is one
    RECEIVED = "RECEIVED"  # the core has verified the bureau's receipt; the payload may go
    HELD = "HELD"  # something a person or the core must put right; never deleted, the reason stands in the row


class OutboxEvent(StrEnum):
    KEPT = "kept"  # the core handed the bytes over (again), and they are on the disk
    BROKER_TOOK_ALL = "broker took all chunks"
    REFUSED = "refused"  # the broker refuses it for good, or the payload is missing
    TRY_AGAIN = "try again"  # what held it may have been put right
    RELEASED = "released"  # by the core, after it verified the receipt


@dataclass(frozen=True)
class Outgoing:
    """An envelope that is owed to the bureau."""

    txid: str  # SHA-256 of the sealed bytes, lower-case hex
    station: str
    priority: int  # 0 .. 9, 0 first
    state: OutboxState


_S, _E = OutboxState, OutboxEvent

_TABLE: dict[tuple[OutboxState, OutboxEvent], OutboxState] = {
    (_S.QUEUED, _E.KEPT): _S.QUEUED,
    (_S.QUEUED, _E.BROKER_TOOK_ALL): _S.SENT,
    (_S.QUEUED, _E.REFUSED): _S.HELD,
    (_S.QUEUED, _E.TRY_AGAIN): _S.QUEUED,
    (_S.QUEUED, _E.RELEASED): _S.RECEIVED,
    (_S.SENT, _E.KEPT): _S.SENT,
    (_S.SENT, _E.BROKER_TOOK_ALL): _S.SENT,
    (_S.SENT, _E.REFUSED): _S.HELD,
    (_S.SENT, _E.TRY_AGAIN): _S.SENT,
    (_S.SENT, _E.RELEASED): _S.RECEIVED,
    (_S.HELD, _E.KEPT): _S.QUEUED,
    (_S.HELD, _E.BROKER_TOOK_ALL): _S.SENT,
    (_S.HELD, _E.REFUSED): _S.HELD,
    (_S.HELD, _E.TRY_AGAIN): _S.QUEUED,
    (_S.HELD, _E.RELEASED): _S.RECEIVED,
    (_S.RECEIVED, _E.KEPT): _S.QUEUED,
    (_S.RECEIVED, _E.BROKER_TOOK_ALL): _S.RECEIVED,
    (_S.RECEIVED, _E.REFUSED): _S.RECEIVED,
    (_S.RECEIVED, _E.RELEASED): _S.RECEIVED,
}


def after(state: OutboxState, event: OutboxEvent) -> OutboxState:
    """The next state. Raises DeliveryError, naming both, when there is no row."""
    try:
        return _TABLE[state, event]
    except KeyError:
        raise DeliveryError(
            f"The outbox has no rule for '{event}' in state {state}.", means="The envelope is kept as it is.", do="Report this as a defect."
        ) from None
