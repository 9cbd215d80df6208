"""THIRD-PARTY-LICENSES.md says what the bill of materials says, and names every package that the project asks for."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import inside
import licences
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
NOTICE = (ROOT / "THIRD-PARTY-LICENSES.md").read_text("utf-8")
LOCK = inside.locked()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def listed() -> dict[str, str]:
    """The rows between the marks, by package."""
    rows = NOTICE.partition(licences.BEGIN)[2].partition(licences.END)[0].removeprefix(licences.HEAD)
    return {re.match(r"\| `([^`]+)`", row)[1]: row + "\n" for row in rows.splitlines()}  # type: ignore[index]


def test_the_list_names_what_is_locked_and_nothing_else() -> None:
    told = {name: re.search(r"` (\S+) \|", row)[1] for name, row in listed().items()}  # type: ignore[index]
    assert told == {name: one.version for name, one in LOCK.items()}, "run `make licences`"


def test_the_list_is_what_the_bill_is_made_of() -> None:
    same = [one for one in LOCK.values() if metadata.version(one.name) == one.version]  # of another version nothing is known here
    assert len(same) > 20
    assert [licences.row(licences.installed(one)) for one in same] == [listed()[one.name] for one in same], "run `make licences`"


def test_every_package_that_the_project_asks_for_is_named() -> None:
    asked = [*PROJECT["dependencies"], *(one for extra in PROJECT["optional-dependencies"].values() for one in extra)]
    named = {inside.normal(one) for one in re.findall(r"`([A-Za-z][\w.-]+)`", NOTICE)}
    assert {Requirement(one).name for one in asked} - named - {"livescan-agent"} == set()


@pytest.mark.parametrize("copyleft", ["FingerJetFX OSE", "libusb", "FFmpeg", "libquadmath", "libgfortran", "Eigen", "Intel IPP ICV", "wsq"])
def test_what_asks_for_more_is_told_in_words(copyleft: str) -> None:
    assert copyleft in NOTICE.partition("## What the Debian package carries")[0]


def test_no_other_part_asks_for_more_than_its_notice() -> None:
    """A copyleft or a licence that SPDX does not know, in a library that the words above the list do not speak of."""
    words = NOTICE.partition("## What the Debian package carries")[0]
    asking = [part for parts in inside.told().parts.values() for part in parts if re.search(r"GPL|MPL|Intel", part.licence or "")]
    choice = {part.name for part in asking if " OR " in (part.licence or "")}
    assert {part.name.split("_")[0] for part in asking if part.name not in choice and part.name.split("_")[0] not in words} == set()


def test_free_words_where_a_licence_should_stand_stop_the_build(tmp_path: Path) -> None:
    folder = tmp_path / "thing-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Name: thing\nVersion: 1\nLicense: free, sort of\n", "utf-8")
    with pytest.raises(SystemExit, match="thing names its licence in free words"):
        inside.read(folder, inside.Locked("thing", "1", "0" * 64))
