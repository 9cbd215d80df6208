"""Photographs of a booking in the vault: a head as JSON with its length before it, then the JPEG."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from agent.model.booking import BookingId
from agent.model.photo import Photo, PhotoKind
from agent.store.vault import Vault

_NAME = re.compile(r"photo-([0-9]{2})")


@dataclass(frozen=True)
class _Head:
    """A photo without its picture."""

    kind: PhotoKind
    width: int
    height: int
    taken_at: datetime
    pose: str
    mark: str | None
    description: str | None


_HEAD = TypeAdapter(_Head)


class Photos:
    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def keep(self, booking_id: BookingId, photo: Photo) -> int:
        """On disk when this returns; its number, from 1. A new photo of the face takes the place of the old one."""
        return await asyncio.to_thread(self._keep, booking_id, photo)

    async def all(self, booking_id: BookingId) -> tuple[Photo, ...]:
        return await asyncio.to_thread(lambda: tuple(self._get(booking_id, number) for number in self._numbers(booking_id)))

    def _keep(self, booking_id: BookingId, photo: Photo) -> int:
        numbers = self._numbers(booking_id)
        faces = [number for number in numbers if photo.kind is PhotoKind.FACE and self._get(booking_id, number).kind is PhotoKind.FACE]
        number = faces[0] if faces else max(numbers, default=0) + 1
        self._vault.put(booking_id, f"photo-{number:02d}", _to_bytes(photo))
        return number

    def _numbers(self, booking_id: BookingId) -> list[int]:
        return [int(found[1]) for name in self._vault.names(booking_id) if (found := _NAME.fullmatch(name))]

    def _get(self, booking_id: BookingId, number: int) -> Photo:
        return _from_bytes(self._vault.get(booking_id, f"photo-{number:02d}"))


def _to_bytes(photo: Photo) -> bytes:
    head = _HEAD.dump_json(_Head(photo.kind, photo.width, photo.height, photo.taken_at, photo.pose, photo.mark, photo.description))
    return len(head).to_bytes(4, "big") + head + photo.jpeg


def _from_bytes(data: bytes) -> Photo:
    """The bytes come from the vault, which has authenticated them."""
    end = 4 + int.from_bytes(data[:4], "big")
    head = _HEAD.validate_json(data[4:end])
    return Photo(head.kind, data[end:], head.width, head.height, head.taken_at, head.pose, head.mark, head.description)
