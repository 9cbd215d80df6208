"""How the uplink's queue stands, for a person: the body of the frame QUEUE. Pure. docs/handover.md, section 5.

Facts of one moment: nothing depends on them, so a false word of an uplink misleads a screen and loses nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from agent.handover.errors import FrameError

MOST = 2_000  # items; the first ones in the order of sending
ITEM_STATES = ("queued", "sending", "sent", "held")
BUREAU_STATES = ("online", "offline", "unknown")
_TXID = re.compile(r"[0-9a-f]{64}")
_SENTENCE = re.compile(r"[ -~]{0,300}")
_LONG = 10.0**9  # s


@dataclass(frozen=True)
class ItemFacts:
    txid: str
    state: str  # one of ITEM_STATES
    attempts: int  # how often it was begun since the uplink started
    next_try_s: float | None  # seconds from now; None: as soon as what `why` says is over
    why: str  # one sentence, ASCII


@dataclass(frozen=True)
class QueueFacts:
    connected: bool  # to the broker
    bureau: str  # one of BUREAU_STATES, as it said itself
    why: str  # why nothing is sent, one sentence; "" when something is
    next_try_s: float | None  # seconds until the broker is dialled again
    silent: int  # envelopes without a receipt in time since the last receipt
    total: int  # envelopes that are owed
    items: tuple[ItemFacts, ...]  # at most MOST
    do: str = ""  # what a person may do about `why`, ASCII; "" when it ends by itself
    detail: str = ""  # what the system or the broker said itself, ASCII: for whoever looks after the station
    away_s: float | None = None  # seconds without a connection; None with one


def encode_queue(facts: QueueFacts) -> bytes:
    return json.dumps(asdict(facts), separators=(",", ":")).encode()


def decode_queue(body: bytes) -> QueueFacts:
    """Raises FrameError for anything that `encode_queue` does not write."""
    try:
        value = json.loads(body)
        items = value.pop("items")
        if not isinstance(items, list) or len(items) > MOST:
            raise ValueError("items")
        facts = QueueFacts(**value, items=tuple(_item(one) for one in items))
        _check(facts)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FrameError("The uplink's account of its queue cannot be read.") from error
    return facts


def plain(sentence: str) -> str:
    """As it may stand in `why`."""
    return re.sub(r"[^ -~]", "?", sentence)[:300]


def _item(value: Any) -> ItemFacts:
    item = ItemFacts(**value)
    if not (isinstance(item.txid, str) and _TXID.fullmatch(item.txid)) or item.state not in ITEM_STATES:
        raise ValueError("item")
    _must(_count(item.attempts), _seconds(item.next_try_s), _sentence(item.why))
    return item


def _check(facts: QueueFacts) -> None:
    _must(type(facts.connected) is bool, facts.bureau in BUREAU_STATES, _count(facts.silent), _count(facts.total))
    _must(_seconds(facts.next_try_s), _seconds(facts.away_s), _sentence(facts.why), _sentence(facts.do), _sentence(facts.detail))


def _must(*true: bool) -> None:
    if not all(true):
        raise ValueError("of another form")


def _count(value: object) -> bool:
    return type(value) is int and 0 <= value <= 2**31


def _seconds(value: object) -> bool:
    return value is None or (type(value) in (int, float) and 0 <= value <= _LONG)  # type: ignore[operator]


def _sentence(value: object) -> bool:
    return isinstance(value, str) and _SENTENCE.fullmatch(value) is not None
