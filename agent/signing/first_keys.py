"""The first keys of a production station: made here, certified by its authority. Training instances have `training_keys`.

Each key and its request lie in the slot for the next key (`slots`), as in a renewal; `livescan keys install` puts the certificates in use.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from agent.signing.algorithms import P256, new_key
from agent.signing.certificates import Role
from agent.signing.first_request import first_request
from agent.signing.renewal import Request
from agent.signing.slots import Slot, Use, write_whole
from agent.signing.training_keys import STORAGE_KEY_LENGTH


def begin_keys(directory: Path, station: str, organisation: str, *uses: Use) -> tuple[Request, ...]:
    """A key and a request for each use that has neither certificate nor request yet; what waits already is given again.

    directory: the key folder. organisation: O of the subject; the authority may ask for its own.
    """
    return tuple(_begun(Slot(directory / "station", use), station, organisation) for use in uses)


def make_storage_key(directory: Path) -> bool:
    """The key under which bookings lie on the disk; False when there is one, which is never replaced."""
    path = directory / "station" / "storage.key"
    if path.exists():
        return False
    write_whole(path, os.urandom(STORAGE_KEY_LENGTH))
    return True


def _begun(slot: Slot, station: str, organisation: str) -> Request:
    waiting = slot.pending()
    if waiting is None:
        key = new_key(P256)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        waiting = first_request(slot.use, Role.STATION, station, organisation, key).public_bytes(Encoding.DER)
        slot.begin(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), waiting)
    return Request(slot.use, waiting)
