"""What the uplink carries in its process: nothing that reads devices, opens envelopes, or takes long to load."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOREIGN = ("numpy", "cv2", "cryptography", "asn1crypto", "usb", "serial", "drivers", "firmware_sim", "starlette", "pydantic")
OURS = ("imaging", "quality", "capture", "booking", "casework", "signing", "submission", "nist", "web", "training")


def test_the_uplink_imports_neither_devices_nor_keys_nor_images() -> None:
    code = "import agent.uplink, sys, json; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    forbidden = {*FOREIGN, *(f"agent.{name}" for name in OURS)}
    assert [name for name in loaded if name in forbidden or name.split(".")[0] in FOREIGN] == []


def test_the_cores_end_imports_neither_delivery_nor_mqtt() -> None:
    code = "import agent.handover.core_end, sys, json; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    assert [name for name in loaded if name.startswith(("agent.delivery", "paho"))] == []


def test_the_command_livescan_uplink_loads_no_more() -> None:
    """pydantic reads the settings; nothing else is added to what the uplink itself imports."""
    code = "import agent.cli.main, agent.log, agent.uplink_settings, sys, json; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    foreign = set(FOREIGN) - {"pydantic"}
    forbidden = {f"agent.{name}" for name in OURS}
    assert [name for name in loaded if name in forbidden or name.split(".")[0] in foreign] == []
