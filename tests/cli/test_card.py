"""`livescan card` and the files of `livescan booking`, as a person calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data import testdata


def livescan(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "agent.cli", *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_a_card_is_drawn_as_pdf_and_as_pages(tmp_path: Path) -> None:
    file = str(testdata("prints/nist/type-14-amp-nqm-utf8.an2"))
    done = livescan("card", file, "--out", str(tmp_path / "card.pdf"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "card.pdf").read_bytes().startswith(b"%PDF")
    done = livescan("card", file, "--out", str(tmp_path / "card.png"), "--dpi", "100", "--json")
    said = json.loads(done.stdout)
    assert said["files"] == [str(tmp_path / "card.png"), str(tmp_path / "card-2.png")]
    assert all(Path(name).read_bytes().startswith(b"\x89PNG") for name in said["files"])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("card", "/nowhere.an2", "--out", "card.pdf"), 1, "Cannot read"),
        (("card", __file__, "--out", "card.gif"), 64, "PDF or PNG"),
        (("card", __file__, "--out", "card.pdf"), 1, "damaged"),
        (("booking", "export", "x", "--out", "x.an2", "--plain"), 64, "named officer"),
        (("booking", "card", "x", "--out", "x.pdf", "--officer", ""), 64, "named officer"),
        (("booking", "import", __file__, "--officer", "o", "--facts", __file__), 64, "not JSON"),
    ],
    ids=["no file", "a third format", "no transaction", "plain without a name", "card without a name", "facts that are none"],
)
def test_what_is_wrong_is_one_sentence(arguments: tuple[str, ...], code: int, said: str) -> None:
    done = livescan(*arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_card_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    done = livescan("card", str(testdata("prints/nist/type-14-amp-nqm-utf8.an2")), "--out", str(tmp_path / "no" / "card.pdf"))
    assert done.returncode == 1
    assert "Cannot write" in done.stderr
