"""Writes the list of what the Debian package carries into THIRD-PARTY-LICENSES.md. `python systemd/licences.py`, after `make lock`.

From what the bill of materials is made of (inside.py): one row for each locked package, with the libraries inside its wheel.
"""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

from inside import Locked, Package, locked, read

NOTICE = Path(__file__).resolve().parent.parent / "THIRD-PARTY-LICENSES.md"
BEGIN, END = "<!-- carried: systemd/licences.py writes this -->\n", "<!-- end of carried -->"
HEAD = "| Package | Licence | Inside its wheel |\n| --- | --- | --- |\n"


def main() -> int:
    text = NOTICE.read_text("utf-8")
    NOTICE.write_text(with_rows(text, "".join(row(installed(one)) for _, one in sorted(locked().items()))), "utf-8")
    return 0


def with_rows(text: str, rows: str) -> str:
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: BEGIN + HEAD + rows + END, text, flags=re.DOTALL)


def installed(one: Locked) -> Package:
    """A locked package by what this environment knows of it."""
    return read(Path(str(metadata.distribution(one.name).locate_file(""))) / folder(one.name), one)


def folder(name: str) -> str:
    path = next(one for one in metadata.files(name) or () if one.parent.name.endswith(".dist-info") and one.name == "METADATA")
    return path.parent.name


def row(one: Package) -> str:
    told = [f"{part.name} ({part.licence})" for part in one.parts if part.licence]
    more = ["what its own list names"] if one.lists else []
    return f"| `{one.locked.name}` {one.locked.version} | {one.licence} | {', '.join([*told, *more])} |\n"


if __name__ == "__main__":
    sys.exit(main())
