"""The bytes of each scripted answer of the training bureau, before they are sealed. Pure. "IDR/IAR profile 1": NOT AN FBI OR DHS FORMAT."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache

import cv2
import numpy as np

from agent.model.photo import Photo, PhotoKind
from agent.nist.codec import build, parse
from agent.nist.records import Transaction
from agent.nist.write import tagged_record, text_field, transaction
from agent.submission.replies import (
    IDR_SIGNATURE,
    LABEL,
    LINE,
    MATCH,
    MAX_ENCOUNTERS,
    NO_MATCH,
    Encounter,
    ReplyHead,
    build_errt,
    build_iar,
    build_idr_error,
    build_idr_match,
    build_idr_no_match,
    build_sre,
    build_state_ident,
)
from agent.training.scenario import Scripted, Spoken

FBI_NUMBER, STATE_ID = "123456AA7", "ZZ1234567"
IAR_TEXT = "TRAINING ONLY. LESC RESPONSE <NOT A REAL PERSON>. STATUS: AS STATED BY LESC & NOBODY ELSE."
NO_REPLY = b"this is no ANSI/NIST file"


def content_of(said: Scripted, request: Transaction, station: str, at: datetime) -> bytes:
    """The inner file of one answer; the same for the same request, so that a repetition is recognised."""
    head = ReplyHead(control_number(said, station, request.tcn), at, tied_by=said.tied_by)
    match said.says:
        case Spoken.SRE_NON_IDENT | Spoken.SRE_IDENT:
            identified = said.says is Spoken.SRE_IDENT
            numbers = {"fbi_number": FBI_NUMBER, "state_id": STATE_ID} if identified else {}
            return build_sre(request, head, identified=identified, messages=said.messages, **numbers)
        case Spoken.SRE_UNCLEAR:
            return _with(build_sre(request, head, identified=False, messages=said.messages), {59: "Z"})
        case Spoken.STATE_IDENT:
            return build_state_ident(request, head, state_id=STATE_ID)
        case Spoken.ERRT:
            return build_errt(request, head, messages=said.messages)
        case Spoken.NO_ITL_FILE:
            return NO_REPLY
        case _:
            return _immigration(said, request, head)


def control_number(said: Scripted, station: str, tcn: str) -> str:
    """The bureau's own."""
    kind = {Spoken.SRE_NON_IDENT: "SRE", Spoken.SRE_IDENT: "SRE"}.get(said.says, said.says.value.replace("_", ""))
    digest = hashlib.sha256(f"{said.says}/{said.number}/{station}/{tcn}".encode()).hexdigest()
    return f"{kind[:12]}-{digest[:24].upper()}"


def _immigration(said: Scripted, request: Transaction, head: ReplyHead) -> bytes:
    match said.says:
        case Spoken.IDR_NO_MATCH:
            return build_idr_no_match(request, head, messages=said.messages)
        case Spoken.IDR_ERROR:
            return build_idr_error(request, head, text="SEARCH NOT MADE")
        case Spoken.IAR:
            return build_iar(request, head, text=said.iar or IAR_TEXT)
        case Spoken.IDR_MATCH:
            encounters, photos = [encounter(n) for n in range(1, said.encounters + 1)], [photo()] * said.photos
            return build_idr_match(request, head, encounters=encounters, iar=said.iar or None, messages=said.messages, photos=photos)
    return _broken(said.says, request, head)


def _broken(says: Spoken, request: Transaction, head: ReplyHead) -> bytes:
    """What no bureau should send."""
    match says:
        case Spoken.SIX_ENCOUNTERS:
            lines = [f"{MATCH} {MAX_ENCOUNTERS + 1}", *(f"ENC {n};NAM=TRAINING" for n in range(1, MAX_ENCOUNTERS + 2))]
            return _with(build_idr_match(request, head, encounters=()), {2023: LINE.join((IDR_SIGNATURE, LABEL, *lines))})
        case Spoken.UNKNOWN_FORM:
            return _with(build_idr_no_match(request, head), {2023: "SHARED SERVICES RESPONSE 7"})
        case Spoken.CONTRADICTION:
            return _with(build_idr_no_match(request, head), {59: "I", 2023: LINE.join((IDR_SIGNATURE, LABEL, NO_MATCH))})
    raise AssertionError(says)


def encounter(number: int) -> Encounter:
    """Of nobody: the name says what it is."""
    return Encounter(f"TRAINING,PERSON {number}", f"19{70 + number}0101", "XX", "U", f"FIN TRAINING {number}")


@lru_cache(maxsize=1)
def photo() -> Photo:
    """A grey square: no face."""
    _, jpeg = cv2.imencode(".jpg", np.full((64, 48, 3), 128, np.uint8))
    taken = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    return Photo(PhotoKind.FACE, jpeg.tobytes(), 48, 64, taken)


def _with(content: bytes, values: dict[int, str]) -> bytes:
    """The same reply with other values in its Type-2."""
    tx = parse(content)
    type2 = tx.first(2)
    assert type2 is not None
    fields = [text_field(2, f.number, values[f.number]) if f.number in values else f for f in type2.fields if f.number != 1]
    others = [record for record in tx.records if record.type not in (1, 2)]
    type1 = [field for field in tx.type1.fields if field.number not in (1, 3)]
    return build(transaction(type1, [tagged_record(2, fields), *others]))
