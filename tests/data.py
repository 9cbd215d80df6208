"""Where tests find what they do not own: reference data beside the project, and programs of Debian packages.

What is absent is skipped in a sentence that names it; CI fails when something it installed for was skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def data_root() -> Path:
    return Path(os.environ.get("LIVESCAN_TESTDATA", _BESIDE))


def testdata(name: str) -> Path:
    """A reference file, or a skip that says what is missing."""
    path = data_root() / name
    if not path.exists():
        if os.environ.get("LIVESCAN_NO_SKIP"):
            pytest.fail(f"reference data '{name}' is not here, and no test may be skipped in this run")
        pytest.skip(f"reference data '{name}' is not here: set LIVESCAN_TESTDATA to the folder that holds it")
    return path


testdata.__test__ = False  # type: ignore[attr-defined]  # pytest takes it for a test by its name


def need_debian(package: str, program: str) -> str:
    """Full path of a program of a Debian package, or a skip that names the package."""
    found = shutil.which(program)
    if found is None:
        if os.environ.get("LIVESCAN_NO_SKIP"):
            pytest.fail(f"the Debian package '{package}' should have been installed before the tests and is not here")
        pytest.skip(f"needs the Debian package '{package}' (program '{program}'): apt-get install {package}")
    return found


SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, for which Debian builds python3-gi


def need_gi(package: str, namespace: str, version: str) -> str:
    """Debian's own Python, able to load a library of a Debian package through GObject introspection, or a skip that names the package."""
    probe = f"import gi; gi.require_version('{namespace}', '{version}')"
    try:
        there = subprocess.run([SYSTEM_PYTHON, "-c", probe], capture_output=True, check=False).returncode == 0
    except OSError:
        there = False
    if not there:
        if os.environ.get("LIVESCAN_NO_SKIP"):
            pytest.fail(f"the Debian packages 'python3-gi' and '{package}' should have been installed before the tests and are not here")
        pytest.skip(f"needs the Debian packages 'python3-gi' and '{package}': apt-get install python3-gi {package}")
    return SYSTEM_PYTHON
