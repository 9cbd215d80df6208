"""What an installed wheel carries: the packages, the default settings, both licences, and nothing of the tests."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps", "--wheel-dir", str(out), str(ROOT)],
        check=True,
    )
    (wheel,) = out.glob("*.whl")
    return zipfile.ZipFile(wheel).namelist()


def test_the_default_settings_are_in_the_wheel(names: list[str]) -> None:
    shipped = {f"agent/_config/{path.relative_to(ROOT / 'config')}" for path in (ROOT / "config").rglob("*") if path.is_file()}
    assert shipped <= set(names)


def test_our_licence_and_those_of_others_are_in_the_wheel(names: list[str]) -> None:
    licences = {Path(name).name for name in names if "/licenses/" in name}
    assert {"LICENSE", "THIRD-PARTY-LICENSES.md"} <= licences


def test_no_test_is_in_the_wheel(names: list[str]) -> None:
    assert not [name for name in names if name.startswith("tests/")]
