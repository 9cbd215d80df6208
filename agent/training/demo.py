"""One booking, unattended, with every part a process of its own: scanner, broker, bureau, core, uplink.

Nothing here takes part in the booking: it starts the parts, opens one booking through the core's API as a kiosk page would, and watches.
Every wait has a deadline and every failure names its step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from agent.errors import LivescanError
from agent.model.fingers import Position
from agent.settings import config_dir, read_toml
from agent.training.site import TrainingSite

_SCANNER_WITHIN = 120.0  # s; a synthetic person is grown first
_READY_WITHIN = 30.0  # s
_SILENCE = 90.0  # s without any event of the booking

STEPS = ("captured", "checked", "sealed", "handed_over", "queued", "sent", "received", "sre", "idr")  # in the order of a booking's life
_LAST = frozenset(("received", "sre", "idr"))

Show = Callable[[str, Mapping[str, Any]], None]  # what happens, for the screen


class DemoFailed(LivescanError):
    """The demo's booking did not come through; `step` is where."""

    def __init__(self, step: str, error: LivescanError) -> None:
        super().__init__(error.what, means=error.means, do=error.do)
        self.step = step


class Demo:
    def __init__(
        self,
        site: TrainingSite,
        show: Show,
        missing: Mapping[str, str] | None = None,
        *,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """`missing`: fingers that are said to be missing beside those of the subject's file; "9" to AMP code XX or UP.

        `settings`: of the station, by table, where they are not those of a training site.
        """
        self._settings = dict(settings or {})
        self._missing = dict(missing or {})
        self._site = site
        self._show = show
        self._step = "keys"

    def run(self, subject: str, speed: float) -> dict[str, Any]:
        """The core's own account of the finished booking. Raises DemoFailed naming the step."""
        try:
            missing = self._start_parts(subject, speed)
            return self.book(missing)
        except LivescanError as error:
            raise DemoFailed(self._step, error) from error

    def _begin(self, step: str, **what: Any) -> None:
        self._step = step
        self._show(step, what)

    def _start_parts(self, subject: str, speed: float) -> Mapping[str, str]:
        """What the subject's file says of missing fingers: finger to AMP code."""
        site = self._site
        self._begin("keys")
        site.make_keys()
        self._begin("scanner", subject=subject)
        scanner = site.start_scanner(subject, speed=speed, progress=lambda what: self._show("subject", what))
        self._begin("broker")
        site.start_broker()
        self._begin("bureau")
        bureau = site.start_bureau()
        self._begin("agent")
        site.write_settings(**self._settings)
        for part in (bureau, site.start_station_part("core"), site.start_station_part("uplink")):
            self._step = part.name
            part.wait_ready(_READY_WITHIN)
        self._step = "scanner"
        hands = scanner.wait_ready(_SCANNER_WITHIN)
        lacks = [Position(fgp).words for fgp in hands["lacks"]]
        if lacks:
            raise LivescanError(
                f"The subject has no print for: {', '.join(lacks)}.",
                means="A criminal ten-print needs fourteen impressions, or a reason for each finger that is missing.",
                do="Use the file of a whole ten-print card.",
            )
        return {**hands["missing"], **self._missing}

    def book(self, missing: Mapping[str, str]) -> dict[str, Any]:
        """Open the booking and follow it until receipt and both replies are tied to it."""
        self._step = STEPS[0]
        client = self._site.client
        events = client.stream("/api/events", timeout=_SILENCE)
        next(events)  # listening: from here on nothing is missed
        booking = str(client.post("/api/bookings", training_booking(missing))["booking"])
        self._follow(event for event in events if event.get("booking") == booking)
        return dict(client.get(f"/api/bookings/{booking}"))

    def _follow(self, events: Iterator[Mapping[str, Any]]) -> None:
        heard: set[str] = set()
        for event in events:
            kind = str(event["event"])
            self._show(kind, event)
            if kind == "held":
                raise LivescanError(str(event["why"]))
            heard.add(kind)
            self._step = next((step for step in STEPS if step not in heard), STEPS[-1])
            if heard >= _LAST:
                return


def training_booking(missing: Mapping[str, str]) -> dict[str, Any]:
    """The body that opens a booking of the training person today."""
    person = read_toml(config_dir() / "training-person.toml")
    arrest = {"date_of_arrest": datetime.now(UTC).astimezone().date().isoformat(), **person["arrest"]}
    return {"facts": {"subject": person["subject"], "arrest": arrest, "missing": dict(missing)}, "officer": person["officer"]}
