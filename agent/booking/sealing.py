"""From fourteen accepted impressions to a sealed envelope on disk.

The TCN and the file's time are on disk before the file is built, and building is deterministic: a crash at any line leads to the same bytes
again, so to the same content digest. The file is re-opened, checked against the dictionary and all its images decoded before it is sealed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from cryptography import x509

from agent.booking.ids import new_tcn
from agent.booking.ledger import KnownNumbers, Ledger, Sealed
from agent.booking.outbound import Outbound
from agent.booking.prints import Prints
from agent.booking.say import Say
from agent.clock import Clock
from agent.errors import LivescanError
from agent.imaging.codec import decode_wsq, encode_wsq
from agent.model.booking import Booking, BookingId
from agent.model.fingers import Position
from agent.model.impression import Impression
from agent.model.messages import Environment, MessageKind, Routing
from agent.signing.private_keys import Signer
from agent.signing.seal import seal
from agent.submission.build import EncodedImage, StationIdentity, build_car
from agent.submission.reopen import reopen
from agent.workers import Workers


class SealRefused(LivescanError):
    """The file that was built does not pass its own check: it is not sealed, and nothing is lost."""


@dataclass(frozen=True)
class SealedTo:
    """Where envelopes of this station go."""

    station: str
    identity: StationIdentity
    bureau: str
    certificate: x509.Certificate  # the bureau's opening certificate
    environment: Environment


class Sealer:
    def __init__(
        self,
        *,
        ledger: Ledger,
        prints: Prints,
        outbound: Outbound,
        workers: Workers,
        signer: Signer,
        to: SealedTo,
        clock: Clock,
        say: Say,
    ) -> None:
        self._ledger = ledger
        self._prints = prints
        self._outbound = outbound
        self._workers = workers
        self._signer = signer
        self._to = to
        self._clock = clock
        self._say = say

    async def seal(self, booking_id: BookingId) -> str:
        """Build, check, seal and commit; the transfer id. Raises SealRefused when a person must mend the booking."""
        booking = await self._assemble(booking_id)
        submission = await self._ledger.assign_tcn(booking_id, new_tcn(self._to.station, self._clock.now()), self._clock.now())
        images = await self._encode(booking)
        car = build_car(booking, tcn=submission.tcn, made_at=submission.made_at, station=self._to.identity, images=images)
        await self._check(car)
        await self._prints.keep_file(booking_id, f"car-{submission.tcn}", car)
        await self._ledger.checked(booking_id, self._clock.now())
        self._say({"event": "checked", "booking": booking_id})
        routing = Routing(MessageKind.TRANSACTION, self._to.station, submission.tcn, self._to.bureau, self._to.environment)
        envelope = seal(car, routing, signer=self._signer, recipient=self._to.certificate, now=self._clock.now())
        await self._outbound.keep(envelope)
        known = KnownNumbers(booking.subject.fbi_numbers, booking.subject.state_id)
        sealed = Sealed(envelope.content_sha256, envelope.envelope_sha256, len(car))
        await self._ledger.sealed(submission.tcn, sealed, self._clock.now(), known)
        return envelope.envelope_sha256

    async def _assemble(self, booking_id: BookingId) -> Booking:
        row = self._ledger.booking(booking_id)
        assert row is not None
        facts = await self._prints.facts(booking_id)
        taken = sorted(self._ledger.taken(booking_id))
        impressions = {position: await self._prints.impression(booking_id, position) for position in taken}
        return Booking(booking_id, row.opened_at, row.officer, facts.subject, facts.arrest, facts.missing, impressions)

    async def _encode(self, booking: Booking) -> dict[Position, EncodedImage]:
        positions = list(booking.impressions)
        encoded = await asyncio.gather(*(self._encode_one(booking.impressions[position]) for position in positions))
        return dict(zip(positions, encoded, strict=True))

    async def _encode_one(self, impression: Impression) -> EncodedImage:
        data = await self._workers.run(encode_wsq, impression.pixels)
        return EncodedImage(data=data, width=impression.width, height=impression.height)

    async def _check(self, car: bytes) -> None:
        problems = await self._workers.run(_problems, car)
        if problems:
            raise SealRefused(
                f"The file for the bureau does not pass its check: {'; '.join(problems)}.",
                means="It was not sealed and not sent. The prints are safe.",
                do="Mend the named fields, then go on with the booking.",
            )


def _problems(car: bytes) -> tuple[str, ...]:
    """What a receiver would object to; runs in a worker, since decoding may crash the codec."""
    return reopen(car, decode_wsq).problems
