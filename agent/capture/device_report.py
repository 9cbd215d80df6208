"""How the scanner is, in JSON values: what a technician asks first. Nothing of a booking or a person is in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from agent.capture.calibration import calibration
from agent.capture.inspecting import Seen, Tested
from agent.capture.station import OWNER, Presence, StationCapture
from drivers.device import PreviewSize
from drivers.discovery import Found


@dataclass(frozen=True)
class Where:
    """What of the settings the report needs."""

    every: int  # days between two calibrations, 0 when not followed
    usbip: bool  # it hangs on a USB/IP server


def device_report(capture: StationCapture, where: Where, now: datetime, presence: Presence) -> dict[str, Any]:
    """`firmware`, `link`, `simulated` and the like are None while it has not been asked, "" where it does not tell."""
    seen = seen_of(capture)
    return {
        "there": presence.there,
        "name": presence.name,
        "why": presence.why,
        "busy": capture.busy,
        "where": "usbip" if where.usbip else "usb",
        **_found(capture.looked),
        **_seen(seen),
        "calibration": calibration_of(seen, where.every, now),
        "self_test": _tested(capture.inspecting.tested),
        "errors": [asdict(one) for one in capture.troubles.newest_first],
    }


def calibration_of(seen: Seen | None, every: int, now: datetime) -> dict[str, Any]:
    """state: of `Calibrated`; at, due: UTC or None."""
    at, simulated = (seen.info.calibrated_at, seen.able.simulated) if seen else (0, False)
    found = calibration(at, every, now, simulated=simulated)
    told = {"state": found.state.value, "at": _instant(found.at), "due": _instant(found.due), "every_days": every}
    return {"id": seen.info.calibration if seen else None, **told}


def seen_of(capture: StationCapture) -> Seen | None:
    """What was told by the scanner that is there now: not by the one before it."""
    seen, found = capture.inspecting.seen, capture.looked
    other = seen is not None and found is not None and found.serial not in ("", seen.info.serial)
    return None if other else seen


def _found(found: Found | None) -> dict[str, Any]:
    if found is None:
        return {"driver": None, "usb_id": None, "make": None, "model": None, "serial": None, "held_by": None, "problem": None}
    problem = {"what": found.problem.what, "do": found.problem.do} if found.problem else None
    holder = "" if found.holder is None or found.holder.owner == OWNER else str(found.holder)
    names = {"make": found.make, "model": found.model, "serial": found.serial, "held_by": holder}
    return {"driver": found.driver, "usb_id": found.usb_id, **names, "problem": problem}


def _seen(seen: Seen | None) -> dict[str, Any]:
    if seen is None:
        return {"firmware": None, "link": None, "simulated": None, "certified": None, "can_test": None, "can_show": None, "asked_at": None}
    able = seen.able
    return {
        "firmware": seen.info.firmware,
        "link": seen.info.link,
        "simulated": able.simulated,
        "certified": able.certified or "",
        "can_test": able.self_test,
        "can_show": bool(able.previews - {PreviewSize.NONE}),
        "asked_at": _instant(seen.at),
    }


def _tested(tested: Tested | None) -> dict[str, Any] | None:
    if tested is None:
        return None
    return {"passed": tested.test.passed, "finding": tested.test.finding, "serial": tested.serial, "at": _instant(tested.at)}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
