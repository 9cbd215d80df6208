"""Makes docs/procedure.md: `python -m tests.procedure.table`. The rows are docs/procedure.toml, whose tests are found by their names, and
docs/derived.toml, which names them."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "procedure.md"
NAMED = re.compile(r"test_(R\d+)_(\w+)")


def rows() -> Mapping[str, Mapping[str, object]]:
    return tomllib.loads((ROOT / "docs" / "procedure.toml").read_text("utf-8"))


def derived() -> Mapping[str, Mapping[str, object]]:
    """X1 to X15, K1 to K13."""
    return tomllib.loads((ROOT / "docs" / "derived.toml").read_text("utf-8"))


@lru_cache(maxsize=1)
def named_tests() -> Mapping[str, list[str]]:
    """Names of tests by row, in the order of their files."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and (named := NAMED.fullmatch(node.name)):
                found.setdefault(named[1], []).append(f"{path.relative_to(ROOT / 'tests')}::{node.name}")
    return found


def page() -> str:
    by_row = named_tests()
    lines = []
    for name, row in rows().items():
        code = ", ".join(f"`{one}`" for one in row["code"])  # type: ignore[attr-defined]  # a list of strings
        said = ", ".join(NAMED.fullmatch(one.split("::")[1])[2].replace("_", " ") for one in by_row.get(name, []))  # type: ignore[index]
        lines.append(f"| {name} | {row['sop']} | {row['duty']} | {row['sentence']} | {code} | {said} |")
    text = Path(__file__).with_name("page.md").read_text("utf-8").replace("{rows}", "\n".join(lines))
    return text.replace("{derived}", _derived("X")).replace("{contradictions}", _derived("K"))


def _derived(kind: str) -> str:
    found = {name: row for name, row in derived().items() if name.startswith(kind)}
    return "\n".join(f"| {name} | {row['basis']} | {row['sentence']} | {_said(row['tests'])} |" for name, row in found.items())


def _said(tests: object) -> str:
    assert isinstance(tests, list)
    return ", ".join(re.sub(r"^test_([RK]\d+_)?", "", str(one).split("::")[1]).replace("_", " ") for one in tests)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    sys.stdout.write(f"{PAGE}\n")
