"""What the pages ask of the core."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, Protocol

from agent.access.desk import AccessDesk
from agent.audit.desk import AuditDesk
from agent.audit.entries import Entry
from agent.booking.intake import Intake
from agent.capture.station import Presence
from agent.capture.view import LiveView
from agent.clock import Clock
from agent.jail.desk import JailDesk
from agent.web.api import Station
from agent.web.capturing import CaptureDesk
from agent.web.casework import CaseDesk
from agent.web.devices import DeviceDesk
from agent.web.files import FileDesk
from agent.web.gallery import GalleryDesk
from agent.web.liaison import LiaisonDesk
from agent.web.replies import ReplyDesk, RetakenDesk, TaskDesk
from agent.web.sending import SendingDesk
from agent.web.settings import SettingsDesk


class Scanner(Protocol):
    """What `capture.station.StationCapture` tells a page."""

    @property
    def view(self) -> LiveView: ...
    async def present(self) -> Presence: ...
    def asked_now(self, booking_id: str) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True)
class Place:
    """The station, as every page names it."""

    station: str
    ori: str
    agency: str
    training: bool
    time_zone: tzinfo
    second_officer: bool = False  # whether this state wants one for an override


@dataclass(frozen=True)
class Check:
    """One line of the station check."""

    name: str  # of the catalogue: check.NAME
    good: bool
    says: str  # of the catalogue: check.SAYS, with the values
    values: Mapping[str, object] = field(default_factory=dict)
    fix: str = ""  # path of the page that mends it; "" none


@dataclass(frozen=True)
class KioskParts:
    place: Place
    clock: Clock
    station: Station
    access: AccessDesk
    intake: Intake
    scanner: Scanner
    capture: CaptureDesk
    files: FileDesk
    cases: CaseDesk
    replies: ReplyDesk
    tasks: TaskDesk
    liaison: LiaisonDesk
    retaken: RetakenDesk
    sending: SendingDesk
    gallery: GalleryDesk
    note: Callable[[Entry], Awaitable[None]]  # to the audit record, before anything is shown
    checks: Callable[[], Awaitable[Sequence[Check]]]
    jail: JailDesk
    audit: AuditDesk
    devices: DeviceDesk
    settings: SettingsDesk
    overridden: Callable[[str], bool]  # whether an officer kept a print of this booking below its limit; blocks
    taken: Callable[[str], Collection[int]]  # positions that are stored of a booking
