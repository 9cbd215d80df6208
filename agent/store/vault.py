"""Bookings at rest: one directory per booking, every file encrypted, one key per booking.

    <root>/<booking id>/.key     the booking's data key, encrypted by the station's storage key (AES-256-GCM)
    <root>/<booking id>/<name>   magic, nonce, ciphertext and tag (AES-256-GCM under the data key)

Booking id and name are authenticated with the bytes: a file that was changed, renamed, or moved to another booking is refused. An older
version of the same file put back in its place is not noticed here.
A write is a temporary file, fsync, rename, fsync of the directory: after a power cut a name holds the old bytes or the new, never half.
Shredding destroys the data key first: from then on nothing of the booking can be read, whatever becomes of the files. On flash storage an
overwritten block may survive; that is why only the 60-byte key matters, and why the storage key should be in hardware.

VaultError
├── NotInVault   there is no such booking or file
└── Unreadable   it is there, but was changed, moved, or written under another storage key
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agent.errors import LivescanError
from agent.store.files import PART, make_folder, sync_folder, write_durably

KEY_LENGTH = 32  # bytes, AES-256
NONCE_LENGTH = 12  # bytes, random: at most 2^32 writes under one key, NIST SP 800-38D 8.3
TAG_LENGTH = 16  # bytes
_MAGIC = b"LSV1"
_KEY = ".key"
_WORDS = "words"
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # never hidden, never a path


class VaultError(LivescanError):
    """The encrypted store cannot do what was asked."""


class NotInVault(VaultError):
    """There is no such booking or file."""


class Unreadable(VaultError):
    """The bytes are there and are not what was stored under this name."""


class Vault:
    """Encrypted files by booking and name. Safe to use from several threads; two writers of one name: the last rename stays."""

    def __init__(self, root: Path, storage_key: bytes) -> None:
        """storage_key: 32 bytes."""
        if len(storage_key) != KEY_LENGTH:
            raise ValueError(f"a storage key has {KEY_LENGTH} bytes")
        self._root = root
        self._storage = AESGCM(storage_key)
        make_folder(root)

    def put(self, booking_id: str, name: str, data: bytes) -> None:
        """Store or replace a file; on the disk when this returns. Raises VaultError, also when the disk is full."""
        directory = self._directory(booking_id)
        path = directory / _checked(name, "name")
        with _disk(booking_id):
            key = self._data_key(booking_id) if (directory / _KEY).exists() else self._new_data_key(booking_id)
            write_durably(path, _MAGIC + _encrypt(AESGCM(key), data, _label(booking_id, name)))

    def get(self, booking_id: str, name: str) -> bytes:
        """Raises NotInVault or Unreadable."""
        path = self._directory(booking_id) / _checked(name, "name")
        with _disk(booking_id):
            key = self._data_key(booking_id)
            stored = path.read_bytes()
        if not stored.startswith(_MAGIC):
            raise _unreadable(booking_id, f"The stored file '{name}'")
        return _decrypt(AESGCM(key), stored[len(_MAGIC) :], _label(booking_id, name), booking_id, f"The stored file '{name}'")

    def seal_words(self, label: str, words: str) -> str:
        """A sentence that a person typed, for a row of the database: readable with the storage key only. label: of the column."""
        return _encrypt(self._storage, words.encode(), _label(_WORDS, label)).hex()

    def open_words(self, label: str, sealed: str) -> str:
        """Raises Unreadable."""
        try:
            stored = bytes.fromhex(sealed)
        except ValueError as error:
            raise _unreadable(label, "A sentence") from error
        return _decrypt(self._storage, stored, _label(_WORDS, label), label, "A sentence").decode()

    def remove(self, booking_id: str, name: str) -> None:
        """Take one file away; a name that is not there is no error. Raises VaultError. Its key stays: use `shred` to make it unreadable."""
        directory = self._directory(booking_id)
        with _disk(booking_id):
            (directory / _checked(name, "name")).unlink(missing_ok=True)
            if directory.exists():
                sync_folder(directory)

    def names(self, booking_id: str) -> tuple[str, ...]:
        """Names stored for a booking, sorted; none for a booking that was never stored or is shredded."""
        directory = self._directory(booking_id)
        if not (directory / _KEY).exists():
            return ()
        return tuple(sorted(path.name for path in directory.iterdir() if _SAFE.fullmatch(path.name)))

    def bookings(self) -> tuple[str, ...]:
        """Ids of all bookings that can still be read, sorted."""
        return tuple(sorted(path.parent.name for path in self._root.glob(f"*/{_KEY}")))

    def shred(self, booking_id: str) -> None:
        """Make a booking unreadable for good: its key first, then its files. Finishes what an earlier, interrupted call began."""
        directory = self._directory(booking_id)
        if not directory.exists():
            return
        with _disk(booking_id):
            _destroy(directory / _KEY)
            for path in directory.iterdir():
                path.unlink()
            directory.rmdir()
            sync_folder(self._root)

    def sweep(self) -> int:
        """At start-up, before the first `put`: remove what a crash left half-written or half-shredded. Returns how many files."""
        swept = 0
        for directory in (path for path in self._root.iterdir() if _SAFE.fullmatch(path.name)):
            alive = (directory / _KEY).exists()
            leftovers = [path for path in directory.iterdir() if path.name.startswith(PART) or not alive]
            for path in leftovers:
                path.unlink()
            if not alive:
                directory.rmdir()
            swept += len(leftovers)
        return swept

    def _directory(self, booking_id: str) -> Path:
        return self._root / _checked(booking_id, "booking id")

    def _data_key(self, booking_id: str) -> bytes:
        wrapped = (self._directory(booking_id) / _KEY).read_bytes()
        return _decrypt(self._storage, wrapped, _label(booking_id), booking_id, "The key of the booking")

    def _new_data_key(self, booking_id: str) -> bytes:
        """Of two threads that begin the same booking, one writes the key and both use it. It is durable with the file that follows."""
        directory = self._directory(booking_id)
        directory.mkdir(mode=0o700, exist_ok=True)
        if any(_SAFE.fullmatch(path.name) for path in directory.iterdir()) and not (directory / _KEY).exists():
            raise _unreadable(booking_id, "The key of the booking")  # half shredded: nothing new is mixed into it
        sync_folder(self._root)
        wrapped = _encrypt(self._storage, os.urandom(KEY_LENGTH), _label(booking_id))
        with contextlib.suppress(FileExistsError):
            write_durably(directory / _KEY, wrapped, replace=False, settled=False)
        return self._data_key(booking_id)


def _checked(text: str, what: str) -> str:
    if not _SAFE.fullmatch(text):
        raise VaultError(
            f"A {what} for the encrypted store has characters or a length that are not allowed.",
            means="Nothing was read or written.",
            do="Use 1 to 100 letters, digits, hyphens, dots and underscores, beginning with a letter or digit.",
        )
    return text


def _label(*parts: str) -> bytes:
    """Additional authenticated data: each part with its length, so that no two different lists look alike."""
    return b"livescan-vault/1" + b"".join(len(part).to_bytes(2, "big") + part.encode() for part in parts)


def _encrypt(cipher: AESGCM, data: bytes, label: bytes) -> bytes:
    nonce = os.urandom(NONCE_LENGTH)
    return nonce + cipher.encrypt(nonce, data, label)


def _decrypt(cipher: AESGCM, stored: bytes, label: bytes, booking_id: str, what: str) -> bytes:
    if len(stored) < NONCE_LENGTH + TAG_LENGTH:
        raise _unreadable(booking_id, what)
    try:
        return cipher.decrypt(stored[:NONCE_LENGTH], stored[NONCE_LENGTH:], label)
    except InvalidTag as error:
        raise _unreadable(booking_id, what) from error


def _unreadable(booking_id: str, what: str) -> Unreadable:
    return Unreadable(
        f"{what} in the encrypted store is not what was stored: it was changed, moved, or belongs to another storage key.",
        means=f"Booking {booking_id} cannot be read completely.",
        do="Check the storage key of this station; if it is the right one, restore the booking from a backup and report the change.",
    )


@contextlib.contextmanager
def _disk(booking_id: str) -> Iterator[None]:
    """Turn what the file system says into ours."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotInVault(
            f"There is no such file in the encrypted store for booking {booking_id}.",
            means="It was never stored, or the booking was shredded.",
            do="Check the booking id.",
        ) from error
    except OSError as error:
        raise VaultError(
            f"The disk refused: {os.strerror(error.errno or 0)}.",
            means=f"What was last taken for booking {booking_id} is not stored; everything before it is safe.",
            do="Free disk space or replace the disk, then try again.",
        ) from error


def _destroy(path: Path) -> None:
    """Overwrite in place, then remove; the overwriting is best effort (see the top)."""
    if path.exists():
        with path.open("r+b") as file:
            file.write(os.urandom(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        sync_folder(path.parent)
