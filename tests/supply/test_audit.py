"""What `make audit` makes of pip-audit's answers; the index is not asked."""

from __future__ import annotations

import json

import audit


def answer(*rows: dict[str, object]) -> str:
    return json.dumps({"dependencies": rows, "fixes": []})


CLEAN = {"name": "jinja2", "version": "3.1.6", "vulns": []}
SKIPPED = {"name": "wsq", "skip_reason": "Dependency not found"}
HIT = {"name": "h11", "version": "0.15.0", "vulns": [{"id": "PYSEC-2025-1", "fix_versions": ["0.16.0"]}]}


def test_every_package_looked_up_and_clean() -> None:
    found = audit.read(answer(CLEAN), "")
    assert (found.code, found.words) == (audit.CLEAN, ("1 of 1 locked packages were looked up; none has a known vulnerability.",))


def test_a_vulnerability_is_named_with_the_version_that_mends_it() -> None:
    found = audit.read(answer(CLEAN, HIT, SKIPPED), "")
    assert found.code == audit.VULNERABLE
    assert found.words[0] == "h11 0.15.0: PYSEC-2025-1, mended in 0.16.0"


def test_a_package_that_the_index_does_not_know_is_not_clean() -> None:
    found = audit.read(answer(CLEAN, SKIPPED), "")
    assert (found.code, "wsq" in found.words[0]) == (audit.PARTLY, True)


def test_an_index_without_advisories_is_said_in_words() -> None:
    found = audit.read(answer(SKIPPED, SKIPPED), "")
    assert found.code == audit.UNREACHABLE
    assert "no advisory index can be had from here" in found.words[0]


def test_an_index_that_cannot_be_reached_is_said_in_words() -> None:
    for output in ("", "null", "[]", "{}", '{"dependencies": []}', "Traceback"):
        found = audit.read(output, "Traceback\nConnectionError: no such host")
        assert found.code == audit.UNREACHABLE, output
