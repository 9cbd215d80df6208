"""A later release of the package, made of a package that was built: another version, another step of its records."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

SITE = "usr/lib/livescan-agent/lib/python3.11/site-packages"
MODULES = {"core.sqlite": "agent/core_schema.py", "audit.sqlite": "agent/audit/book.py"}


def later(deb: Path, out: Path, version: str, steps: dict[str, tuple[str, ...]]) -> Path:
    """`steps`: by the database's name, the SQL that this release adds to it."""
    root = out / f"root-{version}"
    subprocess.run(["dpkg-deb", "-R", str(deb), str(root)], check=True)
    _replace(root / "DEBIAN" / "control", r"^Version: .*$", f"Version: {version}")
    for name, added in steps.items():
        module = root / SITE / MODULES[name]
        with module.open("a", encoding="utf-8") as file:
            file.write(f"\nMIGRATIONS = (*MIGRATIONS, *{added!r})\n")
        for compiled in (module.parent / "__pycache__").glob(f"{module.stem}.*.pyc"):  # believed without a look at its source
            compiled.unlink()
        _raise(root / "DEBIAN" / "preinst", name, len(added))
    made = out / f"livescan-agent_{version}_amd64.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zzstd", "-z1", "--build", str(root), str(made)], check=True, stdout=subprocess.DEVNULL
    )
    subprocess.run(["rm", "-rf", str(root)], check=True)
    return made


def _raise(preinst: Path, name: str, by: int) -> None:
    (known,) = re.findall(rf"/{re.escape(name)}=(\d+)", preinst.read_text("utf-8"))
    _replace(preinst, rf"/{re.escape(name)}={known}", f"/{name}={int(known) + by}")


def _replace(path: Path, pattern: str, by: str) -> None:
    text, count = re.subn(pattern, by, path.read_text("utf-8"), flags=re.MULTILINE)
    assert count == 1, f"{path.name}: {pattern}"
    path.write_text(text, "utf-8")
