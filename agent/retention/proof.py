"""The proof that a booking was destroyed on order: a statement of what was done, signed by the station. Ids and counts only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from agent.audit.entries import instant
from agent.retention.traces import Searched
from agent.signing import algorithms
from agent.signing.private_keys import Signer
from agent.store.files import make_folder, write_durably


@dataclass(frozen=True)
class Destroyed:
    """What was done to one booking on order."""

    booking: str
    order: str  # of the court or authority
    why: str
    who: str
    at: datetime  # UTC
    rows: int
    files: int  # encrypted files, whose key was destroyed first
    searched: Searched


@dataclass(frozen=True)
class Proof:
    text: str
    signature: bytes  # over the text, by the scheme of the certificate's key
    certificate: str  # PEM


def prove(station: str, done: Destroyed, signer: Signer) -> Proof:
    """openssl x509 -in PROOF.crt -pubkey -noout > key.pem; openssl dgst -sha256 -verify key.pem -signature PROOF.sig PROOF.txt"""
    text = _text(station, done)
    scheme = algorithms.scheme_of(signer.certificate.public_key())
    assert scheme is not None  # the signer was loaded with it
    signature = signer.sign(algorithms.digest(scheme, text.encode()))
    return Proof(text, signature, signer.certificate.public_bytes(Encoding.PEM).decode())


def keep_proof(folder: Path, name: str, proof: Proof) -> Path:
    """On the disk when this returns: NAME.txt, NAME.sig, NAME.crt. Raises OSError."""
    make_folder(folder)
    for ending, data in (("crt", proof.certificate.encode()), ("sig", proof.signature), ("txt", proof.text.encode())):
        write_durably(folder / f"{name}.{ending}", data)
    return folder / f"{name}.txt"


def _text(station: str, done: Destroyed) -> str:
    traces = len(done.searched.found)
    return f"""livescan-expunge-proof/1
station {station}
booking {done.booking}
order {done.order}
why {done.why}
by {done.who}
at {instant(done.at)}

Destroyed at this station: the booking's own key, and after it {done.files} files that were encrypted under it (prints, facts, photos,
files sent, replies); {done.rows} rows of the database.
Searched afterwards, byte by byte: {done.searched.files} files, {done.searched.size} bytes, for the booking's id, its control numbers and
digests: {traces} found.
Kept: the audit record's entries on what was done with this booking (ids and digests, no name, no print), for as long as the policy says.
Not done: nobody else was told. The state bureau has its own record; the order must reach it by its own way. Backups that others made of
this station's disk are theirs to destroy; without this key nothing of the booking in them can be read, unless they hold the key file too.
"""
