"""What this station is, and to whom it seals, from its settings and its keys; and what that bureau would refuse before a print is taken."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.booking.facts import Facts, FactsError
from agent.booking.sealing import SealedTo
from agent.clock import Clock
from agent.errors import ConfigError
from agent.model.booking import Booking, BookingId
from agent.nist.findings import Finding, Rule, Severity
from agent.settings import Settings
from agent.signing.ring import KeyRing
from agent.submission.build import StationIdentity
from agent.submission.errors import SubmissionError
from agent.submission.precheck import check_facts
from agent.submission.profiles import PROFILES
from agent.submission.type14 import Scanning


def require_same_station(settings: Settings, keys: KeyRing) -> None:
    if keys.station != settings.station.id:
        raise ConfigError(
            f"The settings are of station {settings.station.id}, the keys of station {keys.station}.",
            means="What is sealed here would be refused.",
            do="Set station.id, or install this station's keys.",
        )


def sealed_to(settings: Settings, keys: KeyRing) -> SealedTo:
    """Raises ConfigError."""
    station = settings.station
    try:
        zone = ZoneInfo(station.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(
            f"station.time_zone '{station.time_zone}' is not a time zone.", do="Give an IANA name, America/Chicago say."
        ) from error
    identity = StationIdentity(
        ori=station.ori, dai=settings.bureau.ori, cri=station.cri or (station.ori,), agency_name=station.agency or None, time_zone=zone
    )
    made = settings.submission
    return SealedTo(
        station.id,
        identity,
        settings.bureau.name,
        keys.bureau,
        station.environment,
        PROFILES[made.profile],
        Scanning(made.monitoring, made.fap, made.nfiq2_vendor, made.nfiq2_product),
        f"livescan-agent {version('livescan-agent')}",
    )


def check_for(identity: StationIdentity, clock: Clock) -> Callable[[Facts], list[Finding]]:
    """What the bureau would refuse of facts, whoever's they are."""

    def check(facts: Facts) -> list[Finding]:
        booking = Booking(BookingId("PRECHECK"), clock.now(), "", facts.subject, facts.arrest, facts.missing)
        try:
            return check_facts(booking, identity, clock.now())
        except SubmissionError as error:  # what cannot even be written
            return [Finding("2", Rule.CHARACTERS, "ANSI/NIST-ITL 1-2011 5.1", Severity.ERROR, error.what)]

    return check


def precheck_for(check: Callable[[Facts], list[Finding]]) -> Callable[[Facts], None]:
    """Raises FactsError with every rule that the facts break, before anyone is asked for a finger."""

    def precheck(facts: Facts) -> None:
        if wrong := check(facts):
            said = "; ".join(f"{one.field} {one.sentence}" for one in wrong)
            raise FactsError(f"The bureau would refuse these facts: {said}", means="Nothing was opened.", do="Mend these fields.")

    return precheck
