"""The bureau says that it does not take an envelope: what that stops, and what it does not."""

from __future__ import annotations

import asyncio
import hashlib
import json

from agent.casework.events import EventKind
from agent.casework.taken import Taken
from agent.model.messages import MessageKind
from tests.casework.bench import BOOKING, NOW, TCN, Desk, Office

OLD, NEW = "e" * 64, "f" * 64
NO_DIGEST = "0" * 64


def refusal(office: Office, content_sha256: str, envelope: str, tcn: str) -> bytes:
    """`tcn` is UNKNOWN of what the bureau could not open: docs/bureau-contract.md section 5."""
    body = office.receipt_body(content_sha256) | {"stage": "refused", "tcn": tcn, "envelope_sha256": envelope}
    return office.send(json.dumps(body).encode(), MessageKind.RECEIPT, tcn=tcn)


def take(desk: Desk, data: bytes) -> Taken:
    return asyncio.run(desk.casework.take(hashlib.sha256(data).hexdigest(), data))


def sent(desk: Desk, digest: str, *envelopes: str) -> None:
    """Sealed once, and anew for each further envelope."""
    asyncio.run(desk.sent(digest))
    for envelope in envelopes:
        asyncio.run(
            desk.casework.record(BOOKING, EventKind.SEALED, NOW, tcn=TCN, content_sha256=digest, envelope_sha256=envelope),
        )


def received(desk: Desk) -> str:
    return desk.casework.thread(BOOKING)[4].words


def test_a_refusal_of_what_could_not_be_opened_is_known_by_its_envelope(desk: Desk, office: Office, digest: str) -> None:
    sent(desk, digest)
    taken = take(desk, refusal(office, NO_DIGEST, OLD, "UNKNOWN"))
    assert (taken.booking_id, taken.tcn, taken.refused_txid, taken.release_txid) == (BOOKING, TCN, OLD, None)
    assert taken.manual == "The bureau does not take it: refused."
    assert take(desk, refusal(office, NO_DIGEST, OLD, "UNKNOWN")).manual is None, "a person is told once"


def test_a_refusal_of_an_envelope_that_was_sealed_anew_since_is_nobodys_task(desk: Desk, office: Office, digest: str) -> None:
    sent(desk, digest, NEW)
    taken = take(desk, refusal(office, NO_DIGEST, OLD, "UNKNOWN"))
    assert (taken.refused_txid, taken.manual) == (OLD, None)
    assert received(desk) == "No receipt yet; it is sent again until one comes."


def test_after_sealing_anew_the_thread_no_longer_says_that_the_bureau_refuses(desk: Desk, office: Office, digest: str) -> None:
    sent(desk, digest)
    take(desk, refusal(office, NO_DIGEST, OLD, "UNKNOWN"))
    assert "does not take it" in received(desk)
    asyncio.run(desk.casework.record(BOOKING, EventKind.SEALED, NOW, tcn=TCN, content_sha256=digest, envelope_sha256=NEW))
    assert received(desk) == "No receipt yet; it is sent again until one comes."


def test_a_refusal_of_an_envelope_that_is_not_ours_is_a_persons(desk: Desk, office: Office, digest: str) -> None:
    sent(desk, digest)
    taken = take(desk, refusal(office, NO_DIGEST, "a" * 64, "UNKNOWN"))
    assert (taken.refused_txid, taken.booking_id) == (None, None)
    assert taken.manual == "The receipt is about a transaction that this station has not sent."
