"""Makes docs/procedure.md: `python -m tests.procedure.table`. The rows are docs/procedure.toml; the tests are found by their names."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "procedure.md"
NAMED = re.compile(r"test_(R\d+)_(\w+)")
HEAD = """# The Secure Communities procedure, row by row

Made by `python -m tests.procedure.table` from `docs/procedure.toml` and the tests; a test holds it to both. *Duty*: whose it is by the procedure. What
is the duty of the state bureau (SIB), the FBI, DHS or ICE is tolerated and shown, never imitated: those rows' tests say what does *not* happen here,
and the scenarios in `config/bureau-scenarios/` play the other side.

| Row | SOP | Duty | Here | Code | Tests |
| --- | --- | --- | --- | --- | --- |
"""
TAIL = """
## Where the text contradicts itself or is silent

| | Finding | What is done |
| --- | --- | --- |
| K1 | "no match IFR" once, "IDR" elsewhere | a typing error: only IDR |
| K2, K3 | three starts for one clock; 4 h end at the bureau, 24 h at the agency | counted from the bureau's receipt, the basis shown; a relay time may be set |
| K4 | "charged or convicted" against "convictions or charged" | the level of a charge is shown, nothing follows from it |
| K5 | drugs have no codes; one year is undefined | by sentence as stated, or said to be undefined |
| K6 | 30 days' notice against the form's "as early as practicable" | the earlier as a task; the form's own in its checklist |
| K7 | three starts and two ways to count 48 hours | both limits, the alarm on the earlier |
| K8, K11 | two spellings; names changed since | one glossary (`config/glossary.toml`); the edition stands with each submission |
| K9 | no format of IDR and IAR is public | "IDR/IAR profile 1", labelled NOT AN FBI OR DHS FORMAT |
| K10 | "requests" that read "will" | `config/jurisdiction.toml`; only the record of what was done cannot be switched off |
| K12 | the form's sample is an image | variants as data (`config/detainer-forms.toml`), unverified clauses marked |
| K13 | "federal holidays" undefined | the statute's list and the agency's closures; a closure never moves the straight 48 hours |
"""


def rows() -> Mapping[str, Mapping[str, object]]:
    return tomllib.loads((ROOT / "docs" / "procedure.toml").read_text("utf-8"))


def tests() -> Mapping[str, list[str]]:
    """Names of tests by row, in the order of their files."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and (named := NAMED.fullmatch(node.name)):
                found.setdefault(named[1], []).append(f"{path.relative_to(ROOT / 'tests')}::{node.name}")
    return found


def page() -> str:
    by_row = tests()
    lines = []
    for name, row in rows().items():
        code = ", ".join(f"`{one}`" for one in row["code"])  # type: ignore[attr-defined]  # a list of strings
        said = ", ".join(NAMED.fullmatch(one.split("::")[1])[2].replace("_", " ") for one in by_row.get(name, []))  # type: ignore[index]
        lines.append(f"| {name} | {row['sop']} | {row['duty']} | {row['sentence']} | {code} | {said} |")
    return HEAD + "\n".join(lines) + "\n" + TAIL


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    sys.stdout.write(f"{PAGE}\n")
