"""A booking: one person, one arrest, the facts typed in, the prints taken. Field names follow EBTS 11.0 appendix C."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NewType

from agent.model.fingers import MissingReason, Position
from agent.model.impression import Impression
from agent.model.photo import Photo

BookingId = NewType("BookingId", str)  # goes to EBTS 2.009 OCA: 1..20 characters, no period


@dataclass(frozen=True)
class Subject:
    """What is said of the person, in EBTS codes. Nothing here ever changes how the booking is handled."""

    name: str  # 2.018 NAM  SURNAME,GIVEN MIDDLE
    place_of_birth: str  # 2.020 POB  NCIC code, XX unknown
    date_of_birth: str  # 2.022 DOB  CCYYMMDD, 00000000 unknown
    sex: str  # 2.024 SEX
    race: str  # 2.025 RAC
    height: str  # 2.027 HGT  feet and inches, 000 unknown
    weight: str  # 2.029 WGT  pounds, 000 unknown
    eyes: str  # 2.031 EYE
    hair: str  # 2.032 HAI
    aliases: tuple[str, ...] = ()  # 2.019 AKA
    citizenship: tuple[str, ...] = ()  # 2.021 CTZ
    marks: tuple[str, ...] = ()  # 2.026 SMT
    fbi_numbers: tuple[str, ...] = ()  # 2.014 FBI
    state_id: str | None = None  # 2.015 SID
    social_security: tuple[str, ...] = ()  # 2.016 SOC
    other_numbers: tuple[str, ...] = ()  # 2.017 MNU
    residence: str | None = None  # 2.041 RES
    occupation: str | None = None  # 2.040 OCP


@dataclass(frozen=True)
class Charge:
    literal: str  # 2.047 ASL, AOL: words, not only a code
    offense_date: date | None = None  # 2.047 ASL, DOO


@dataclass(frozen=True)
class Arrest:
    date_of_arrest: date  # 2.045 DOA, local
    charges: tuple[Charge, ...]
    retain: bool = True  # 2.005 RET
    photo_available: bool = False  # 2.036 PHT
    caution: str | None = None  # 2.056 ICO
    treat_as_adult: bool = False  # 2.087 TAA
    attention: str | None = None  # 2.006 ATN


@dataclass(frozen=True)
class Booking:
    id: BookingId
    opened_at: datetime  # UTC
    officer: str  # officer id, never a name
    subject: Subject
    arrest: Arrest
    missing: Mapping[Position, MissingReason] = field(default_factory=dict)  # single fingers only
    impressions: Mapping[Position, Impression] = field(default_factory=dict, repr=False)  # the accepted one of each position
    photos: tuple[Photo, ...] = ()  # in the order in which they were taken
