"""The topics between stations and bureau. Pure. docs/bureau-contract.md, "Topics"."""

from __future__ import annotations

import re
from dataclasses import dataclass

BUREAU_STATUS = "fp/v1/bureau/status"

# for the bureau's own subscriptions
ALL_TRANSFERS = "fp/v1/st/+/tx/+/+/+"
ALL_ACKNOWLEDGEMENTS = "fp/v1/st/+/ack/+"
ALL_STATIONS_STATUS = "fp/v1/st/+/status"

# for an administrator: docs/fleet.md. Under `tx` and `rx`, so that a station's permissions on a broker that is set up already suffice
ALL_REPORTS = "fp/v1/st/+/tx/report"

STATION = re.compile(r"[A-Za-z0-9-]{1,13}")
DIGEST = re.compile(r"[0-9a-f]{64}")
_TRANSFER = re.compile(r"fp/v1/st/([A-Za-z0-9-]{1,13})/(tx|rx)/([0-9a-f]{64})/(0|[1-9][0-9]{0,9})/([1-9][0-9]{0,9})")
_HELD = re.compile(r"fp/v1/st/([A-Za-z0-9-]{1,13})/rx/have/([0-9a-f]{64})/([1-9][0-9]{0,4})")
_ACK = re.compile(r"fp/v1/st/([A-Za-z0-9-]{1,13})/ack/([0-9a-f]{64})")
_STATUS = re.compile(r"fp/v1/st/([A-Za-z0-9-]{1,13})/status")
_REPORT = re.compile(r"fp/v1/st/([A-Za-z0-9-]{1,13})/tx/report")
_COMMAND = re.compile(r"fp/v1/st/([A-Za-z0-9-]{1,13})/rx/command/([0-9a-f]{32})/1")


@dataclass(frozen=True)
class Transfer:
    """One chunk on its way: `direction` is "tx" (station to bureau) or "rx" (bureau to station)."""

    station: str
    direction: str
    digest: str  # txid or rid
    index: int
    total: int


def tx(station: str, txid: str, index: int, total: int) -> str:
    return f"fp/v1/st/{station}/tx/{txid}/{index}/{total}"


def rx(station: str, rid: str, index: int, total: int) -> str:
    return f"fp/v1/st/{station}/rx/{rid}/{index}/{total}"


def inbound(station: str) -> str:
    """What a station subscribes to. One level each and no '#': brokers differ in whether 'x/#' needs a permission for 'x' (NATS does)."""
    return f"fp/v1/st/{station}/rx/+/+/+"


def have(station: str, txid: str, total: int) -> str:
    """Under `rx` and as deep as a chunk, so that a station hears it by the filter and the permission that it has."""
    return f"fp/v1/st/{station}/rx/have/{txid}/{total}"


def parse_have(topic: str) -> tuple[str, str, int] | None:
    """(station, txid, total)"""
    found = _HELD.fullmatch(topic)
    return (found[1], found[2], int(found[3])) if found else None


def ack(station: str, rid: str) -> str:
    return f"fp/v1/st/{station}/ack/{rid}"


def status(station: str) -> str:
    return f"fp/v1/st/{station}/status"


def parse_transfer(topic: str) -> Transfer | None:
    found = _TRANSFER.fullmatch(topic)
    return Transfer(found[1], found[2], found[3], int(found[4]), int(found[5])) if found else None


def parse_ack(topic: str) -> tuple[str, str] | None:
    """(station, rid)"""
    found = _ACK.fullmatch(topic)
    return (found[1], found[2]) if found else None


def parse_status(topic: str) -> str | None:
    """The station of a station's status topic."""
    found = _STATUS.fullmatch(topic)
    return found[1] if found else None


def report(station: str) -> str:
    """How a station is, signed, retained. One level less than a chunk: no bureau hears it."""
    return f"fp/v1/st/{station}/tx/report"


def parse_report(topic: str) -> str | None:
    """The station of a report's topic."""
    found = _REPORT.fullmatch(topic)
    return found[1] if found else None


def command(station: str, number: str) -> str:
    """What an administrator asks of a station; as deep as a chunk, so that a station hears it by the filter that it has."""
    return f"fp/v1/st/{station}/rx/command/{number}/1"


def parse_command(topic: str) -> tuple[str, str] | None:
    """(station, number)"""
    found = _COMMAND.fullmatch(topic)
    return (found[1], found[2]) if found else None


def answer(station: str, number: str) -> str:
    """What a station answers to a command."""
    return f"fp/v1/st/{station}/tx/answer/{number}"
