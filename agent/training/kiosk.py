"""`make kiosk`: the whole station on one machine, to learn on: simulated scanner, made-up person, training bureau; nothing real leaves it.

Its officers have a password and a telephone like any other; what the telephone would show is said where it was started.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from agent.access.roles import Role
from agent.access.totp import STEP, code_at
from agent.children import Child
from agent.settings import config_dir, read_toml
from agent.training.broker import NatsBroker
from agent.training.site import TrainingSite
from agent.web.client import CoreClient

PASSWORD = "a quiet night at the counter"  # noqa: S105  of made-up officers on a training station
ROLES: Mapping[str, tuple[Role, ...]] = {
    "training-1": (Role.BOOKING_OFFICER, Role.SUPERVISOR),
    "liaison-1": (Role.BOOKING_OFFICER, Role.RECORDS_LIAISON),
    "admin-1": (Role.ADMIN,),
    "auditor-1": (Role.AUDITOR,),
}
UNDO = 8  # s in which a sending may be taken back: short, so that a learner sees the rest
_READY_WITHIN = 30.0  # s
_SCANNER_WITHIN = 180.0  # s; a synthetic person is grown first


@dataclass
class Telephone:
    """An officer's, as far as its codes go."""

    officer: str
    secret: bytes
    used: int = 0  # time step that was shown last: each counts once

    def code(self, now: datetime) -> str:
        """One that was not shown before; of the next time step where this one was."""
        self.used = max(int(now.timestamp()) // STEP, self.used + 1)
        return code_at(self.secret, datetime.fromtimestamp(self.used * STEP, UTC))


class TrainingKiosk:
    def __init__(self, site: TrainingSite, *, port: int, say: Callable[[str, Mapping[str, Any]], None]) -> None:
        self._site = site
        self._port = port
        self._say = say
        self.telephones: dict[str, Telephone] = {}
        self.core: Child | None = None
        self.broker: NatsBroker | None = None

    @property
    def origin(self) -> str:
        return f"http://localhost:{self._port}"

    def start(self, subject: str, speed: float, **settings: Mapping[str, Any]) -> None:
        """Raises LivescanError."""
        site = self._site
        self._say("keys", {})
        site.make_keys()
        self._say("scanner", {"subject": subject})
        scanner = site.start_scanner(subject, speed=speed, progress=lambda what: self._say("subject", what))
        self._say("broker", {})
        self.broker = site.start_broker()
        self._say("bureau", {})
        site.start_bureau().wait_ready(_READY_WITHIN)
        self._say("agent", {})
        page: dict[str, dict[str, Any]] = {
            "api": {"port": self._port},
            "access": {"origin": self.origin},
            "capture": {"unattended": False},
            "delivery": {"undo": UNDO},
        }
        merged = page | {name: {**page.get(name, {}), **table} for name, table in settings.items()}
        site.write_settings(**merged)
        self.core = site.start_station_part("core")
        self.core.wait_ready(_READY_WITHIN)
        site.start_station_part("uplink").wait_ready(_READY_WITHIN)
        for officer, roles in ROLES.items():
            self.telephones[officer] = enrolled(site.client, officer, roles)
        self._fill_list()
        scanner.wait_ready(_SCANNER_WITHIN)

    def _fill_list(self) -> None:
        """The jail's list: three people, and one of them with mistakes to be mended."""
        now = datetime.now(UTC)
        for one in read_toml(config_dir() / "training-jail.toml")["arrival"]:
            arrived = now - timedelta(minutes=one["minutes"])
            charges = [{**charge, "offense_date": _day(charge.get("offense_date"))} for charge in one["charges"]]
            who = {"booking_number": one["number"], "arrived_at": arrived.isoformat(), "date_of_arrest": arrived.date().isoformat()}
            body = {**who, "subject": one["subject"], "charges": charges}
            self._site.client.post("/api/v1/bookings", body, headers={"Idempotency-Key": one["number"]})


def enrolled(client: CoreClient, officer: str, roles: tuple[Role, ...]) -> Telephone:
    """A new officer who has changed the first password already."""
    made = client.post("/api/officers", {"officer": officer, "roles": list(roles)})
    telephone = Telephone(officer, secret_of(made["uri"]))
    proof = {"officer": officer, "password": made["password"], "code": telephone.code(datetime.now(UTC)), "notice": True}
    token = client.post("/api/sign-in", proof)["token"]
    client.as_officer(token).post("/api/session/password", {"password": made["password"], "new": PASSWORD})
    return telephone


def secret_of(uri: str) -> bytes:
    text = parse_qs(urlsplit(uri).query)["secret"][0]
    return base64.b32decode(text + "=" * (-len(text) % 8))


def _day(said: Any) -> str | None:
    return None if said is None else str(said)
