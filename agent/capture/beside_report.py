"""How what stands beside the scanner is, in JSON values: foot pedal and camera, where the settings name one. Nothing is opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.capture.camera import Camera, Shot
from agent.capture.footing import Footing, PedalState
from drivers.serial_ports import serial_ports


def pedal_report(footing: Footing | None) -> dict[str, Any] | None:
    """state: of `PedalState`, or "absent" where it has not been opened and its port is not there. Blocking: it looks at the port's name."""
    if footing is None:
        return None
    now, tried = footing.now, footing.tried
    absent = now.state is PedalState.UNOPENED and not Path(footing.port).exists()
    return {
        "port": footing.port,
        "state": "absent" if absent else now.state.value,
        "serial": now.serial,
        "firmware": now.firmware,
        "pressed_at": _instant(now.pressed_at),
        "presses": now.presses,
        "tried": None if tried is None else {"came": tried[0].value, "at": _instant(tried[1])},
        "errors": [asdict(one) for one in footing.troubles.newest_first],
    }


def camera_report(camera: Camera) -> dict[str, Any] | None:
    """state: busy, there, absent; "unknown" of a source that is no camera of this machine. Blocking: it looks at its device file."""
    if not camera.source:
        return None
    node = camera.node
    state = "busy" if camera.busy else "unknown" if node is None else "there" if node.exists() else "absent"
    told = {"source": camera.source, "model": camera.model, "state": state, "last": _shot(camera.last)}
    return told | {"errors": [asdict(one) for one in camera.troubles.newest_first]}


def unused_ports(pedal: str) -> Sequence[dict[str, str]]:
    """Serial devices that say what they are, and that this station's settings do not use. Blocking."""
    used = str(Path(pedal).resolve()) if pedal else ""
    rows = [port for port in serial_ports() if port.driver and port.path != used]
    return [{"driver": one.driver, "port": one.path, "serial": one.serial} for one in rows]


def _shot(last: Shot | None) -> dict[str, Any] | None:
    return None if last is None else {"at": _instant(last.at), "width": last.width, "height": last.height, "even": last.even}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
