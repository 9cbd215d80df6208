"""The peer of every start-up figure: the bare interpreter importing what a station imports. No arrangement of ours could beat it."""

from __future__ import annotations

import subprocess
import sys
import time

IMPORTS = "import numpy, cv2, cryptography.x509, pydantic, starlette.applications, uvicorn, paho.mqtt.client, usb.core"


def import_seconds() -> float:
    """s of one interpreter, from start to end."""
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)
    return time.monotonic() - started
