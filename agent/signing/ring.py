"""The station's keys while it runs: read again when their files change, without a restart.

What is loaded is one frozen `StationKeys` at a time, so nobody ever works with an old certificate and a new key. Files that are not whole
or not believed leave the keys in force as they are, and are looked at again.
"""

from __future__ import annotations

import logging
import stat
from pathlib import Path

from cryptography import x509

from agent.errors import LivescanError
from agent.log_events import LogEvent, about
from agent.model.messages import Environment
from agent.signing.keys import StationKeys
from agent.signing.private_keys import Opener, Signer
from agent.signing.revocations import RevocationList

log = logging.getLogger(__name__)

LOOK_EVERY = 10.0  # s
_WATCHED = ("ca/*", "bureau/*.crt", "station/*", "station/next/*.crt", "station/retired/*")


class KeyRing:
    """Fulfils `keys.ReadingKeys`. Raises ConfigError when made without usable keys."""

    def __init__(self, directory: Path, environment: Environment) -> None:
        self.directory = directory
        self._stamp = _stamp(directory)
        self._keys = StationKeys.load(directory, environment=environment)
        self.complaint: str | None = None  # why files that changed were not taken

    @property
    def now(self) -> StationKeys:
        """All of them as they are at this moment."""
        return self._keys

    @property
    def station(self) -> str:
        return self._keys.station

    @property
    def environment(self) -> Environment:
        return self._keys.environment

    @property
    def signer(self) -> Signer:
        return self._keys.signer

    @property
    def openers(self) -> tuple[Opener, ...]:
        return self._keys.openers

    @property
    def ca(self) -> x509.Certificate:
        return self._keys.ca

    @property
    def bureau(self) -> x509.Certificate:
        return self._keys.bureau

    @property
    def storage_key(self) -> bytes:
        return self._keys.storage_key

    @property
    def revocations(self) -> RevocationList | None:
        return self._keys.revocations

    def look(self) -> bool:
        """Whether other keys are in force than before. Blocks for the time of a few file reads."""
        try:
            stamp = _stamp(self.directory)
            if stamp == self._stamp:
                return False
            loaded = StationKeys.load(self.directory, environment=self._keys.environment)
            _require_same(loaded, self._keys)
        except (LivescanError, OSError) as error:
            self._complain(str(error))
            return False
        self._stamp, self._keys, self.complaint = stamp, loaded, None
        return True

    def _complain(self, why: str) -> None:
        if why != self.complaint:
            log.error("keys: files changed and were not taken: %s", why, extra=about(LogEvent.KEYS_REFUSED))
        self.complaint = why


def _require_same(loaded: StationKeys, before: StationKeys) -> None:
    if loaded.station != before.station or loaded.storage_key != before.storage_key:
        raise LivescanError(
            "The keys are of another station, or the storage key is another.",
            means="The keys in force stay in force.",
            do="Restore them, or stop the station before its identity is changed.",
        )


def _stamp(directory: Path) -> tuple[tuple[str, int, int, int], ...]:
    """What tells that a file was replaced, by name."""
    found = []
    for pattern in _WATCHED:
        for path in directory.glob(pattern):
            try:
                status = path.stat()
            except FileNotFoundError:  # replaced this very moment
                continue
            if stat.S_ISREG(status.st_mode):
                found.append((str(path), status.st_ino, status.st_mtime_ns, status.st_size))
    return tuple(sorted(found))
