"""docs/handover.md and the frames say the same."""

from __future__ import annotations

import re
from pathlib import Path

from agent.handover import frames

TEXT = (Path(__file__).parents[2] / "docs" / "handover.md").read_text()


def test_the_document_is_of_the_version_that_is_spoken() -> None:
    assert f"Version {frames.PROTOCOL}. One UNIX stream socket." in TEXT
    assert f"2 .. {frames.HEAD_LIMIT:,}" in TEXT
    assert f"0 .. {frames.BODY_LIMIT:,}" in TEXT


def test_every_message_stands_in_the_document_with_its_fields() -> None:
    table = TEXT.split("## 2. Messages")[1].split("## 3. Rules")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]*) \|", table, re.MULTILINE))
    assert set(rows) == set(frames._KEYS)
    for name, keys in frames._KEYS.items():
        said = {key for key in keys if f"`{key}`" in rows[name] or (key == "body" and "body" in rows[name])}
        assert said == keys, name
