"""What the Debian package is built from: the lock file, the maintainer scripts, man pages and completion out of the command line."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from agent.match.extract_leader import SHA256
from tests.data import need_debian

ROOT = Path(__file__).resolve().parent.parent.parent
SYSTEMD = ROOT / "systemd"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCK = (SYSTEMD / "requirements.lock").read_text("utf-8")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.partition("[")[0]).lower()


def test_the_lock_file_carries_what_the_project_names_in_the_same_versions() -> None:
    locked = {normal(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+) ", LOCK, re.MULTILINE)}
    wanted = dict(one.split(";")[0].split("==") for one in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["token"]))
    assert {name: locked.get(normal(name)) for name in wanted} == {name: version.strip() for name, version in wanted.items()}, (
        "run `make lock`"
    )


def test_every_locked_package_has_its_hash() -> None:
    assert len(re.findall(r"==", LOCK)) == len(re.findall(r"--hash=sha256:[0-9a-f]{64}\n", LOCK)) > 40


def test_the_weights_are_pinned_by_one_digest() -> None:
    assert f'"{SHA256}"' in (SYSTEMD / "build_deb.py").read_text("utf-8")


@pytest.mark.parametrize("script", ["preinst", "postinst", "prerm", "postrm"])
def test_a_maintainer_script_is_shell_that_a_shell_takes(script: str) -> None:
    text = (SYSTEMD / "debian" / script).read_text("utf-8")
    assert text.startswith("#!/bin/sh\n")
    assert "set -e" in text
    assert subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False).stderr == ""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pages")
    subprocess.run([sys.executable, str(SYSTEMD / "cli_pages.py"), str(ROOT), str(made), str(made / "completion")], check=True)
    return made


def test_every_command_has_a_page_of_its_own(pages: Path) -> None:
    names = {path.stem for path in pages.glob("*.1")}
    assert {"livescan", "livescan-keys", "livescan-init", "livescan-booking", "livescan-run"} <= names
    assert "livescan keys request [OPTIONS] USE" in (pages / "livescan-keys.1").read_text("utf-8").replace("\\-", "-")


def test_man_takes_every_page_without_a_warning(pages: Path) -> None:
    man = need_debian("man-db", "man")
    for page in sorted(pages.glob("*.1")):
        done = subprocess.run([man, "--warnings", "-l", str(page)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), page.name


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["livescan", "ke"], ["keys"]),
        (["livescan", "keys", "req"], ["request"]),
        (["livescan", "keys", "request", "tls", "--o"], ["--out"]),
        (["livescan", "--vers"], ["--version"]),
    ],
)
def test_completion_offers_commands_and_options(pages: Path, typed: list[str], offered: list[str]) -> None:
    words = " ".join(f"'{one}'" for one in typed)
    script = f"source {pages / 'completion'}; COMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}; _livescan; echo ${{COMPREPLY[@]}}"
    assert subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.split() == offered


GUIDE = (ROOT / "docs" / "service.md").read_text("utf-8")


def told_commands() -> list[list[str]]:
    """Every `livescan …` of the guide, in code and in sentences, by its words."""
    joined = GUIDE.replace("\\\n", " ")
    return [line.split() for line in re.findall(r"(?:^|`)livescan ([^`\n#]+)", joined, re.MULTILINE)]


@pytest.mark.parametrize("words", told_commands(), ids=" ".join)
def test_every_command_of_the_guide_exists_with_the_options_that_it_is_given(words: list[str]) -> None:
    import typer

    from agent.cli.main import app

    command: Any = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    assert not getattr(command, "commands", None), "it ends at a command, not at a group"
    known = {name for one in command.params for name in one.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_guide_names_every_unit_that_is_shipped() -> None:
    shipped = {path.name for pattern in ("*.service", "*.socket", "*.target", "*.timer") for path in SYSTEMD.glob(pattern)}
    assert [name for name in sorted(shipped) if name not in GUIDE and name != "livescan-renew.service"] == []
