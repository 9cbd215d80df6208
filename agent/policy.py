"""What law, agreement and policy of a jurisdiction decide: `config/jurisdiction.toml` with the station's own file over it. Frozen values.

Nothing here makes the software act on a person: every key can only switch something off, lengthen no custody, and name who was asked.
"""

from __future__ import annotations

import logging
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import ConfigError
from agent.settings import config_dir, read_toml
from agent.store.files import sync_folder, write_durably

log = logging.getLogger(__name__)

FILE = "jurisdiction.toml"


class DetainerPolicy(StrEnum):
    HONOUR = "honour"
    JUDICIAL_WARRANT = "judicial_warrant"
    NOTIFY = "notify"
    DECLINE = "decline"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Agreement(_Frozen):
    """The Memorandum of Agreement (SOP 1.0)."""

    reference: str = ""
    signed_on: date | None = None
    signatories: tuple[str, ...] = ()

    @property
    def on_file(self) -> bool:
        return bool(self.reference and self.signed_on and self.signatories)


class Procedure(_Frozen):
    edition: str = Field(min_length=1)
    message_routing: bool
    suspended: str = ""


class State(_Frozen):
    nff: bool
    relay_minutes: int = Field(ge=0, le=24 * 60)

    @property
    def relay(self) -> timedelta:
        return timedelta(minutes=self.relay_minutes)


class Clocks(_Frozen):
    """How long each answer may take, and how long ICE may: SOP 2.1.4, 2.2.3, 3.2.4; 8 CFR 287.7(d)."""

    acknowledgement_minutes: int = Field(gt=0)
    sre_hours: int = Field(gt=0)
    match_hours: int = Field(gt=0)
    no_match_hours: int = Field(gt=0)
    notice_days: int = Field(gt=0)
    hold_hours: int = Field(gt=0, le=48)  # never longer than the regulation's
    alarm_hours: tuple[int, ...] = Field(min_length=1)


class Calendar(_Frozen):
    edition: str
    agency_closures: tuple[date, ...] = ()


class Detainers(_Frozen):
    policy: DetainerPolicy


class Iaq(_Frozen):
    by_a_person: bool


class Report(_Frozen):
    smallest_cell: int = Field(ge=5)


class Jurisdiction(_Frozen):
    agreement: Agreement
    procedure: Procedure
    state: State
    clocks: Clocks
    calendar: Calendar
    detainer: Detainers
    iaq: Iaq
    report: Report

    @property
    def why_off(self) -> str:
        """Why no immigration response is expected, in one sentence; "" where one is."""
        if self.procedure.suspended:
            return f"The immigration features are suspended: {self.procedure.suspended}"
        if not self.agreement.on_file:
            return "No signed agreement (MOA) is on file: the immigration features are off."
        if not self.procedure.message_routing:
            return "Your state does not route this reply: none will come."
        return ""


def load_jurisdiction(path: Path | None = None) -> Jurisdiction:
    """The shipped defaults with the station's file laid over them. Raises ConfigError naming every wrong key."""
    shipped = config_dir() / FILE
    tables = read_toml(shipped)
    for name, table in (read_toml(path) if path else {}).items():
        tables[name] = {**tables.get(name, {}), **table} if isinstance(table, dict) else table
    return _validated(_emptied(tables), path or shipped)


class PolicyFile:
    """The policy as it is now: the file is looked at again at each use, so that a suspension holds from the next look on.

    Raises ConfigError for a wrong file at the start. One that becomes wrong or unreadable later never keeps a booking from being sealed:
    what stood before goes on with the immigration features suspended, until the file is mended.
    """

    def __init__(self, path: Path | None = None, switch: Path | None = None) -> None:
        """switch: where a person's suspension is kept (`suspend`), whatever stands in the file; None: there is no such switch."""
        self._path = path
        self._switch = switch
        self._policy = load_jurisdiction(path)
        self._stamp = self._now()

    def __call__(self) -> Jurisdiction:
        stamp = self._now()
        if stamp != self._stamp:
            self._policy, self._stamp = self._read(), stamp
        reason = self.suspended
        return _suspended(self._policy, reason) if reason else self._policy

    @property
    def suspended(self) -> str:
        """A person's reason, until it is lifted; "" where nobody has suspended anything. One that cannot be read still suspends."""
        try:
            return self._switch.read_text("utf-8") if self._switch else ""
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError):
            return "a person suspended them; why cannot be read"

    def suspend(self, reason: str) -> None:
        """The immigration features are off from the next look on, and after a restart. Raises OSError."""
        if self._switch is not None:
            write_durably(self._switch, reason.encode())

    def lift(self) -> None:
        """What a person suspended goes on; what the file suspends does not. Raises OSError."""
        if self._switch is not None and self._switch.exists():
            self._switch.unlink()
            sync_folder(self._switch.parent)

    def _read(self) -> Jurisdiction:
        try:
            return load_jurisdiction(self._path)
        except ConfigError as error:
            log.error("the jurisdiction's file cannot be used: %s", error)
            return _suspended(self._policy, "the jurisdiction's file cannot be used")

    def _now(self) -> tuple[int, int] | None:
        """None while there is no file to look at."""
        try:
            found = self._path.stat() if self._path else None
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size) if found else None


def _suspended(policy: Jurisdiction, reason: str) -> Jurisdiction:
    procedure = policy.procedure.model_copy(update={"suspended": policy.procedure.suspended or reason})
    return policy.model_copy(update={"procedure": procedure})


def _emptied(tables: dict[str, Any]) -> dict[str, Any]:
    """TOML has no null: an empty date is none."""
    agreement = tables.get("agreement")
    if isinstance(agreement, dict) and agreement.get("signed_on") == "":
        tables["agreement"] = {**agreement, "signed_on": None}
    return tables


def _validated(tables: dict[str, Any], path: Path) -> Jurisdiction:
    try:
        return Jurisdiction.model_validate(tables)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg'].lower()}" for one in error.errors())
        raise ConfigError(f"{path}: {said}.", means="No policy was taken from it.", do="Mend these keys.") from error
