"""A fleet that does not exist: stations with keys of a training authority, and what each would tell."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent.delivery.status import Status, encode_status
from agent.fleet.collect import Collected
from agent.fleet.report import Lack, Report, encode
from agent.signing.certificates import Purpose, Role
from agent.signing.private_keys import FileSigner
from agent.signing.statements import Kind, sign
from agent.signing.training_ca import Issued, issue, make_ca

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CANNOT = "Prints cannot be taken: the scanner does not answer."


def report(station: str, **facts: object) -> Report:
    plain = Report(
        station=station, environment="training", at=NOW - timedelta(seconds=40), every=300, started_at=NOW - timedelta(days=3),
        version="0.1.0", scanner="ready", open=0, waiting=0, waiting_since=None, last_receipt=NOW - timedelta(hours=2), for_a_person=0,
        room=400, certificates={"signing": NOW + timedelta(days=300), "opening": NOW + timedelta(days=300)},
    )  # fmt: skip
    return replace(plain, **facts)  # type: ignore[arg-type]


def signer_of(ca: Issued, name: str, role: Role = Role.STATION) -> FileSigner:
    made = issue(ca, name, role, Purpose.SIGNING, now=NOW - timedelta(days=65))
    return FileSigner(made.certificate, made.key)


def signed(told: Report, signer: FileSigner) -> bytes:
    return sign(encode(told), Kind.REPORT, signer, told.at)


def fleet(count: int, seed: int = 7) -> tuple[Issued, Collected, dict[str, str]]:
    """count stations, most of them well; the authority, what the broker has, the roster."""
    ca, chance, found = make_ca(NOW - timedelta(days=70)), random.Random(seed), Collected()
    roster = {f"LS-{number:04}": f"County jail {number}" for number in range(1, count + 1)}
    for station in roster:
        told, online = _told(station, chance)
        if told is None:
            continue
        found.reports[station] = signed(told, signer_of(ca, station))
        found.statuses[station] = encode_status(Status(online, told.at, NOW + timedelta(days=chance.randint(5, 300))))
    return ca, found, roster


def _told(station: str, chance: random.Random) -> tuple[Report | None, bool]:
    lot = chance.random()
    if lot < 0.01:
        return None, False
    if lot < 0.04:
        return report(station, cannot=(Lack(CANNOT, NOW - timedelta(minutes=chance.randint(3, 4000))),), scanner="lost"), True
    if lot < 0.08:
        return report(station, at=NOW - timedelta(minutes=chance.randint(20, 9000))), False
    if lot < 0.12:
        return report(station, waiting=chance.randint(1, 9), waiting_since=NOW - timedelta(minutes=chance.randint(61, 3000))), True
    if lot < 0.2:
        return report(station, room=chance.randint(1, 19)), True
    return report(station, waiting=1, waiting_since=NOW - timedelta(minutes=chance.randint(0, 50))) if lot < 0.5 else report(station), True
