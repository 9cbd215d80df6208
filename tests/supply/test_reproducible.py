"""The same sources give the same package and wheel, whatever the folder, the umask, the time zone and the clock's reading."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import inside
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from agent.match.extract_leader import SHA256
from tests.data import need_debian

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("agent", "drivers", "firmware_sim", "config", "systemd", "docs", "pyproject.toml", "Makefile", "LICENSE")
pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


def copied(to: Path) -> Path:
    to.mkdir(parents=True)
    for name in (*PARTS, *(path.name for path in ROOT.glob("*.md"))):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"), copy_function=shutil.copyfile)
        else:
            shutil.copyfile(ROOT / name, to / name)
    return to


def built(sources: Path, out: Path, kind: tuple[str, ...], umask: int, zone: str) -> Path:
    command = [sys.executable, str(sources / "systemd" / "build_deb.py"), "--out", str(out), *kind]
    subprocess.run(command, check=True, umask=umask, env={**os.environ, "TZ": zone}, cwd=out.parent, capture_output=True)
    return next(path for path in out.iterdir() if path.suffix in {".deb", ".whl"})


def difference(one: Path, other: Path, scratch: Path) -> list[str]:
    """Each file that is not the same in both, with its first differing byte; for a package its members, then the archive around them."""
    folders = [unpacked(path, scratch / str(number)) for number, path in enumerate((one, other))]
    names = sorted({str(path.relative_to(folder)) for folder in folders for path in folder.rglob("*") if not path.is_dir()})
    rows = [row for name in names if (row := compared(name, *(folder / name for folder in folders)))]
    return rows or (["the contents are the same, the archives are not"] if one.read_bytes() != other.read_bytes() else [])


def unpacked(path: Path, to: Path) -> Path:
    to.parent.mkdir(exist_ok=True)
    if path.suffix == ".whl":
        shutil.unpack_archive(path, to, "zip")
    else:
        subprocess.run(["dpkg-deb", "--raw-extract", str(path), str(to)], check=True)
    return to


def compared(name: str, one: Path, other: Path) -> str | None:
    if not (one.exists() or one.is_symlink()) or not (other.exists() or other.is_symlink()):
        return f"{name}: only in one"
    if one.is_symlink() or other.is_symlink():
        return None if one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink() else f"{name}: leads elsewhere"
    if one.stat().st_mode != other.stat().st_mode:
        return f"{name}: {one.stat().st_mode:o} and {other.stat().st_mode:o}"
    left, right = one.read_bytes(), other.read_bytes()
    at = next((place for place, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]), min(len(left), len(right)))
    return None if left == right else f"{name}: from byte {at}: {left[at : at + 60]!r} and {right[at : at + 60]!r}"


@pytest.mark.parametrize("kind", [("--wheel",), ()], ids=["wheel", "package"])
def test_built_twice_it_is_the_same_to_the_byte(tmp_path: Path, kind: tuple[str, ...]) -> None:
    need_debian("dpkg", "dpkg-deb")
    one = built(copied(tmp_path / "here"), tmp_path / "one", kind, 0o022, "UTC")
    other = built(copied(tmp_path / "some where" / "else"), tmp_path / "other", kind, 0o077, "Asia/Tokyo")
    assert difference(one, other, tmp_path / "unpacked") == []
    bills = [path.with_name(f"{path.name}.cdx.json").read_text("utf-8") for path in (one, other)]
    assert bills[0] == bills[1]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bills[0]) is None
    if one.suffix == ".deb":
        package_s_bill(tmp_path / "unpacked" / "0", bills[0])


def package_s_bill(root: Path, beside: str) -> None:
    """It is in the package, names what the lock file locks, in those versions, and the files that are there by their digests."""
    site = root / "usr/lib/livescan-agent/lib/python3.11/site-packages"
    assert (root / "usr/share/doc/livescan-agent/sbom.cdx.json").read_text("utf-8") == beside
    carried = {one["name"]: one for one in json.loads(beside)["components"]}
    lock = inside.locked()
    assert {name: carried[name]["version"] for name in lock} == {name: one.version for name, one in lock.items()}
    assert carried["LEADER.onnx"]["hashes"] == [{"alg": "SHA-256", "content": SHA256}]
    file = carried["nbis-py"]["components"][0]["components"][0]
    assert file["hashes"][0]["content"] == hashlib.sha256((site / file["name"]).read_bytes()).hexdigest()
    assert not list(site.glob("reportlab/fonts/DarkGarden*"))


def test_a_difference_is_named_with_file_and_place(tmp_path: Path) -> None:
    for name, word in (("one", b"same, then this"), ("other", b"same, then that")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(word)
        shutil.make_archive(str(tmp_path / name), "zip", tmp_path / name)
        (tmp_path / f"{name}.zip").rename(tmp_path / f"{name}.whl")
    rows = difference(tmp_path / "one.whl", tmp_path / "other.whl", tmp_path / "unpacked")
    assert rows == ["file: from byte 13: b'is' and b'at'"]
