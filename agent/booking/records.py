"""What an officer may ask of a booking beside its capture: correct it, send it again, take it out as a file, bring one in, add a photo."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from agent.audit.entries import Entry, Event
from agent.booking.corrections import Corrections
from agent.booking.facts import Facts
from agent.booking.importing import Importer
from agent.booking.ledger import BookingRow, Ledger
from agent.booking.outbound import Outbound
from agent.booking.photos import Photos
from agent.booking.prints import Prints
from agent.booking.say import Say
from agent.booking.sealing import Sealer
from agent.booking.states import BookingState
from agent.booking.tcns import TcnBook
from agent.capture.camera import Camera
from agent.clock import Clock
from agent.decoding.desk import Decoder
from agent.decoding.wire import Formats
from agent.errors import LivescanError
from agent.imaging.photo import encode_jpeg
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.photo import Photo, PhotoKind
from agent.submission.profiles import CAR

log = logging.getLogger(__name__)

Note: TypeAlias = Callable[[Entry], Awaitable[None]]  # to the audit record; raises AuditError, then nothing is given out

_CORRECTABLE = (BookingState.SEALED, BookingState.HELD, BookingState.UNDONE)


class RecordsError(LivescanError):
    """What was asked does not fit the booking as it stands."""


@dataclass(frozen=True)
class WantedPhoto:
    """Which photo, and the picture where it does not come from the camera."""

    kind: PhotoKind = PhotoKind.FACE
    mark: str | None = None  # 10.040 SMT
    description: str | None = None  # 10.042 SMD
    picture: bytes | None = None  # a JPEG or PNG file


@dataclass(frozen=True)
class Parts:
    """What the records stand on."""

    ledger: Ledger
    prints: Prints
    photos: Photos
    corrections: Corrections
    tcns: TcnBook
    sealer: Sealer
    outbound: Outbound
    importer: Importer
    decoder: Decoder
    clock: Clock


class Records:
    def __init__(
        self,
        parts: Parts,
        *,
        camera: Camera,
        say: Say,
        wake: Callable[[], None],
        offer: Callable[[], None],
        note: Note,
        locked: Callable[[BookingId], str] = lambda _: "",
    ) -> None:
        """locked: why the facts of a booking may not be changed; "" where they may."""
        self._parts = parts
        self._camera = camera
        self._say = say
        self._wake = wake
        self._offer = offer
        self._note = note
        self._locked = locked

    async def correct(
        self, booking_id: str, officer: str, facts: Facts | None, retake: Collection[Position], *, as_it_is: bool = False
    ) -> str | None:
        """New facts, or impressions to take again; as_it_is: sent anew where neither is said. The TCN that is corrected.

        Of a sealed booking a new submission is made, with a new TCN and TCR to the old one; of a held or undone one nothing was sent, so
        nothing is referred to. Raises RecordsError for any other, and when nothing is to change.
        """
        row = self._row(booking_id)
        if facts is None and not retake and not as_it_is:
            raise RecordsError("Nothing is to be corrected.", do="Give new facts, or fingers to take again.")
        strangers = sorted(set(retake) - set(CAR.positions))
        if strangers:
            raise RecordsError(f"A ten-print has no impression '{strangers[0].words}'.")
        if row.state not in _CORRECTABLE or (row.state is BookingState.HELD and retake):
            raise RecordsError(
                "That booking cannot be corrected as it stands.", do="Wait until it is sealed; a held one takes new facts only."
            )
        if facts is not None:
            await self._keep_facts(row.id, facts)
        corrects = None
        for position in retake:
            await self._parts.prints.forget_attempts(row.id, position)
        if row.state is BookingState.UNDONE and retake:
            await self._parts.ledger.retake(row.id, retake)
        elif row.state is BookingState.SEALED:
            await self._put_aside(row.id, retake)
            corrects = await self._parts.corrections.begin(row.id, officer, retake, self._parts.clock.now())
        else:
            await self._parts.ledger.resume(row.id)
        log.info("booking %s: corrected by %s, %d impressions to take again", row.id, officer, len(retake))
        self._say({"event": "corrected", "booking": row.id, "corrects": corrects})
        self._wake()
        return corrects

    async def _keep_facts(self, booking_id: BookingId, facts: Facts) -> None:
        why = await asyncio.to_thread(self._locked, booking_id)
        if why:
            raise RecordsError(why, means="Nothing was changed.", do="Take again what the bureau named; `livescan case tasks` shows it.")
        await self._parts.prints.keep_facts(booking_id, facts)

    async def _put_aside(self, booking_id: BookingId, retake: Collection[Position]) -> None:
        """What was sent stays, to be seen beside what is taken now."""
        tcn = self._parts.sealer.last_sealed(booking_id).tcn
        for position in set(retake) & self._parts.ledger.taken(booking_id):
            await self._parts.prints.keep_before(booking_id, tcn, position)

    async def resend(self, booking_id: str, officer: str) -> str:
        """The transfer id under which it goes out, the same bytes under the same TCN."""
        row = self._row(booking_id)
        await self._note(Entry(Event.RESENT, officer, row.id, door="socket"))
        txid = await self._parts.sealer.resend(row.id)
        self._offer()
        return txid

    async def envelope(self, booking_id: str, officer: str) -> bytes:
        """The sealed bytes for a courier, as they are. Raises RecordsError when the bureau has signed for them already."""
        row = self._parts.sealer.last_sealed(self._row(booking_id).id)
        if row.receipted or row.envelope_sha256 is None:
            raise RecordsError(
                "The bureau has signed for that booking, so its envelope was let go.",
                means="There is nothing for a courier to carry.",
                do="`livescan booking resend` makes it wait again; --plain takes out the file itself.",
            )
        facts = {"envelope": row.envelope_sha256}
        await self._note(Entry(Event.ENVELOPE_EXPORTED, officer, row.booking_id, row.tcn, door="socket", facts=facts))
        return await asyncio.to_thread(self._parts.outbound.load, row.envelope_sha256)

    async def plain_file(self, booking_id: str, officer: str, *, card: bool = False) -> bytes:
        """The ANSI/NIST file that was sealed last, readable by anyone: the audit record has who took it out before it is given out."""
        row = self._row(booking_id)
        data = await self._parts.sealer.file(row.id)
        event = Event.CARD_EXPORTED if card else Event.FILE_EXPORTED
        tcn = self._parts.sealer.last_sealed(row.id).tcn
        await self._note(Entry(event, officer, row.id, tcn, door="socket"))
        return data

    async def import_file(self, data: bytes, facts: Facts | None, officer: str) -> Mapping[str, Any]:
        booking_id, ignored = await self._parts.importer.import_file(data, facts, officer)
        self._say({"event": "imported", "booking": booking_id})
        self._wake()
        return {"booking": booking_id, "ignored": list(ignored)}

    async def add_photo(self, booking_id: str, officer: str, wanted: WantedPhoto) -> int:
        """Its number in the booking. A sealed booking is corrected by it. Raises RecordsError, or NoPicture when the camera gives none."""
        row = self._row(booking_id)
        if wanted.kind is not PhotoKind.FACE and not wanted.mark:
            raise RecordsError("The photo of a scar, mark or tattoo needs its NCIC code.", do="Give it, such as 'TAT L ARM'.")
        jpeg, width, height = await self._picture(wanted.picture)
        now = self._parts.clock.now()
        photo = Photo(wanted.kind, jpeg, width, height, now, mark=wanted.mark, description=wanted.description)
        number = await self._parts.photos.keep(row.id, photo)
        if row.state is BookingState.SEALED:
            await self._parts.corrections.begin(row.id, officer, (), now)
            self._wake()
        return number

    def control_numbers(self) -> Mapping[str, Any]:
        """Every TCN of the station, and the gaps with their reasons."""
        return {"tcns": _rows(self._parts.tcns.account()), "gaps": _rows(self._parts.tcns.gaps())}

    def corrected_by(self, booking_id: str) -> Mapping[str, str]:
        """TCN to the TCN it corrects."""
        return self._parts.corrections.of(booking_id)

    async def _picture(self, given: bytes | None) -> tuple[bytes, int, int]:
        if given is not None:
            pixels = await self._parts.decoder.color(given, Formats.JPEG | Formats.PNG)
            return await self._parts.decoder.workers.run(encode_jpeg, pixels), pixels.shape[1], pixels.shape[0]
        pixels = await self._camera.picture()
        return await asyncio.to_thread(encode_jpeg, pixels), pixels.shape[1], pixels.shape[0]

    def _row(self, booking_id: str) -> BookingRow:
        row = self._parts.ledger.booking(booking_id)
        if row is None:
            raise RecordsError("There is no such booking on this station.", do="`livescan booking list` shows them.")
        return row


def _rows(rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [asdict(row) | {"reserved_at": row.reserved_at.isoformat(timespec="milliseconds")} for row in rows]
