"""A card's images as a booking: decoded apart, assessed in workers, then stored as if they had been taken
here, and sealed like any other.

Bytes from outside meet the native decoders only in a process that may die of them (`decoding`): then the file is refused, and
names the image.
A booking appears whole or not at all. What has been compressed is not compressed again: the sealed file carries the image as it came.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from agent.booking.facts import Facts
from agent.booking.from_file import CardFile, ImportRefused, facts_of, read_card
from agent.booking.ids import new_booking_id
from agent.booking.ledger import Ledger
from agent.booking.prints import Prints
from agent.clock import Clock
from agent.decoding.desk import Decoder
from agent.decoding.wire import FINGER, Formats
from agent.errors import LivescanError
from agent.model.booking import BookingId
from agent.model.fingers import Position, fingers_of
from agent.model.impression import GrayImage, Impression, Override, Verdict
from agent.nist.codec import parse
from agent.quality.assess import Asked, assess
from agent.quality.thresholds import QualityThresholds
from agent.submission.pictures import Picture
from agent.workers import WorkerDied

CANNOT_RETAKE = "from a file: the finger is not here to be taken again"


class Importer:
    def __init__(self, ledger: Ledger, prints: Prints, decoder: Decoder, limits: QualityThresholds, clock: Clock) -> None:
        self._ledger = ledger
        self._prints = prints
        self._decoder = decoder
        self._limits = limits
        self._clock = clock

    async def import_file(self, data: bytes, facts: Facts | None, officer: str) -> tuple[BookingId, tuple[str, ...]]:
        """The new booking, captured and on disk, and what of the file has no place in it.

        facts: instead of the file's own Type-2. Raises NistError, ImportRefused or FactsError.
        """
        tx = await asyncio.to_thread(parse, data)
        card = read_card(tx)
        facts = facts or facts_of(tx)
        impressions = await self._impressions(card, facts, officer)
        now = self._clock.now()
        booking_id = new_booking_id(now)
        await self._prints.keep_facts(booking_id, facts)
        for impression in impressions:
            await self._prints.keep(booking_id, impression)
            picture = card.prints[impression.position]
            if picture.coding == "WSQ20" and picture.ppi == 500:
                await self._prints.keep_original(booking_id, impression, bytes(picture.data))
        await self._ledger.imported(booking_id, officer, now, impressions)
        return booking_id, card.ignored

    async def _impressions(self, card: CardFile, facts: Facts, officer: str) -> list[Impression]:
        """Assessed, in the order of their positions; in a file nothing can be retried, so the officer who imports it answers for each."""
        missing = frozenset(facts.missing)
        tasks = [self._impression(position, picture, card, missing) for position, picture in sorted(card.prints.items())]
        found = await asyncio.gather(*tasks)
        why = Override(CANNOT_RETAKE, officer, self._clock.now())
        return [one if one.quality and one.quality.verdict is Verdict.ACCEPT else replace(one, override=why) for one in found]

    async def _impression(self, position: Position, picture: Picture, card: CardFile, missing: frozenset[Position]) -> Impression:
        pixels = await self._decoded(picture)
        gone = frozenset(finger for finger in fingers_of(position) if finger in missing)
        report = await self._decoder.workers.run(assess, pixels, Asked(position, picture.kind, gone, picture.ppi), self._limits, 1)
        taken_on = card.taken_on or self._clock.now()
        return Impression(position, picture.kind, pixels, picture.ppi, 1, card.device, taken_on, report, live=picture.live)

    async def _decoded(self, picture: Picture) -> GrayImage:
        try:
            formats = Formats.RAW if picture.coding == "NONE" else FINGER
            return await self._decoder.grey(bytes(picture.data), formats, (picture.width, picture.height))
        except WorkerDied as died:
            raise ImportRefused(f"The image of the {picture.words} ended the process that decoded it: it is damaged or hostile.") from died
        except LivescanError as error:
            raise ImportRefused(f"The image of the {picture.words} cannot be used: {error.what}") from error
