"""What a bureau answers, as ANSI/NIST files: SRE and ERRT by EBTS 11.0 appendix D-1, and IDR/IAR by a mapping of our own.

No layout of the immigration response is public. "IDR/IAR profile 1" is this project's documented mapping, NOT AN FBI OR DHS FORMAT: an SRE
that carries

    2.2023 SII   IDR/1|NOT AN FBI OR DHS FORMAT|NO MATCH
                 IDR/1|NOT AN FBI OR DHS FORMAT|MATCH 2|ENC 1;NAM=...;DOB=...;POB=...;SEX=...;LOC=...|ENC 2;...
                 IDR/1|NOT AN FBI OR DHS FORMAT|ERROR|the error's text
                 STATE/1|NOT AN FBI OR DHS FORMAT|IDENTIFIED   (NFF: by the state, which tells the FBI by a CPI)
    2.075 ERS    IAR/1, a line end, then the response of the Law Enforcement Support Center word for word
    2.059 SRF    I for a match, N for none, D for an error

SII holds printable characters only, so `|` stands for a line end there; `%`, `|`, `;` and `=` inside a value are written as %XX.
The training bureau writes these; `submission.read_reply` reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from urllib.parse import quote

from agent.model.photo import Photo
from agent.nist.codec import build
from agent.nist.errors import NistError
from agent.nist.records import Field, TaggedRecord, Transaction
from agent.nist.write import list_field, tagged_record, text_field, transaction
from agent.submission.build import in_order, type1_fields
from agent.submission.errors import SubmissionError
from agent.submission.other_images import photo_record

IDR_SIGNATURE = "IDR/1"
IAR_SIGNATURE = "IAR/1"
STATE_SIGNATURE = "STATE/1"
LABEL = "NOT AN FBI OR DHS FORMAT"
NO_MATCH, MATCH, ERROR = "NO MATCH", "MATCH", "ERROR"
STATE_IDENTIFIED = "IDENTIFIED"
LINE = "|"
MAX_ENCOUNTERS = 5  # SOP 2.1.4: the response shows up to five

_UNRESERVED = "".join(chr(c) for c in range(0x20, 0x7F) if chr(c) not in "%|;=")
_RETURNED = {  # EBTS 11.0 §1.6: what the sender's own fields are returned in, where the reply has the field (D-1)
    "SRE": (6, 7, 9, 39, 40, 41, 73, 87, 2037),
    "ERRT": (6, 7, 9, 17, 73),
}


@dataclass(frozen=True)
class Encounter:
    """One encounter of an IDR match; what is not known is empty."""

    name: str = ""
    date_of_birth: str = ""  # CCYYMMDD
    place_of_birth: str = ""  # NCIC code
    sex: str = ""
    locator: str = ""  # the record's identifier as sent


@dataclass(frozen=True)
class ReplyHead:
    """Who answers, and when."""

    tcn: str  # the bureau's own control number, 10..40 characters
    made_at: datetime  # with time zone
    time_zone: tzinfo = UTC  # of 1.005 DAT, a local date
    tied_by: frozenset[str] = frozenset(("TCR", "OCA"))  # which of our numbers it gives back; some bureaus leave one out


def build_sre(
    request: Transaction,
    head: ReplyHead,
    *,
    identified: bool,
    fbi_number: str | None = None,
    state_id: str | None = None,
    messages: Iterable[str] = (),
) -> bytes:
    """The FBI's result: identified or not."""
    extra = [text_field(2, 59, "I" if identified else "N")]
    extra += [text_field(2, number, text) for number, text in ((14, fbi_number), (15, state_id)) if text]
    return _reply("SRE", request, head, [*extra, *_messages(messages)])


def build_state_ident(request: Transaction, head: ReplyHead, *, state_id: str) -> bytes:
    """The word of a state of the National Fingerprint File: it identified the person by its own SID (SOP 2.1.2.2)."""
    block = LINE.join((STATE_SIGNATURE, LABEL, STATE_IDENTIFIED))
    return _reply("SRE", request, head, [text_field(2, 59, "I"), text_field(2, 15, state_id), text_field(2, 2023, block)])


def build_errt(request: Transaction, head: ReplyHead, *, messages: Sequence[str]) -> bytes:
    """A rejection: 1 to 11 messages, each a code of EBTS 11.0 appendix M and its text."""
    return _reply("ERRT", request, head, _messages(messages))


def build_idr_no_match(request: Transaction, head: ReplyHead, *, messages: Iterable[str] = ()) -> bytes:
    """IDR of profile 1: no match in IDENT. Messages may say that LESC was not searched (M0017, M0018)."""
    return _reply("SRE", request, head, [text_field(2, 59, "N"), _idr([NO_MATCH]), *_messages(messages)])


def build_idr_match(
    request: Transaction,
    head: ReplyHead,
    *,
    encounters: Sequence[Encounter],
    iar: str | None = None,
    messages: Iterable[str] = (),
    photos: Sequence[Photo] = (),
) -> bytes:
    """IDR of profile 1 with 0 to 5 encounters; with `iar` the joint IDR/IAR, the text as LESC wrote it.

    messages: LESC's notice. photos: at most one an encounter, as Type-10; more than the one that EBTS allows an SRE is an extension of this
    profile.
    """
    if len(encounters) > MAX_ENCOUNTERS or len(photos) > MAX_ENCOUNTERS:
        raise SubmissionError(f"An IDR shows at most {MAX_ENCOUNTERS} encounters.")
    lines = [f"{MATCH} {len(encounters)}", *(_encounter(i, e) for i, e in enumerate(encounters, start=1))]
    source = request.type1.text(7) or ""
    pictures = [photo_record(idc, photo, source=source, zone=head.time_zone) for idc, photo in enumerate(photos, start=1)]
    return _reply("SRE", request, head, [text_field(2, 59, "I"), _idr(lines), *_iar(iar), *_messages(messages)], pictures)


def build_iar(request: Transaction, head: ReplyHead, *, text: str) -> bytes:
    """IAR of profile 1 that follows its IDR."""
    return _reply("SRE", request, head, [text_field(2, 59, "I"), *_iar(text)])


def build_idr_error(request: Transaction, head: ReplyHead, *, text: str) -> bytes:
    """IDR of profile 1: the search could not be made. This is not a result."""
    return _reply("SRE", request, head, [text_field(2, 59, "D"), _idr([ERROR, _escaped(text)])])


def _reply(tot: str, request: Transaction, head: ReplyHead, own: Iterable[Field], pictures: Sequence[TaggedRecord] = ()) -> bytes:
    asked = request.first(2)
    if asked is None:
        raise SubmissionError("The transaction to be answered has no Type-2 record.", do="Reject it as damaged.")
    try:
        fields = {field.number: field for field in (*_returned(tot, asked), *own)}
        if "OCA" not in head.tied_by:
            fields.pop(9, None)
        type2 = tagged_record(2, [text_field(2, 2, "00"), *in_order(fields)])
        return build(transaction(in_order(_reply_type1(tot, request, head)), [type2, *pictures]))
    except NistError as error:
        raise SubmissionError(f"Field {error.field} cannot be written: {error.why}.", do="Correct the reply's text.") from error


def _reply_type1(tot: str, request: Transaction, head: ReplyHead) -> dict[int, Field]:
    """Type-1 of a reply: ORI and DAI change places, TCR is the TCN that was asked (EBTS 11.0 appendix B, 1.007, 1.010)."""
    asked = request.type1
    return type1_fields(
        tot=tot,
        tcn=head.tcn,
        made_at=head.made_at,
        dai=asked.text(8) or "",
        ori=asked.text(7) or "",
        time_zone=head.time_zone,
        tcr=request.tcn if "TCR" in head.tied_by else None,
    )


def _returned(tot: str, asked: TaggedRecord) -> Iterable[Field]:
    """The sender's own fields, unchanged, and the name and date of birth as submitted."""
    yield from (field for number in _RETURNED[tot] if (field := asked.field(number)) is not None and field.raw)
    name, born = asked.text(18) or "", (asked.values(22) or ("",))[0]
    if tot == "SRE":
        yield text_field(2, 18, name)
    yield text_field(2, 2007, born)
    yield text_field(2, 2008, name)


def _messages(messages: Iterable[str]) -> list[Field]:
    texts = list(messages)
    return [list_field(2, 60, texts)] if texts else []


def _idr(lines: Sequence[str]) -> Field:
    return text_field(2, 2023, LINE.join((IDR_SIGNATURE, LABEL, *lines)))


def _iar(text: str | None) -> list[Field]:
    return [] if text is None else [text_field(2, 75, f"{IAR_SIGNATURE}\r\n{text}")]


def _encounter(number: int, encounter: Encounter) -> str:
    values = {
        "NAM": encounter.name,
        "DOB": encounter.date_of_birth,
        "POB": encounter.place_of_birth,
        "SEX": encounter.sex,
        "LOC": encounter.locator,
    }
    return ";".join([f"ENC {number}", *(f"{key}={_escaped(value)}" for key, value in values.items() if value)])


def _escaped(value: str) -> str:
    return quote(value, safe=_UNRESERVED)
