"""The demo's JSON document: what the station says of the booking, held against what the bureau committed and what lay on the platen."""

from __future__ import annotations

import hashlib
import multiprocessing
import re
import shutil
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from agent.errors import LivescanError
from agent.imaging.codec import decode_wsq, psnr
from agent.imaging.overlay import ridge_psnr
from agent.model.impression import GrayImage
from agent.nist.codec import parse
from agent.nist.records import BinaryRecord
from agent.training.bureau_store import committed_file, received_envelope
from agent.training.demo import STEPS
from agent.training.site import TrainingSite

_STEP_OF = {  # casework's word to the document's
    "sre_ident": "sre",
    "sre_non_ident": "sre",
    "sre_unclear": "sre",
    "errt": "sre",
    "idr_no_match": "idr",
    "idr_match": "idr",
    "idr_error": "idr",
}


LEAST_ROLL_PSNR = 22.0  # dB, over the ridges; rolls composed of raw pictures measured 26 to 32 before WSQ and 24 to 30 after
LEAST_PSNR = 26.0  # dB; WSQ at 0.75 bit a pixel of a noisy synthetic print measured 28 to 31, of a clean one 39 to 46


def report(site: TrainingSite, account: Mapping[str, Any], planned: int) -> dict[str, Any]:
    """`account`: the core's, of `GET /api/bookings/ID`; `planned`: impressions of the booking. "ok": see `_agreed`."""
    (sent,) = account["submissions"]
    car = committed_file(site.bureau, account["station"], sent["tcn"])
    decoded = _images(car)
    document = {
        "ok": False,
        "booking": account["booking"],
        "station": account["station"],
        "tcn": sent["tcn"],
        "content_sha256": sent["content_sha256"],
        "envelope_sha256": sent["envelope_sha256"],
        "car_bytes": len(car),
        "impressions": [_impression(said, decoded, site.truth) for said in account["impressions"]],
        "steps": _steps(account),
        "receipt": _receipt(account),
        "replies": [
            {"kind": one["kind"], "verified": one["verified"], "tied_by": one["tied_by"]}
            for one in account["inbound"]
            if one["kind"] not in ("receipt", "unusable")
        ],
    }
    return document | {"ok": _agreed(document, car, planned)}


def keep_files(site: TrainingSite, account: Mapping[str, Any], folder: Path) -> None:
    """The CAR as the bureau opened it, the envelope as it was sent, and what opens it. Raises LivescanError when it cannot be written."""
    (sent,) = account["submissions"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "car.an2").write_bytes(committed_file(site.bureau, account["station"], sent["tcn"]))
        (folder / "envelope.cms").write_bytes(received_envelope(site.bureau, account["station"], sent["envelope_sha256"]))
        shutil.copy(site.keys / "ca" / "ca.crt", folder / "ca.crt")
        for name in ("opening.crt", "opening.key"):
            shutil.copy(site.keys / "bureau" / name, folder / f"bureau-{name}")
    except OSError as error:
        raise LivescanError(f"Cannot write to {folder}: {error.strerror}.", do="Name another folder with --out.") from error


def _images(car: bytes) -> dict[int, GrayImage]:
    """Every image of the file by finger position, decoded in processes of their own: the codec may crash."""
    records = [record for record in parse(car).of_type(4) if isinstance(record, BinaryRecord) and record.header is not None]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("forkserver")) as pool:
        pictures = list(pool.map(decode_wsq, [bytes(record.image) for record in records]))
    return {record.header.position: picture for record, picture in zip(records, pictures, strict=True) if record.header is not None}


def _impression(said: Mapping[str, Any], decoded: Mapping[int, GrayImage], truth: Path) -> dict[str, Any]:
    """PSNR in dB between what lay on the platen and what the bureau decoded: scanner, driver, capture and WSQ are all in between.

    A roll that was composed here has a frame of its own: it is laid upon the finger's true rolled print, and its ridges are compared.
    """
    fgp = int(said["fgp"])
    laid = _read_pgm(truth / f"fgp-{fgp}.pgm")
    keys = ("fgp", "kind", "width", "height", "ppi", "nfiq2")
    likeness = psnr if said["roll"] is None else ridge_psnr
    return {key: said[key] for key in keys} | {"psnr_db": round(likeness(laid, decoded[fgp]), 2)}


def _read_pgm(path: Path) -> GrayImage:
    """A binary 8-bit PGM as the simulator writes it."""
    data = path.read_bytes()
    head = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", data)
    if head is None:
        raise LivescanError(f"{path.name} is not a binary PGM picture.")
    return np.frombuffer(data, np.uint8, offset=head.end()).reshape(int(head[2]), int(head[1]))


def _steps(account: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each step once, in order of time, with the seconds since the one before; the first counts from the opening."""
    first: dict[str, datetime] = {}
    for event in account["events"]:
        name = _STEP_OF.get(event["kind"], event["kind"])
        if name in STEPS:
            first.setdefault(name, datetime.fromisoformat(event["at"]))
    rows, last = [], datetime.fromisoformat(account["opened_at"])
    for name in sorted(first, key=lambda name: (first[name], STEPS.index(name))):
        rows.append({"name": name, "at": first[name].isoformat(timespec="milliseconds"), "seconds": (first[name] - last).total_seconds()})
        last = first[name]
    return rows


def _receipt(account: Mapping[str, Any]) -> dict[str, Any]:
    """What the receipt itself says, and whether it is proven to be the bureau's."""
    receipts = [one for one in account["inbound"] if one["kind"] == "receipt" and one["verified"]]
    return {"verified": bool(receipts), "content_sha256": receipts[0]["answers_sha256"] if receipts else None}


def _agreed(document: Mapping[str, Any], car: bytes, planned: int) -> bool:
    """Bureau and station hold the same file, every planned image came through, and both answers are proven and tied."""
    digest = hashlib.sha256(car).hexdigest()
    answers = {reply["kind"] for reply in document["replies"] if reply["verified"] and reply["tied_by"] == "TCR"}
    return (
        digest == document["content_sha256"] == document["receipt"]["content_sha256"]
        and [step["name"] for step in document["steps"]] == list(STEPS)
        and len(document["impressions"]) == planned
        and all(row["psnr_db"] >= (LEAST_ROLL_PSNR if row["kind"] == "rolled" else LEAST_PSNR) for row in document["impressions"])
        and {"SRE", "IDR_NO_MATCH"} <= answers
    )
