"""What waits for the bureau, as a person sees it: place, state, age, next try and why; and the tasks that only a person can end. Pure.

The core knows what is owed and what may be undone; the uplink knows what is on its way (`handover.queue_facts`). Either may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agent.booking.leaving import Owed
from agent.handover.queue_facts import ItemFacts, QueueFacts

STUCK_AFTER = 8  # tries without a receipt while others get theirs
SHOWN = 1_000  # items in one answer

NO_UPLINK = "The uplink is not running: nothing is sent until it is."
_TO_HAND = "It is being handed to the uplink."
_STOPPED = "Nothing is handed over while the audit record cannot be written."


@dataclass(frozen=True)
class Moment:
    now: datetime  # UTC
    waits: Mapping[str, float]  # txid: seconds in which it may still be undone
    facts: QueueFacts | None  # None without an uplink
    stopped: bool = False  # the audit record keeps everything back


def view(owed: Sequence[Owed], moment: Moment) -> dict[str, Any]:
    """owed: in the order of sending."""
    facts = moment.facts
    of = {item.txid: item for item in facts.items} if facts else {}
    rows = [_row(one, of.get(one.envelope_sha256), moment) for one in owed]
    places = iter(range(1, len(rows) + 1))
    items = [row | {"place": None if row["state"] in ("refused", "aside") else next(places)} for row in rows]
    return {
        "uplink": facts is not None,
        "broker": facts.connected if facts else None,
        "bureau": facts.bureau if facts else "unknown",
        **_why_in_full(moment),
        "total": len(items),
        "items": items[:SHOWN],
        "tasks": [*_silence(moment), *(task for row in items if (task := _task(row, moment)))],
    }


def _why(moment: Moment) -> str:
    """Why nothing is sent; "" when something may be."""
    if moment.stopped:
        return _STOPPED
    return NO_UPLINK if moment.facts is None else moment.facts.why


def _why_in_full(moment: Moment) -> dict[str, Any]:
    """Beside the sentence: what to do, since when, and the system's own words for whoever looks after the station."""
    facts = None if moment.stopped else moment.facts
    away = facts.away_s if facts and not facts.connected else None
    since = None if away is None else (moment.now - timedelta(seconds=away)).isoformat(timespec="seconds")
    return {"why": _why(moment), "do": facts.do if facts else "", "since": since, "detail": facts.detail if facts else ""}


def _row(one: Owed, item: ItemFacts | None, moment: Moment) -> dict[str, Any]:
    state, next_try, why = _standing(one, item, moment)
    at = None if next_try is None else (moment.now + timedelta(seconds=next_try)).isoformat(timespec="seconds")
    return {
        "booking": one.booking_id,
        "tcn": one.tcn,
        "envelope_sha256": one.envelope_sha256,
        "state": state,
        "urgent": one.urgent,
        "age_s": max(round((moment.now - one.sealed_at).total_seconds()), 0),
        "attempts": item.attempts if item else 0,
        "next_try": at,
        "undo_until": at if state == "waiting" else None,
        "why": why,
    }


def _standing(one: Owed, item: ItemFacts | None, moment: Moment) -> tuple[str, float | None, str]:
    """State, seconds until the next try, one sentence."""
    if one.aside:
        return "aside", None, "A person has set it aside."
    if one.refused:
        return "refused", None, "The bureau does not take it."
    if wait := moment.waits.get(one.envelope_sha256, 0.0):
        return "waiting", wait, "An officer may undo it until then."
    if moment.stopped or moment.facts is None or item is None:
        return "sealed", None, _why(moment) or _TO_HAND
    if item.state != "held" and moment.facts.why:  # no connection, or the bureau is offline: that is what it waits for
        return item.state, moment.facts.next_try_s, moment.facts.why
    return item.state, item.next_try_s, item.why


def _silence(moment: Moment) -> list[dict[str, Any]]:
    """One task for all of it, not one for each."""
    facts = moment.facts
    if facts is None or not _bureau_is_silent(facts):
        return []
    return [
        {
            "tcn": None,
            "booking": None,
            "what": f"The bureau has answered none of the last {facts.silent} sendings.",
            "means": "Everything is kept and sent again, ever more seldom, until it answers.",
            "do": "Ask the bureau whether its gateway runs.",
            "actions": [],
        }
    ]


def _bureau_is_silent(facts: QueueFacts) -> bool:
    return facts.silent >= STUCK_AFTER


def _task(row: Mapping[str, Any], moment: Moment) -> dict[str, Any] | None:
    words = _task_words(row, moment)
    if words is None:
        return None
    actions = ["retry"] if row["state"] == "aside" else ["retry", "aside"]
    return {"tcn": row["tcn"], "booking": row["booking"], "state": row["state"], **words, "actions": actions}


def _task_words(row: Mapping[str, Any], moment: Moment) -> dict[str, str] | None:
    tcn, facts = row["tcn"], moment.facts
    if row["state"] == "held":
        return _words(f"The uplink cannot send {tcn}: {row['why']}.", "It is kept and tried again by itself; all others go on.", _LOOK, tcn)
    if row["state"] == "refused":
        return _words(f"The bureau does not take {tcn}.", "It is kept, and not sent again by itself; all others go on.", _CORRECT, tcn)
    if row["state"] == "aside":
        return _words(f"{tcn} was set aside.", "It is kept, and not sent.", "", tcn)
    if row["attempts"] >= STUCK_AFTER and facts is not None and not _bureau_is_silent(facts):
        sentence = f"{tcn} was sent {row['attempts']} times, and others got their receipts meanwhile."
        return _words(sentence, "It is kept and sent again by itself; all others go on.", "Ask the bureau what becomes of it.", tcn)
    return None


_LOOK = "See what the broker's administrator has to mend."
_CORRECT = "Read why (`livescan booking show`), correct the booking or ask the bureau."


def _words(what: str, means: str, do: str, tcn: str) -> dict[str, str]:
    then = f"`livescan queue retry {tcn}` sends it again at once."
    return {"what": what, "means": means, "do": f"{do} {then}".strip()}
