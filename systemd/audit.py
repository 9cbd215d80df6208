"""Asks an advisory index about every locked package. `python systemd/audit.py`; `make audit`.

pip-audit asks; it counts a package that no index knows as clean, so what it skipped is counted here. Ends with
0: every package was looked up and none has a known vulnerability; 1: some have; 2: the index knew only some of the packages; 3: no advisory
index could be had, so nothing is known.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from inside import LOCK

CLEAN, VULNERABLE, PARTLY, UNREACHABLE = range(4)
ASK = (
    "-m",
    "pip_audit",
    f"--requirement={LOCK}",
    "--disable-pip",  # the lock file is complete: nothing is to be resolved
    "--require-hashes",
    "--format=json",
    "--progress-spinner=off",
    "--timeout=20",
)


@dataclass(frozen=True)
class Found:
    code: int
    words: tuple[str, ...]


def main() -> int:
    done = subprocess.run([sys.executable, *ASK, *sys.argv[1:]], check=False, capture_output=True, text=True)
    found = read(done.stdout, done.stderr)
    print("\n".join(found.words))  # noqa: T201  a build's command: this is its answer
    return found.code


def read(answer: str, complaint: str) -> Found:
    """What pip-audit's JSON says; `complaint` is what it printed beside it."""
    try:
        rows = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = complaint.strip().splitlines()[-1:] or ["it said nothing"]
        return Found(UNREACHABLE, ("Nothing was looked up: no advisory index could be asked.", f"pip-audit: {last[0]}"))
    return judged(rows)


def judged(rows: list[dict[str, Any]]) -> Found:
    skipped = [row["name"] for row in rows if "skip_reason" in row]
    hit = [row for row in rows if row.get("vulns")]
    lines = [f"{row['name']} {row['version']}: {one['id']}, mended in {mended(one)}" for row in hit for one in row["vulns"]]
    asked = f"{len(rows) - len(skipped)} of {len(rows)} locked packages were looked up"
    if hit:
        return Found(VULNERABLE, (*lines, f"{asked}; {len(hit)} have known vulnerabilities."))
    if len(skipped) == len(rows):
        return Found(UNREACHABLE, (f"{asked}: no advisory index can be had from here. That is not the same as clean.",))
    if skipped:
        return Found(PARTLY, (f"{asked}; about the others nothing is known, which is not the same as clean: {', '.join(skipped)}",))
    return Found(CLEAN, (f"{asked}; none has a known vulnerability.",))


def mended(one: dict[str, Any]) -> str:
    return ", ".join(one.get("fix_versions", ())) or "no version yet"


if __name__ == "__main__":
    sys.exit(main())
