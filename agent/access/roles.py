"""Roles and what each may do: one table. Pure. CJIS Security Policy v6.0 AC-6: as little as the work needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    BOOKING_OFFICER = "booking_officer"
    SUPERVISOR = "supervisor"
    RECORDS_LIAISON = "records_liaison"  # replies, detainers, and what ICE is answered
    ADMIN = "admin"  # the station, its officers, its keys; no booking, no history
    AUDITOR = "auditor"  # reads the record of all of it, changes nothing
    JAIL_SYSTEM = "jail_system"  # a program: says who is to be printed, asks what became of it
    MONITOR = "monitor"  # a program: how the station is, in numbers


class Right(StrEnum):
    STATUS = "status"  # how the station is
    DEVICES = "devices"  # the scanner's live picture while no booking has it, its self-test, what was wrong with it
    SETTINGS = "settings"  # of the station: read, and taken up; never written from here
    SEE = "see"  # which bookings there are and where each stands
    BOOK = "book"  # open, capture, decide, photograph, import
    CORRECT = "correct"  # change what is sealed, send again
    EXPORT = "export"  # take files and cards out
    HISTORY = "history"  # criminal-history data: replies of the bureau, and what is derived from them
    LIAISE = "liaise"  # ICE's forms, and what is drafted for ICE
    REPORTS = "reports"  # counts for oversight
    SUSPEND = "suspend"  # the immigration features, at once (SOP 1.0)
    LIFT = "lift"  # that suspension
    OFFICERS = "officers"
    RETENTION = "retention"  # purge, expunge, legal hold
    AUDIT = "audit"
    JAIL = "jail"  # /api/v1: who is to be printed, where each booking stands
    METRICS = "metrics"  # numbers for a monitoring system
    PROGRAMS = "programs"  # tokens of programs
    READ_IDENTIFICATION = "read_identification"  # SRE, ERRT: asked by casework at each view
    READ_IMMIGRATION = "read_immigration"  # IDR, IAR and their photos (SOP 2.2.6)
    READ_DETAINER = "read_detainer"
    SEARCH_DETAINERS = "search_detainers"  # for persons with a lodged one
    DRAFT_QUERY = "draft_query"  # a name-based query to ICE
    OWN = "own"  # one's own session, password, security keys


_R = Role
PEOPLE = frozenset(Role) - {_R.JAIL_SYSTEM, _R.MONITOR}
TABLE: Mapping[Right, frozenset[Role]] = MappingProxyType(
    {
        Right.STATUS: frozenset(Role),
        Right.DEVICES: frozenset({_R.BOOKING_OFFICER, _R.SUPERVISOR, _R.ADMIN}),
        Right.SETTINGS: frozenset({_R.ADMIN}),
        Right.SEE: frozenset({_R.BOOKING_OFFICER, _R.SUPERVISOR, _R.RECORDS_LIAISON}),
        Right.BOOK: frozenset({_R.BOOKING_OFFICER, _R.SUPERVISOR}),
        Right.CORRECT: frozenset({_R.SUPERVISOR, _R.RECORDS_LIAISON}),
        Right.EXPORT: frozenset({_R.SUPERVISOR, _R.RECORDS_LIAISON}),
        Right.HISTORY: frozenset({_R.SUPERVISOR, _R.RECORDS_LIAISON}),
        Right.LIAISE: frozenset({_R.SUPERVISOR, _R.RECORDS_LIAISON}),
        Right.REPORTS: frozenset({_R.SUPERVISOR}),
        Right.SUSPEND: frozenset({_R.SUPERVISOR, _R.RECORDS_LIAISON, _R.ADMIN}),
        Right.LIFT: frozenset({_R.ADMIN}),
        Right.OFFICERS: frozenset({_R.ADMIN}),
        Right.RETENTION: frozenset({_R.RECORDS_LIAISON}),
        Right.AUDIT: frozenset({_R.AUDITOR}),
        Right.JAIL: frozenset({_R.JAIL_SYSTEM}),
        Right.METRICS: frozenset({_R.MONITOR, _R.JAIL_SYSTEM, _R.ADMIN}),
        Right.PROGRAMS: frozenset({_R.ADMIN}),
        Right.READ_IDENTIFICATION: frozenset({_R.BOOKING_OFFICER, _R.SUPERVISOR, _R.RECORDS_LIAISON}),
        Right.READ_IMMIGRATION: frozenset({_R.RECORDS_LIAISON}),
        Right.READ_DETAINER: frozenset({_R.SUPERVISOR, _R.RECORDS_LIAISON}),
        Right.SEARCH_DETAINERS: frozenset({_R.RECORDS_LIAISON}),
        Right.DRAFT_QUERY: frozenset({_R.RECORDS_LIAISON}),
        Right.OWN: PEOPLE,
    }
)

# AC-5: who does the work does not also rule over who may do it, or over the record of it
APART = (
    frozenset({_R.ADMIN, _R.AUDITOR}),
    frozenset({_R.BOOKING_OFFICER, _R.AUDITOR}),
    frozenset({_R.SUPERVISOR, _R.AUDITOR}),
    frozenset({_R.RECORDS_LIAISON, _R.AUDITOR}),
)


def may(roles: Collection[Role], right: Right) -> bool:
    return any(role in TABLE[right] for role in roles)


def clash(roles: Collection[Role]) -> frozenset[Role] | None:
    """Two roles that one officer may not have together."""
    return next((pair for pair in APART if pair <= set(roles)), None)
