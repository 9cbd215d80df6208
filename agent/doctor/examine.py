"""The checks, in the order in which one depends on the other. Each is a function of the settings that never raises: a doctor who faints
helps nobody. None of them changes anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from agent.clock import Clock
from agent.doctor import of_machine, of_network, of_station
from agent.doctor.findings import Finding, bad, good, unknown
from agent.errors import ConfigError
from agent.settings import Settings, WrongSettings, load_settings, settings_files

Check = Callable[[Settings, Clock], Iterator[Finding]]

CHECKS: dict[str, Check] = {
    "program": of_machine.program,
    "machine": of_machine.machine,
    "clock": of_machine.clock,
    "disk": of_machine.disk,
    "folders": of_station.folders,
    "keys": of_station.keys,
    "scanner": of_station.scanner,
    "services": of_station.services,
    "core": of_station.core,
    "page": of_network.page,
    "broker": of_network.broker,
    "addresses": of_network.addresses,
    "fips": of_machine.fips,
}


def examine(config: Path, clock: Clock) -> tuple[Finding, ...]:
    """Everything that can be looked at; without settings, the settings alone."""
    settings, found = _settings(config)
    if settings is not None:
        for name, check in CHECKS.items():
            found += _looked(name, check, settings, clock)
    return tuple(found)


def _settings(config: Path) -> tuple[Settings | None, list[Finding]]:
    try:
        settings = load_settings(config)
    except WrongSettings as wrong:
        return None, [bad("settings", f"{fault.words}.", fault.do) for fault in wrong.faults]
    except ConfigError as error:
        return None, [bad("settings", error.what, error.do)]
    kind = "training" if settings.training else "production"
    files = ", ".join(path.name for path in settings_files(config))
    return settings, [good("settings", f"{settings.station.id} is a {kind} station; its settings ({files}) are right.")]


def _looked(name: str, check: Check, settings: Settings, clock: Clock) -> list[Finding]:
    try:
        return list(check(settings, clock))
    except Exception as error:  # of whatever the machine lacks: it is said, and the other checks go on
        return [unknown(name, f"This could not be looked at ({type(error).__name__}).", "Run it as root.")]
