"""What the documents tell somebody to type is there: every command, every option, every file they point to."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from agent.cli.main import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
_CODE = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(livescan [^`]+)`")
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def commands_in(text: str) -> Iterator[str]:
    """Lines of code blocks and code within sentences that call us, without their comments."""
    for block in _CODE.findall(text):
        joined = block.replace("\\\n", " ")
        yield from (line.strip() for line in joined.splitlines() if line.strip().startswith("livescan "))
    yield from _INLINE.findall(_CODE.sub("", text))


def _all() -> list[tuple[str, str]]:
    found = [(path.name, command) for path in DOCUMENTS for command in commands_in(path.read_text("utf-8"))]
    return sorted(set(found))


def _words(command: str) -> list[str]:
    plain = re.split(r"\s#|\s\||\s>|…", command)[0]
    plain = re.sub(r"[\[\]]", " ", plain)
    return shlex.split(plain.replace("'", " "))[1:]


def wrong_with(command: str) -> str | None:
    """The first word that this command line does not know; None when it knows them all."""
    node: Any = get_command(app)
    known: set[str] = set()
    for word in _words(command):
        if node.context_settings.get("ignore_unknown_options"):
            return None  # what follows is another program's
        if word.startswith("-"):
            option = word.split("=")[0].rstrip(",;")
            if option not in known | {"--help", "--version"}:
                return option
            continue
        below = getattr(node, "commands", None)
        if below is None:
            continue  # an argument
        alternatives = [one for one in re.split(r"[|/]", word.rstrip(",;")) if one]
        if any(one not in below for one in alternatives):
            return word
        node = below[alternatives[0]]
        known |= {name for parameter in node.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return None


@pytest.mark.parametrize(("document", "command"), _all(), ids=lambda one: one[:60])
def test_a_command_of_the_documents_is_there(document: str, command: str) -> None:
    assert wrong_with(command) is None, f"{document}: {command}"


def test_a_command_that_is_not_there_is_noticed() -> None:
    assert wrong_with("livescan keys shown") == "shown"
    assert wrong_with("livescan keys show --jsn") == "--jsn"
    assert wrong_with("livescan keys show --json") is None


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_link_of_the_documents_leads_somewhere(path: Path) -> None:
    broken = [link for link in _LINK.findall(path.read_text("utf-8")) if not (path.parent / link).exists()]
    assert broken == []
