"""From fourteen accepted impressions to a sealed envelope on disk.

The TCN and the file's time are on disk before the file is built, and building is deterministic: a crash at any line leads to the same bytes
again, so to the same content digest. The file is re-opened, checked against the dictionary and all its images decoded before it is sealed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import partial

from cryptography import x509

from agent.booking.corrections import Corrections
from agent.booking.ledger import KnownNumbers, Ledger, Sealed, SealedWith, SubmissionRow
from agent.booking.outbound import Outbound
from agent.booking.photos import Photos
from agent.booking.prints import Prints
from agent.booking.say import Say
from agent.booking.tcns import TcnBook
from agent.clock import Clock
from agent.decoding.desk import Decoder
from agent.decoding.wire import FINGER
from agent.errors import LivescanError
from agent.imaging.wsq_header import ImageError
from agent.model.booking import Booking, BookingId
from agent.model.fingers import Position
from agent.model.impression import Impression
from agent.model.messages import Envelope, Environment, MessageKind, Routing
from agent.signing.certificates import sha256 as certificate_sha256
from agent.signing.private_keys import Signer
from agent.signing.revocations import RevocationList
from agent.signing.seal import seal
from agent.store.vault import NotInVault
from agent.submission.build import StationIdentity, build_car
from agent.submission.images import WSQ, EncodedImage, encode_print
from agent.submission.pictures import Picture
from agent.submission.profiles import CAR, Profile
from agent.submission.remarks import remarks_of
from agent.submission.reopen import picture_problems, read_again
from agent.submission.type14 import Scanning
from agent.workers import Workers


class SealRefused(LivescanError):
    """The file that was built does not pass its own check: it is not sealed, and nothing is lost."""


class NotSealed(LivescanError):
    """There is nothing sealed of that booking yet."""


@dataclass(frozen=True)
class SealedTo:
    """Where envelopes of this station go."""

    station: str
    identity: StationIdentity
    bureau: str
    certificate: x509.Certificate  # the bureau's opening certificate
    environment: Environment
    profile: Profile = CAR
    scanning: Scanning = field(default_factory=Scanning)
    software: str = "livescan-agent"  # name and version, for the comment of every image


class Sealer:
    def __init__(
        self,
        *,
        ledger: Ledger,
        prints: Prints,
        photos: Photos,
        tcns: TcnBook,
        corrections: Corrections,
        outbound: Outbound,
        decoder: Decoder,
        signer: Signer,
        to: SealedTo,
        revocations: RevocationList | None = None,
        clock: Clock,
        say: Say,
    ) -> None:
        self._ledger = ledger
        self._prints = prints
        self._photos = photos
        self._tcns = tcns
        self._corrections = corrections
        self._outbound = outbound
        self._decoder = decoder
        self._workers = decoder.workers
        self._signer = signer
        self._revocations = revocations
        self._to = to
        self._clock = clock
        self._say = say

    def rekey(self, signer: Signer, certificate: x509.Certificate, revocations: RevocationList | None) -> None:
        """From now on: sign with this, seal to this. What is being sealed is sealed with what was in force when it began."""
        self._signer, self._to, self._revocations = signer, replace(self._to, certificate=certificate), revocations

    async def seal(self, booking_id: BookingId) -> str:
        """Build, check, seal and commit; the transfer id. Raises SealRefused when a person must mend the booking."""
        booking = await self._assemble(booking_id)
        submission = await self._numbered(booking_id)
        tcr = await self._corrections.join(booking_id, submission.tcn)
        car = build_car(
            booking,
            tcn=submission.tcn,
            made_at=submission.made_at,
            station=self._to.identity,
            images=await self._encode(booking),
            profile=self._to.profile,
            tcr=tcr,
            scanning=self._to.scanning,
        )
        await self._check(car, booking)
        remarks = remarks_of(booking.impressions.values())
        await self._prints.keep_file(booking_id, _remarks_name(submission.tcn), remarks.encode())
        await self._prints.keep_file(booking_id, _car_name(submission.tcn), car)
        await self._ledger.checked(booking_id, self._clock.now())
        self._say({"event": "checked", "booking": booking_id})
        envelope, sealed_with = await self._enveloped(car, submission.tcn, remarks)
        known = KnownNumbers(booking.subject.fbi_numbers, booking.subject.state_id)
        sealed = Sealed(envelope.content_sha256, envelope.envelope_sha256, len(car), sealed_with)
        await self._ledger.sealed(submission.tcn, sealed, self._clock.now(), known)
        return envelope.envelope_sha256

    async def resend(self, booking_id: BookingId) -> str:
        """The last submission once more: the same bytes under the same TCN. The transfer id.

        One without a receipt is sent until it has one, in the envelope it has. Of one with a receipt the envelope is gone, so its file is
        sealed anew. Raises LivescanError when nothing was sealed yet.
        """
        row = self.last_sealed(booking_id)
        if not row.receipted and row.envelope_sha256:
            await self._ledger.send_again(row.envelope_sha256)
            return row.envelope_sha256
        if row.envelope_sha256 in self._ledger.unacknowledged_releases():
            raise NotSealed("The last sending of that booking is just being closed.", do="Try again in a minute.")
        envelope, sealed_with = await self._enveloped(await self.file(booking_id), row.tcn, await self.remarks(booking_id, row.tcn))
        await self._ledger.resealed(row.tcn, envelope.envelope_sha256, self._clock.now(), sealed_with)
        return envelope.envelope_sha256

    async def renew(self, txid: str) -> str | None:
        """An envelope whose file is lost is sealed anew from the booking's own file, under the same TCN; the new transfer id."""
        row = self._ledger.by_envelope(txid)
        if row is None or row.receipted or row.undone:
            return None
        car = await self._prints.file(row.booking_id, _car_name(row.tcn))
        envelope, sealed_with = await self._enveloped(car, row.tcn, await self.remarks(row.booking_id, row.tcn))
        await self._ledger.resealed(row.tcn, envelope.envelope_sha256, self._clock.now(), sealed_with)
        return envelope.envelope_sha256

    async def remarks(self, booking_id: BookingId, tcn: str) -> str:
        """What was said beside the file of that control number; "" also for one that was sealed before there were remarks."""
        try:
            return (await self._prints.file(booking_id, _remarks_name(tcn))).decode()
        except NotInVault:
            return ""

    async def file(self, booking_id: BookingId) -> bytes:
        """The bytes that were sealed last. Raises LivescanError when there are none."""
        return await self._prints.file(booking_id, _car_name(self.last_sealed(booking_id).tcn))

    def last_sealed(self, booking_id: BookingId) -> SubmissionRow:
        sealed = [row for row in self._ledger.submissions(booking_id) if row.envelope_sha256 is not None and not row.undone]
        if not sealed:
            raise NotSealed(
                "That booking is not sealed yet.", means="There is no file of it.", do="`livescan booking list` shows where each stands."
            )
        return sealed[-1]

    async def _numbered(self, booking_id: BookingId) -> SubmissionRow:
        """The submission that is begun, or a new one under the booking's next control number."""
        now = self._clock.now()
        tcn = self._ledger.draft_tcn(booking_id) or await self._tcns.give(booking_id, now)
        return await self._ledger.assign_tcn(booking_id, tcn, now)

    async def _enveloped(self, car: bytes, tcn: str, remarks: str) -> tuple[Envelope, SealedWith]:
        """Sealed to the bureau, and on disk; and what it depends on. A booking sealed anew says the same."""
        sealed_with = SealedWith(certificate_sha256(self._to.certificate).hex(), self._signer.certificate.not_valid_after_utc)
        routing = Routing(MessageKind.TRANSACTION, self._to.station, tcn, self._to.bureau, self._to.environment)
        sealing = partial(seal, signer=self._signer, recipient=self._to.certificate, revocations=self._revocations, now=self._clock.now())
        envelope = await asyncio.to_thread(partial(sealing, remarks=remarks), car, routing)
        await self._outbound.keep(envelope)
        return envelope, sealed_with

    async def _assemble(self, booking_id: BookingId) -> Booking:
        row = self._ledger.booking(booking_id)
        assert row is not None
        facts = await self._prints.facts(booking_id)
        taken = sorted(self._ledger.taken(booking_id))
        impressions = {position: await self._prints.impression(booking_id, position) for position in taken}
        photos = await self._photos.all(booking_id)
        return Booking(booking_id, row.opened_at, row.officer, facts.subject, facts.arrest, facts.missing, impressions, photos)

    async def _encode(self, booking: Booking) -> dict[Position, EncodedImage]:
        positions = list(booking.impressions)
        encoded = await asyncio.gather(*(self._encode_one(booking.id, booking.impressions[position]) for position in positions))
        return dict(zip(positions, encoded, strict=True))

    async def _encode_one(self, booking_id: BookingId, taken: Impression) -> EncodedImage:
        """An image that came compressed goes out as it came; every other is compressed in a worker."""
        original = None if taken.live else await self._prints.original(booking_id, taken)
        if original is not None:
            return EncodedImage(original, taken.width, taken.height, WSQ, taken.ppi)
        return await self._workers.run(encode_print, taken.pixels, taken.ppi, self._to.profile.ppi, self._to.software)

    async def _check(self, car: bytes, booking: Booking) -> None:
        """Images of our own making are decoded in workers; where some came from outside and go out as they came, all are decoded apart."""
        foreign = any(not taken.live for taken in booking.impressions.values())
        problems = await problems_of(car, self._workers, self._decoder if foreign else None)
        if problems:
            raise SealRefused(
                f"The file for the bureau does not pass its check: {'; '.join(problems)}.",
                means="It was not sealed and not sent. The prints are safe.",
                do="Mend the named fields, then go on with the booking.",
            )


async def problems_of(car: bytes, workers: Workers, apart: Decoder | None = None) -> list[str]:
    """What a receiver would object to. Read and checked in one worker, each image decoded in one, since decoding may crash the codec.

    apart: decodes the images instead, where they are not of our making.
    """
    opened = await workers.run(read_again, car)
    look = partial(_problems_apart, apart) if apart else partial(workers.run, picture_problems)
    found = await asyncio.gather(*(look(picture) for picture in opened.pictures))
    return [*opened.problems, *(problem for problems in found for problem in problems)]


async def _problems_apart(decoder: Decoder, picture: Picture) -> tuple[str, ...]:
    try:
        pixels = await decoder.grey(bytes(picture.data), FINGER)
    except ImageError as error:
        return (f"The image of the {picture.words} cannot be decoded: {error.what}",)
    return picture_problems(picture, lambda _: pixels)


def _car_name(tcn: str) -> str:
    return f"car-{tcn}"


def _remarks_name(tcn: str) -> str:
    return f"remarks-{tcn}"
