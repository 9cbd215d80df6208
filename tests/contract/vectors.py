"""Makes docs/vectors: `python -m tests.contract.vectors docs/vectors`. The same bytes every time, from the contract alone.

For each file the manifest says who reads it, what must become of it, and why. `tests/contract/test_vectors.py` asks both sides.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import core
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.contract.chunks import bitmap
from tests.contract.vector_envelopes import NOW, OWN, Recipe, make
from tests.contract.vector_keys import CLIENT, EMAIL, Holder, authority, issue, key, revocations
from tests.contract.vector_messages import messages

STATION, BUREAU, TCN = "LS-0001", "SIB-VECTORS", "LS-0001-01KAVG3Z8Q5V0M2T7R4N6B1XYE"
RSA_KEY = "station-rsa.key"  # the one input that is a file: an RSA key cannot be made from a number of 256 bits
WRONG_TCN = "LS-0001-01KAVG3Z8Q5V0M2T7R4N6B1XYF"


def ansi(tot: str, tcn: str, tcr: str, type2: Mapping[int, str]) -> bytes:
    """A small ANSI/NIST-ITL file: Type-1 and Type-2, of nobody."""
    head = {
        2: "0502",
        3: "1\x1f1\x1e2\x1f00",
        4: tot,
        5: "20261124",
        6: "4",
        7: "ZZSIB0000",
        8: "ZZ0010000",
        9: tcn,
        10: tcr,
        11: "00.00",
        12: "00.00",
    }
    if tot != "CAR":
        head |= {7: "ZZ0010000", 8: "ZZSIB0000"}
    return _record(1, {number: value for number, value in head.items() if value}) + _record(2, {2: "00", **type2})


def reports() -> Iterator[tuple[str, str | None]]:
    """What is signed inside a report."""
    at = "2026-11-24T07:00:00.000000Z"
    whole: dict[str, Any] = {
        "schema": "livescan-report/1", "station": STATION, "environment": "training", "version": "0.1.0", "at": at,
        "every": 300, "started_at": at, "cannot": [{"words": "Prints cannot be taken: the scanner does not answer.", "since": at}],
        "draining_until": None,
        "scanner": "lost", "open": 0, "waiting": 2, "waiting_since": at, "last_receipt": None, "for_a_person": 0, "room": 412,
        "certificates": {"signing": "2027-11-24T07:00:00Z", "opening": "2027-11-24T07:00:00Z"},
    }  # fmt: skip
    yield json.dumps(whole), STATION
    yield json.dumps(whole | {"further": 1}), STATION
    yield json.dumps(whole | {"schema": "livescan-report/2"}), None
    yield json.dumps(whole | {"room": -1}), None
    yield json.dumps(whole | {"at": "2026-11-24T07:00:00"}), None
    yield json.dumps(whole | {"station": "LS-0001-LS-0001"}), None
    yield json.dumps({key: value for key, value in whole.items() if key != "waiting"}), None


def _record(kind: int, fields: Mapping[int, str]) -> bytes:
    body = "\x1d".join(f"{kind}.{number:03d}:{value}" for number, value in fields.items()).encode() + b"\x1c"
    size = next(n for n in range(len(body) + 8, len(body) + 16) if len(f"{kind}.001:{n}\x1d") + len(body) == n)
    return f"{kind}.001:{size}\x1d".encode() + body


CAR = ansi("CAR", TCN, "", {5: "N", 18: "TRAINING,VECTOR", 47: "\x1fTRAINING RECORD", 73: "ZZ0010000"})
OTHER = ansi("CAR", TCN, "", {5: "N", 18: "TRAINING,OTHER", 47: "\x1fTRAINING RECORD", 73: "ZZ0010000"})
SRE = ansi("SRE", "SIB20261124000001", TCN, {18: "TRAINING,VECTOR", 59: "N"})


@dataclass(frozen=True)
class Parties:
    ca: Holder
    stranger_ca: Holder
    bureau_opening: Holder
    bureau_p384: Holder
    bureau_signing: Holder
    station_opening: Holder
    station_signing: Holder
    station_p384: Holder
    station_rsa: Holder
    revoked: Holder


def parties(rsa_key: bytes) -> Parties:
    ca, loaded = authority("VECTOR CA"), load_pem_private_key(rsa_key, None)
    assert isinstance(loaded, rsa.RSAPrivateKey)
    p384 = ec.SECP384R1()
    return Parties(
        ca,
        authority("STRANGER CA"),
        issue(ca, "bureau opening", BUREAU, "bureau", opening=True),
        issue(ca, "bureau opening p384", BUREAU, "bureau", opening=True, own=key("bureau opening p384", p384)),
        issue(ca, "bureau signing", BUREAU, "bureau"),
        issue(ca, "station opening", STATION, "station", opening=True),
        issue(ca, "station signing", STATION, "station"),
        issue(ca, "station signing p384", STATION, "station", own=key("station signing p384", p384)),
        issue(ca, "station signing rsa", STATION, "station", own=loaded),
        issue(ca, "revoked", STATION, "station"),
    )


@dataclass(frozen=True)
class Case:
    """One envelope: who reads it, and what becomes of it."""

    recipe: Recipe
    reader: str  # bureau, station
    verdict: str
    because: str
    keys: str = ""  # of the reader, where it is not the usual pair


def envelopes(by: Parties) -> Iterator[Case]:
    yield from _transactions(by)
    yield from _spoilt(by)
    yield from _from_bureau(by)


def _transactions(by: Parties) -> Iterator[Case]:
    right = _right(by)
    yield Case(right, "bureau", "committed", "all is as it must be")
    yield Case(
        replace(right, name="sealed-again"), "bureau", "committed", "the same file in another envelope: after the first, a duplicate"
    )
    yield Case(
        replace(right, name="other-file-same-tcn", file=OTHER), "bureau", "conflict", "after the first: its TCN stands for another file"
    )
    yield Case(replace(right, name="signed-p384", signer=by.station_p384), "bureau", "committed", "P-384, SHA-384")
    yield Case(replace(right, name="signed-rsa", signer=by.station_rsa), "bureau", "committed", "RSA-3072, SHA-256")
    yield Case(replace(right, name="sealed-p384", to=by.bureau_p384), "bureau", "committed", "sealed to a P-384 key", "bureau-p384")
    remarks = {**right.said, "remarks": '{"format": "livescan-remarks/1", "impressions": []}'}
    yield Case(replace(right, name="with-remarks", said=remarks), "bureau", "committed", "the optional attribute")
    unknown = {"type": "2.25.1", "values": [core.UTF8String("x")]}
    yield Case(
        replace(right, name="further-attribute", attributes=lambda found: found.append(unknown)),
        "bureau",
        "committed",
        "further signed attributes are let be",
    )


def _right(by: Parties) -> Recipe:
    said = {"kind": "transaction", "station": STATION, "tcn": TCN, "recipient": BUREAU, "environment": "training"}
    return Recipe("transaction", CAR, by.station_signing, by.bureau_opening, said)


def _spoilt(by: Parties) -> Iterator[Case]:
    right = _right(by)

    def case(name: str, because: str, **changes: Any) -> Case:
        return Case(replace(right, name=name, **changes), "bureau", "refused", because)

    def saying(**values: str) -> Mapping[str, str]:
        return {**right.said, **values}

    yield case("flipped-ciphertext", "one bit of the ciphertext", outside=_flipped(-200))
    yield case("flipped-tag", "one bit of the tag", outside=_flipped(-1))
    yield case("trailing-byte", "a byte after the envelope", outside=lambda envelope: envelope + b"\0")
    yield case("indefinite-length", "BER, not DER", outside=lambda envelope: b"\x30\x80" + envelope[4:] + b"\0\0")
    yield case("inner-trailing-byte", "a byte after SignedData", inside=lambda signed: signed + b"\0")
    yield case("aes-128", "AES-128-GCM", key_length=16)
    yield case("tag-of-12", "a tag of 12 bytes", tag_length=12)
    yield case("signed-sha512", "P-256 with SHA-512", digest="sha512")
    yield case(
        "sealed-to-another",
        "sealed to a key that the bureau does not have",
        to=issue(by.ca, "stranger opening", BUREAU, "bureau", opening=True),
    )
    yield case("flipped-signature", "one bit of the signature", inside=_flipped(-1))
    yield case("other-digest", "the file is not the one that was signed", signed_file=CAR + b" ")
    yield case("vouched-for-another", "signingCertificateV2 names another certificate", vouched=by.station_p384)
    yield case("recipient", "meant for another bureau", said=saying(recipient="SIB-OTHER"))
    yield case("environment", "of another environment", said=saying(environment="production"))
    yield case("station-of-another", "the signer is another station than the one that it speaks for", said=saying(station="LS-0002"))
    yield case("kind", "a station does not sign replies", said=saying(kind="reply"))
    yield case("tcn-of-another-file", "the TCN attribute is not 1.009 of the file", said=saying(tcn=WRONG_TCN))
    yield case("no-itl-file", "the content is no ANSI/NIST-ITL file", file=b"this is no ANSI/NIST-ITL file")
    yield case("without-kind", "a routing attribute is missing", said={name: value for name, value in right.said.items() if name != "kind"})
    yield case(
        "attribute-twice",
        "an attribute is there twice",
        attributes=lambda found: found.append({"type": OWN["tcn"], "values": [core.UTF8String("X" * 10)]}),
    )
    yield case("two-values", "an attribute has two values", attributes=lambda found: found[4]["values"].append(core.UTF8String("reply")))
    yield case("unsigned-attribute", "something is not signed", unsigned=True)
    yield case("signed-by-bureau", "a bureau does not sign transactions", signer=by.bureau_signing)
    yield case("stranger", "the signer is not of this authority", signer=issue(by.stranger_ca, "stranger", STATION, "station"))
    yield case("revoked", "the signer's certificate is revoked", signer=by.revoked)
    yield case("expired", "the signer's certificate has ended", signer=_ended(by), at=NOW - timedelta(days=200))
    yield case("signed-too-early", "signed before its certificate was valid", at=NOW - timedelta(days=2000))
    yield case("tls-certificate", "signed with a certificate for TLS", signer=issue(by.ca, "tls", STATION, "station", usages=(CLIENT,)))
    yield case(
        "two-usages",
        "signed with a certificate that is for TLS too",
        signer=issue(by.ca, "both", STATION, "station", usages=(EMAIL, CLIENT)),
    )


def _ended(by: Parties) -> Holder:
    return issue(by.ca, "ended", STATION, "station", until=datetime(2026, 6, 30, tzinfo=UTC))


def _flipped(at: int) -> Callable[[bytes], bytes]:
    def flip(data: bytes) -> bytes:
        changed = bytearray(data)
        changed[at] ^= 1
        return bytes(changed)

    return flip


def _from_bureau(by: Parties) -> Iterator[Case]:
    txid = hashlib.sha256(make(_right(by))).hexdigest()
    said = {
        "schema": "livescan-receipt/1",
        "stage": "committed",
        "station": STATION,
        "tcn": TCN,
        "content_sha256": hashlib.sha256(CAR).hexdigest(),
        "envelope_sha256": txid,
        "received_at": "2026-11-24T12:00:00.000000Z",
        "bureau": BUREAU,
        "duplicate": False,
    }
    routing = {"kind": "receipt", "station": STATION, "tcn": TCN, "recipient": STATION, "environment": "training"}

    def receipt(
        name: str, verdict: str, because: str, routed: Mapping[str, str] = routing, signer: Holder = by.bureau_signing, **changes: Any
    ) -> Case:
        content = json.dumps({**said, **changes}).encode()
        return Case(Recipe(name, content, signer, by.station_opening, routed), "station", verdict, because)

    yield receipt("receipt", "released", "it names what was sent")
    yield receipt("receipt-duplicate", "released", "the bureau had it before", duplicate=True)
    yield receipt("receipt-further-key", "released", "further keys are let be", note="x")
    unknown = {"tcn": "UNKNOWN", "content_sha256": "0" * 64}
    yield receipt(
        "receipt-refused", "refused", "the bureau could not read the envelope", {**routing, "tcn": "UNKNOWN"}, stage="refused", **unknown
    )
    yield receipt("receipt-conflict", "refused", "the TCN stands for another file at the bureau", stage="conflict")
    yield receipt("receipt-other-content", "person", "it is about other bytes", content_sha256="1" * 64)
    yield receipt("receipt-other-tcn", "person", "its attributes and its content name different transactions", tcn=WRONG_TCN)
    yield receipt("receipt-other-bureau", "person", "it names a bureau that did not sign it", bureau="SIB-OTHER")
    yield receipt("receipt-schema-2", "person", "another schema", schema="livescan-receipt/2")
    yield receipt("receipt-of-another-station", "person", "addressed to another station", {**routing, "station": "LS-0002"})
    yield receipt("receipt-by-station", "person", "a station does not sign receipts", signer=by.station_signing)
    yield receipt(
        "receipt-stranger", "person", "signed under another authority", signer=issue(by.stranger_ca, "stranger bureau", BUREAU, "bureau")
    )
    reply = Recipe("reply", SRE, by.bureau_signing, by.station_opening, {**routing, "kind": "reply"})
    yield Case(reply, "station", "tied", "an SRE whose TCR is our TCN")
    orphan = ansi("SRE", "SIB20261124000002", WRONG_TCN, {59: "N"})
    yield Case(
        replace(reply, name="reply-orphan", file=orphan, said={**reply.said, "tcn": WRONG_TCN}),
        "station",
        "person",
        "it names no transaction of ours",
    )
    yield Case(
        replace(reply, name="reply-two-names", said={**reply.said, "tcn": WRONG_TCN}, file=SRE),
        "station",
        "tied",
        "the TCN attribute is not one of ours: TCR ties",
    )
    yield Case(replace(reply, name="reply-no-file", file=b"hello"), "station", "person", "the content is no ANSI/NIST-ITL file")
    yield Case(replace(reply, name="reply-flipped", outside=_flipped(-1)), "station", "person", "one bit of the tag")


def write(folder: Path) -> None:
    by = parties((folder / RSA_KEY).read_bytes())
    _write_keys(folder / "keys", by)
    made = [(case, make(case.recipe)) for case in envelopes(by)]
    for name in ("envelopes", "messages"):
        (folder / name).mkdir(exist_ok=True)
    for case, envelope in made:
        (folder / "envelopes" / f"{case.recipe.name}.der").write_bytes(envelope)
    for one in messages(STATION, made[0][1]):
        (folder / "messages" / f"{one.name}.bin").write_bytes(one.payload)
    (folder / "transaction.an2").write_bytes(CAR)
    (folder / "reply.an2").write_bytes(SRE)
    (folder / "vectors.json").write_text(json.dumps(_manifest(made), indent=1) + "\n")


def _write_keys(folder: Path, by: Parties) -> None:
    (folder / "ca").mkdir(parents=True, exist_ok=True)
    (folder / "ca/ca.crt").write_bytes(by.ca.certificate_pem())
    (folder / "ca/ca.crl").write_bytes(revocations(by.ca, by.revoked))
    named = {
        "bureau/opening": by.bureau_opening,
        "bureau/signing": by.bureau_signing,
        "bureau-p384/opening": by.bureau_p384,
        "station/opening": by.station_opening,
        "station/signing": by.station_signing,
    }
    for name, holder in named.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / f"{name}.crt").write_bytes(holder.certificate_pem())
        (folder / f"{name}.key").write_bytes(holder.key_pem())


def _manifest(made: list[tuple[Case, bytes]]) -> dict[str, Any]:
    envelope = made[0][1]
    return {
        "format": "livescan-vectors/1",
        "station": STATION,
        "bureau": BUREAU,
        "environment": "training",
        "now": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sent": {"tcn": TCN, "content_sha256": hashlib.sha256(CAR).hexdigest(), "txid": hashlib.sha256(envelope).hexdigest()},
        "envelopes": [_said(case, data) for case, data in made],
        "messages": [
            {"file": f"messages/{one.name}.bin", "topic": one.topic, "verdict": "taken" if one.taken else "dropped", "because": one.because}
            for one in messages(STATION, envelope)
        ],
        "bitmaps": [
            {"present": list(range(10)), "total": 16, "payload": bitmap(set(range(10)), 16).hex()},
            {"present": [0, 8], "total": 9, "payload": bitmap({0, 8}, 9).hex()},
            {"present": None, "total": 9, "payload": "ff03ff", "because": "another length than ceil(9 / 8)"},
            {"present": None, "total": 9, "payload": "ff03", "because": "a bit beyond the total"},
        ],
        "reports": [{"payload": payload, "station": station} for payload, station in reports()],
        "statuses": [
            {"payload": '{"online": true, "at": "2026-11-24T07:00:00.000000Z"}', "online": True},
            {"payload": '{"online": false, "at": "2026-11-24T07:00:00.000000Z", "more": 1}', "online": False},
            {"payload": '{"online": "yes", "at": "2026-11-24T07:00:00.000000Z"}', "online": None},
            {"payload": "[]", "online": None},
            {"payload": "", "online": None},
        ],
        "ack": {"topic": f"fp/v1/st/{STATION}/ack/{hashlib.sha256(_reply_of(made)).hexdigest()}", "payload": ""},
    }


def _reply_of(made: list[tuple[Case, bytes]]) -> bytes:
    return next(data for case, data in made if case.recipe.name == "reply")


def _said(case: Case, envelope: bytes) -> dict[str, Any]:
    said = {"file": f"envelopes/{case.recipe.name}.der", "reader": case.reader, "verdict": case.verdict, "because": case.because}
    if case.keys:
        said["keys"] = case.keys
    if case.verdict != "refused" or case.reader == "station":
        said["content_sha256"] = hashlib.sha256(case.recipe.file).hexdigest()
    return {**said, "envelope_sha256": hashlib.sha256(envelope).hexdigest()}


if __name__ == "__main__":
    write(Path(sys.argv[1]))
