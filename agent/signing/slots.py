"""Two slots for each key: the one in use, and the next one while it is asked for. A crash between any two lines loses neither.

    station/signing.key    station/signing.crt     in use
    station/next/signing.key                       made, not in use
    station/next/signing.csr                       its request, to be carried to the authority
    station/next/signing.crt                       what came back, checked: from here on the swap has begun, and `finish` ends it
    station/retired/SERIAL.{key,crt}               earlier opening keys, for replies that were sealed to them

The swap: the opening key is kept as retired; next key over key; next certificate over certificate. Killed after any of these, `finish`
finds next/NAME.crt and goes on where it stopped; it is called before every load.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.signing.certificates import Purpose


class Use(StrEnum):
    """What a key is for, and how its files are called."""

    SIGNING = "signing"
    OPENING = "opening"
    TLS = "tls"


PURPOSE = {Use.SIGNING: Purpose.SIGNING, Use.OPENING: Purpose.OPENING, Use.TLS: Purpose.CLIENT}


class Slot:
    """The files of one key. directory: `station` of the key folder."""

    def __init__(self, directory: Path, use: Use) -> None:
        self.use = use
        self.key = directory / f"{use}.key"
        self.certificate = directory / f"{use}.crt"
        self._next = directory / "next"
        self.next_key = self._next / f"{use}.key"
        self.next_request = self._next / f"{use}.csr"
        self.next_certificate = self._next / f"{use}.crt"
        self._retired = directory / "retired"

    def pending(self) -> bytes | None:
        """The request that waits for its certificate, DER."""
        try:
            return self.next_request.read_bytes() if self.next_key.exists() else None
        except OSError:  # not there, or not readable from here
            return None

    def begin(self, key: bytes, request: bytes) -> None:
        """Keep a new key (what its file shall hold) and its request (DER). The request is written last: it makes both count."""
        write_whole(self.next_key, key)
        write_whole(self.next_request, request)

    def swap(self, certificate: x509.Certificate) -> None:
        """Put the next key in use with this certificate, which has been checked."""
        with _one_at_a_time(self.key.parent):
            write_whole(self.next_certificate, certificate.public_bytes(Encoding.PEM))
            self._finish()

    def finish(self) -> bool:
        """Go on with a swap that has begun; True when there was one."""
        if not self.next_certificate.exists():
            return False
        with _one_at_a_time(self.key.parent):
            return self._finish()

    def abandon(self) -> None:
        """Forget the next key and its request."""
        for path in (self.next_request, self.next_key):
            path.unlink(missing_ok=True)

    def _finish(self) -> bool:
        if not self.next_certificate.exists():
            return False
        if self.next_key.exists():
            if self.use is Use.OPENING and self.certificate.exists():
                self._retire()
            self.next_key.replace(self.key)
            _sync(self.key.parent)
        self.next_request.unlink(missing_ok=True)
        self.next_certificate.replace(self.certificate)
        _sync(self.key.parent)
        _sync(self._next)
        return True

    def _retire(self) -> None:
        serial = x509.load_pem_x509_certificate(self.certificate.read_bytes()).serial_number
        for path in (self.key, self.certificate):  # the certificate last: it is what is looked for
            write_whole(self._retired / f"{serial:x}{path.suffix}", path.read_bytes())


def finish_all(directory: Path) -> tuple[Use, ...]:
    """End every swap that a crash interrupted. directory: `station` of the key folder."""
    return tuple(use for use in Use if Slot(directory, use).finish())


def write_whole(path: Path, data: bytes) -> None:
    """Whole or not at all, mode 0600, in a directory of mode 0700."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    making = path.with_name(path.name + ".new")
    with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    making.replace(path)
    _sync(path.parent)


@contextmanager
def _one_at_a_time(directory: Path) -> Iterator[None]:
    """The command line installs while the core looks: a swap is one process's, and one thread's, at a time."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
