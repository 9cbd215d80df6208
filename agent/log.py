"""Logging: one line an event on stderr, which systemd's journal takes. Ids, digests, kinds and counts; never a person's data."""

from __future__ import annotations

import logging
import os
import sys

_LEVELS = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}  # syslog severities, sd-daemon(3)


class _Line(logging.Formatter):
    """`<6>agent.delivery: text` under systemd: the prefix tells the journal the severity. Of a traceback, type and place alone."""

    def __init__(self, *, severity: bool = True) -> None:
        super().__init__()
        self._severity = severity  # false where it is a field of its own

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            text += f" ({_place(record.exc_info[1])})"
        return f"{self._prefix(record.levelno)}{record.name}: {text}"

    def _prefix(self, level: int) -> str:
        """The severity, for the journal only; a terminal is told of trouble in a word."""
        if not self._severity:
            return ""
        if os.environ.get("JOURNAL_STREAM"):
            return f"<{_LEVELS.get(level, 6)}>"
        return "" if level < logging.WARNING else f"{logging.getLevelName(level).lower()}: "


def _place(error: BaseException) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = "" if frame is None else f" at {frame.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{frame.tb_lineno}"
    return f"{type(error).__name__}{where}"


def start_logging(level: int = logging.INFO) -> None:
    handler = _handler()
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _handler() -> logging.Handler:
    handler: logging.Handler
    if os.environ.get("JOURNAL_STREAM"):
        from agent.log_journal import JournalHandler, journal_listens  # noqa: PLC0415 - only a service needs it

        if journal_listens():
            handler = JournalHandler(_LEVELS)
            handler.setFormatter(_Line(severity=False))
            return handler
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line())
    return handler
