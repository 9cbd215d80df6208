"""The audit record taken out for a court, and checked: from the station's own file, or from what was taken out.

The archive holds the lines byte for byte, every checkpoint with its signature and certificate, and says in words how anyone can check it
with `sha256sum` and `openssl` alone.
"""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.audit.book import ANCHOR, base_in, checkpoints_in, rows_in
from agent.audit.chain import Base, Checkpoint, Row, Verdict, digest, verify
from agent.errors import LivescanError
from agent.signing import certificates
from agent.signing.algorithms import holds

_DATE = (1980, 1, 1, 0, 0, 0)  # of the members: the archive of one record is always the same bytes
_HOW = """\
Audit record of station {station}, entries {first} to {last}.

entries.jsonl      one entry a line, as it was written. "previous" is the SHA-256 of the line before it, without its line end:
                       sed -n Np entries.jsonl | tr -d '\\n' | sha256sum
base.txt           number and digest of the entry before the first one here ("0" and zeros: there is none).
checkpoint-N.txt   a statement of the digest of entry N, signed by the station's key:
                       openssl x509 -in checkpoint-N.crt -pubkey -noout > key.pem
                       openssl dgst -sha256 -verify key.pem -signature checkpoint-N.sig checkpoint-N.txt
                   (-sha384 for a key on P-384)
                       openssl verify -no_check_time -CAfile ca.crt checkpoint-N.crt
Entries after the last checkpoint are chained and not yet signed.
With the station's software: livescan audit verify --from THIS.zip
"""


class NotARecord(LivescanError):
    """The file is no audit record."""


def archive(rows: Sequence[Row], checkpoints: Sequence[Checkpoint], base: Base, ca: x509.Certificate, station: str) -> bytes:
    """A ZIP file. rows: without gaps, after `base`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        _add(made, "README.txt", _HOW.format(station=station, first=base.n + 1, last=rows[-1].n if rows else base.n).encode())
        _add(made, "base.txt", f"{base.n} {base.sha256}\n".encode())
        _add(made, "entries.jsonl", "".join(row.line + "\n" for row in rows).encode())
        _add(made, "ca.crt", ca.public_bytes(Encoding.PEM))
        for one in checkpoints:
            _add(made, f"checkpoint-{one.n}.txt", one.statement)
            _add(made, f"checkpoint-{one.n}.sig", one.signature)
            _add(made, f"checkpoint-{one.n}.crt", one.certificate.encode())
    return out.getvalue()


def verify_archive(data: bytes, ca: x509.Certificate | None = None) -> Verdict:
    """ca: whom to believe; None takes the one in the archive, which proves only that it belongs together. Raises NotARecord."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as found:
            files = {name: found.read(name) for name in found.namelist()}
        lines = files["entries.jsonl"].decode("ascii").splitlines()
        n, sha256 = files["base.txt"].decode().split()
        trust = ca or x509.load_pem_x509_certificate(files["ca.crt"])
        checkpoints = [_checkpoint(files, name) for name in files if name.startswith("checkpoint-") and name.endswith(".txt")]
        rows = [Row(_number(line), line, digest(line)) for line in lines]
        return verify(rows, checkpoints, Base(int(n), sha256), good_under(trust))
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
        raise NotARecord(
            "That file is no audit record that a station gave out.", do="Give the ZIP file of `livescan audit export`."
        ) from error


def verify_file(folder: Path, ca: x509.Certificate) -> Verdict:
    """The station's own record, read beside a running core. Raises NotARecord."""
    try:
        db = sqlite3.connect(f"file:{folder / 'audit.sqlite'}?mode=ro", uri=True)
        db.row_factory = sqlite3.Row
        try:
            anchored = _anchor(folder / ANCHOR)
            checkpoints = checkpoints_in(db)
            if anchored is not None and anchored.n > max((one.n for one in checkpoints), default=0):
                checkpoints.append(anchored)
            return verify(rows_in(db), checkpoints, base_in(db), good_under(ca))
        finally:
            db.close()
    except sqlite3.Error as error:
        raise NotARecord(f"The audit record cannot be read: {error}.", do="Check paths.state, and keep the file as it is.") from error


def good_under(ca: x509.Certificate) -> Callable[[Checkpoint], str | None]:
    """Whether a checkpoint is signed by a station of this authority; the day on which it is checked does not matter."""

    def good(one: Checkpoint) -> str | None:
        if not one.certificate:
            return "it was deleted from the record; a copy of it stands beside the file."
        try:
            certificate = x509.load_pem_x509_certificate(one.certificate.encode())
        except ValueError:
            return "its certificate cannot be read."
        if certificates.role(certificate) != certificates.Role.STATION or certificates.common_name(certificate) != one.station:
            return f"it is not signed by station {one.station}."
        if (sentence := certificates.distrust(certificate, ca)) is not None:
            return sentence
        return None if holds(certificate.public_key(), one.signature, one.statement) else "the signature does not hold."

    return good


def _anchor(path: Path) -> Checkpoint | None:
    """The last checkpoint as it stands beside the file; it has no certificate, so it counts for what is missing only."""
    try:
        words = dict(line.split(" ", 1) for line in path.read_text("ascii").splitlines() if " " in line)
        return Checkpoint(int(words["entries"]), words["sha256"], words["at"], words["station"], b"", "")
    except (OSError, ValueError, KeyError):
        return None


def _checkpoint(files: dict[str, bytes], name: str) -> Checkpoint:
    stem = name.removesuffix(".txt")
    words = dict(line.split(" ", 1) for line in files[name].decode("ascii").splitlines() if " " in line)
    made = (int(words["entries"]), words["sha256"], words["at"], words["station"])
    return Checkpoint(*made, files[f"{stem}.sig"], files[f"{stem}.crt"].decode("ascii"))


def _number(line: str) -> int:
    said: Any = json.loads(line)
    return int(said["n"]) if isinstance(said, dict) and isinstance(said.get("n"), int) else 0


def _add(made: zipfile.ZipFile, name: str, data: bytes) -> None:
    made.writestr(zipfile.ZipInfo(name, _DATE), data, zipfile.ZIP_DEFLATED)


def select(rows: Iterable[Row], booking: str | None) -> list[dict[str, Any]]:
    """Entries as values, of one booking or of all."""
    said = (json.loads(row.line) | {"sha256": row.sha256} for row in rows)
    return [one for one in said if booking is None or one.get("booking") == booking]
