"""The build's own modules (`systemd/*.py`) import each other by name, as a script's folder lets them."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "systemd"))
