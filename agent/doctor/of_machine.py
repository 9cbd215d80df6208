"""The program as it is installed, and the machine that it runs on."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent import fips as fips_mode
from agent.clock import Clock
from agent.doctor.findings import Finding, bad, good, note, unknown
from agent.settings import Settings
from agent.store.room import Room, RoomSettings

NEEDED = ("numpy", "cv2", "cryptography", "nbis", "wsq", "usb", "paho.mqtt.client", "starlette", "uvicorn")
LEAST_CORES, LEAST_MB = 2, 2000  # of a booking PC: two workers, gallery, browser
FEW_BOOKINGS = 50  # from which room is worth a word
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised


def program(_settings: Settings, _clock: Clock) -> Iterator[Finding]:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        yield bad("program", f"Parts of the program are missing: {', '.join(missing)}.", "Install livescan-agent again.")
        return
    version = metadata.version("livescan-agent")
    yield good("program", f"livescan-agent {version} on Python {sys.version_info.major}.{sys.version_info.minor} is whole.")
    yield from _weights()


def _weights() -> Iterator[Finding]:
    from agent.match.extract_leader import find_weights  # noqa: PLC0415  loads numpy and OpenCV

    if importlib.util.find_spec("onnxruntime") is None or find_weights() is None:
        yield note(
            "program", "The accurate minutiae network is not installed; NIST's MINDTCT is used.", "Use the Debian package, which has it."
        )


def machine(_settings: Settings, _clock: Clock) -> Iterator[Finding]:
    cores, megabytes = os.cpu_count() or 1, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000
    told = f"{cores} processor cores and {megabytes} MB of memory"
    if cores < LEAST_CORES or megabytes < LEAST_MB:
        yield note("machine", f"This machine has {told}; {LEAST_CORES} and {LEAST_MB} MB are wanted.", "Expect slower verdicts.")
    else:
        yield good("machine", f"This machine has {told}.")


def clock(settings: Settings, clock: Clock) -> Iterator[Finding]:
    try:
        ZoneInfo(settings.station.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield bad("clock", f"station.time_zone {settings.station.time_zone!r} is no time zone.", "Give an IANA name, America/Chicago say.")
    if synchronised():
        yield good("clock", f"The clock is synchronised: {clock.now():%Y-%m-%d %H:%M} UTC.")
    else:
        yield note(
            "clock",
            "The clock is not synchronised; dates of arrest, certificates and the record depend on it.",
            "timedatectl set-ntp true, or the agency's own time server.",
        )


def synchronised() -> bool:
    """What the kernel knows; systemd-timesyncd leaves a file beside."""
    if Path("/run/systemd/timesync/synchronized").exists():
        return True
    timex = ctypes.create_string_buffer(512)  # struct timex with modes 0: only asks
    return ctypes.CDLL(None).adjtimex(timex) not in (-1, _TIME_ERROR)


def disk(settings: Settings, _clock: Clock) -> Iterator[Finding]:
    state = settings.paths.state / "core"
    if not state.exists():
        yield unknown("disk", f"{state} is not there or cannot be seen from here.", "Start the station once, or run this as root.")
        return
    room = Room(state, RoomSettings())
    if room.bookings == 0:
        yield bad("disk", "There is no room for another booking.", "Let what is sealed be sent, or free space on that disk.")
    elif room.bookings < FEW_BOOKINGS:
        yield note("disk", f"There is {room.words}.", "Free space before it is used up.")
    else:
        yield good("disk", f"There is {room.words}.")


def fips(settings: Settings, _clock: Clock) -> Iterator[Finding]:
    missing = fips_mode.missing_in_python()
    if settings.trust.fips_required and missing:
        yield bad("fips", f"FIPS mode is required and not there: {missing}.", "Use a system with a FIPS provider; docs/trust.md.")
    elif not settings.trust.fips_required:
        yield note(
            "fips", "FIPS mode is not required by the settings (trust.fips_required).", "Ask the agency's CJIS officer whether it must be."
        )
    else:
        yield good("fips", "OpenSSL runs in FIPS mode.")
