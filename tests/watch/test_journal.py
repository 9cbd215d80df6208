"""Log lines in systemd's journal: fields to search by, an explanation for each kind, and no traceback."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from logging_journald import JournaldTransport

from agent.log_events import LogEvent, about
from agent.log_journal import JournalHandler

CATALOG = Path(__file__).parents[2] / "systemd" / "livescan-agent.catalog"


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """What systemd-journald listens on, in its native protocol."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "journal"))
        listening.settimeout(5)
        monkeypatch.setattr(JournaldTransport, "SOCKET_PATH", tmp_path / "journal")
        yield listening


def _fields(journal: socket.socket) -> dict[str, str]:
    return dict(line.split("=", 1) for line in journal.recv(65536).decode().splitlines())


@pytest.fixture
def log(journal: socket.socket) -> Iterator[logging.Logger]:
    logger = logging.getLogger("agent.trial")
    handler = JournalHandler({logging.ERROR: 3})
    logger.addHandler(handler)
    logger.propagate = False
    yield logger
    logger.removeHandler(handler)


def test_a_kind_of_trouble_is_found_by_its_message_id(journal: socket.socket, log: logging.Logger) -> None:
    log.error("booking %s is held", "20261124-7K3M9Q2X", extra=about(LogEvent.BOOKING_HELD, booking="20261124-7K3M9Q2X"))
    found = _fields(journal)
    assert found["MESSAGE_ID"] == LogEvent.BOOKING_HELD.message_id
    assert (found["LIVESCAN_EVENT"], found["LIVESCAN_BOOKING"]) == ("booking-held", "20261124-7K3M9Q2X")
    assert (found["PRIORITY"], found["LIVESCAN_PART"]) == ("3", "agent.trial")


def test_a_plain_line_has_no_id(journal: socket.socket, log: logging.Logger) -> None:
    log.error("something")
    assert set(_fields(journal)) == {"MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "LIVESCAN_PART"}


def test_a_journal_that_is_away_stops_nothing(tmp_path: Path, log: logging.Logger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    (tmp_path / "journal").unlink()
    log.error("something")


def test_message_ids_never_change() -> None:
    assert LogEvent.BOOKING_HELD.message_id == "c198a2bb463a584bb07573a0756ae02d"
    assert len({one.message_id for one in LogEvent}) == len(LogEvent)


@pytest.mark.parametrize("event", LogEvent)
def test_each_kind_is_explained_in_the_catalog(event: LogEvent) -> None:
    entries = dict(re.findall(r"^-- ([0-9a-f]{32})\nSubject: (.+)$", CATALOG.read_text(), re.MULTILINE))
    assert len(entries) == len(LogEvent)
    assert entries[event.message_id]
