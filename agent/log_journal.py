"""Log lines as journal entries with fields of their own, where systemd's journal is at the other end of stderr."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from logging_journald import JournaldTransport, check_journal_stream

from agent.log_events import LogEvent


class JournalHandler(logging.Handler):
    """Fields (systemd.journal-fields(7)): MESSAGE, PRIORITY, SYSLOG_IDENTIFIER, MESSAGE_ID; ours are LIVESCAN_PART, LIVESCAN_EVENT and ids.

    The library's own handler would add a call's arguments and a traceback with its local context; this one says what the line says.
    """

    def __init__(self, severities: dict[int, int]) -> None:
        super().__init__()
        self._severities = severities
        self._transport = JournaldTransport(connected=False)  # journald is started again now and then

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._transport.send(self._fields(record))
        except OSError:
            self.handleError(record)

    def _fields(self, record: logging.LogRecord) -> Iterator[tuple[str, str]]:
        yield "MESSAGE", self.format(record)
        yield "PRIORITY", str(self._severities.get(record.levelno, 6))
        yield "SYSLOG_IDENTIFIER", "livescan"
        yield "LIVESCAN_PART", record.name
        event = getattr(record, "livescan_event", None)
        if isinstance(event, LogEvent):
            yield "MESSAGE_ID", event.message_id
            yield "LIVESCAN_EVENT", event.value
            for name, value in getattr(record, "livescan_ids", {}).items():
                yield f"LIVESCAN_{name.upper()}", str(value)


def journal_listens() -> bool:
    """Whether stderr is the journal's, and its socket is within reach."""
    try:
        return bool(check_journal_stream()) and JournaldTransport.SOCKET_PATH.is_socket()
    except (OSError, ValueError):
        return False
