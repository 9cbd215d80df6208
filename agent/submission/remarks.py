"""What a station says of how the prints of a transaction were taken, for the signed attribute `remarks` (docs/envelope.md). Pure.

EBTS 11.0 has no field for it: Type-4 holds no comment, and 14.020 COM exists in one profile only. So it stands beside the file, under the
same signature: whoever verifies the envelope has it, and nobody can take it away or put it there. Only what is out of the ordinary is said;
an empty text says that every print was good enough and taken by the scanner itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC
from typing import Any

from agent.model.impression import Impression, Trigger

FORMAT = "livescan-remarks/1"
_BY_HAND = (Trigger.PEDAL, Trigger.BUTTON)


def remarks_of(impressions: Iterable[Impression]) -> str:
    """JSON with sorted keys, "" where there is nothing to say. The same impressions give the same text."""
    said = [remark for one in sorted(impressions, key=lambda one: one.position) if (remark := _remark(one))]
    if not said:
        return ""
    return json.dumps({"format": FORMAT, "impressions": said}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _remark(impression: Impression) -> dict[str, Any]:
    """By FGP: a transaction has one image of a position. Empty where there is nothing to say."""
    said: dict[str, Any] = {}
    if impression.trigger in _BY_HAND:
        said["trigger"] = impression.trigger.value
    if impression.override is not None:
        override = impression.override
        at = override.at.astimezone(UTC).isoformat(timespec="seconds")
        said["kept"] = {"reason": override.reason, "by": override.by, "second": override.second, "at": at, "attempt": impression.attempt}
    return {"fgp": int(impression.position), **said} if said else {}
