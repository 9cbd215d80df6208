"""From a booking's stored prints to its templates, and from templates to whom they resemble: jobs of the background's one process."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from agent.booking.ledger import Ledger
from agent.booking.prints import Prints
from agent.calm import Calm
from agent.decoding.desk import Decoder
from agent.decoding.wire import FINGER
from agent.gallery import reading
from agent.gallery.candidates import Candidate
from agent.gallery.gallery import Gallery
from agent.imaging.wsq_header import ImageError
from agent.match.extract import usable
from agent.match.template import Template
from agent.model.booking import BookingId
from agent.model.fingers import FINGERS, Position, fingers_of
from agent.model.impression import GrayImage, Impression
from agent.quality.assess import Asked
from agent.workers import WorkerDied, Workers

log = logging.getLogger(__name__)

DEADLINE = 180.0  # s of one job: at low priority on a busy machine three seconds of CPU may take a minute

T = TypeVar("T")
Templates = dict[Position, Template]


class Taking:
    """To be used from one event loop. The process is started by the first booking."""

    def __init__(self, ledger: Ledger, prints: Prints, decoder: Decoder, calm: Calm) -> None:
        self._ledger = ledger
        self._prints = prints
        self._decoder = decoder
        self._calm = calm
        self._workers = Workers(1, deadline=DEADLINE)

    async def templates(self, booking_id: BookingId) -> Templates:
        """One of each finger: of the plain impression where that shows enough, else of the roll."""
        missing = frozenset((await self._prints.facts(booking_id)).missing)
        found: Templates = {}
        for position in sorted(self._ledger.taken(booking_id), reverse=True):  # plain ones have the higher codes
            wanted = [finger for finger in fingers_of(position) if finger not in found or usable(found[finger])]
            if wanted:
                found |= await self._of(await self._prints.impression(booking_id, position), missing, wanted)
        return found

    async def of_files(self, fingers: Mapping[Position, bytes], ppi: int) -> Templates:
        """Of picture files of single fingertips; those that are no picture or show nothing are left out."""
        made = {finger: await self._of_file(data, ppi) for finger, data in fingers.items()}
        return {finger: one for finger, one in made.items() if one is not None and not usable(one)}

    async def candidates(self, gallery: Gallery, templates: Templates, near: Callable[..., Any]) -> list[Candidate]:
        """`near`: runs the gallery's own part, which waits for the disk, on a thread."""
        small = await self._job(reading.small_of, templates)
        if small is None:
            return []
        others = await near(small)
        return gallery.candidates(await self._job(reading.compare_near, templates, small, others) or {})

    async def officers(self, templates: Templates, officers: Mapping[str, Templates]) -> dict[str, dict[Position, float]]:
        return (await self._job(reading.compare_officers, templates, officers) or {}) if officers else {}

    def rest(self) -> None:
        """Nothing is waiting: the process ends and gives its memory back (LEADER's is some 350 MB); the next booking starts another."""
        self._workers.close()
        self._workers = Workers(1, deadline=DEADLINE)

    def close(self) -> None:
        self._workers.close()

    async def _of_file(self, data: bytes, ppi: int) -> Template | None:
        try:
            pixels = await self._decoder.grey(data, FINGER)
        except ImageError:
            return None
        return await self._workers.run(reading.template_of_picture, pixels, ppi)

    async def _of(self, impression: Impression, missing: frozenset[Position], wanted: list[Position]) -> Templates:
        asked = Asked(impression.position, impression.kind, missing & frozenset(FINGERS), impression.ppi)
        tips: Mapping[Position, GrayImage] = await self._job(reading.cut_tips, impression.pixels, asked) or {}
        made = {finger: await self._job(reading.template_of, tip, impression.ppi) for finger, tip in tips.items() if finger in wanted}
        return {finger: one for finger, one in made.items() if one is not None}

    async def _job(self, fn: Callable[..., T], *args: Any) -> T | None:
        """When no page is being drawn. None where the process died of it: that print is left out."""
        await self._calm.come()
        try:
            return await self._workers.run(fn, *args)
        except WorkerDied as died:
            log.warning("gallery: %s", died.what)
            return None
