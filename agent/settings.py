"""A station's settings: read once, frozen, an unknown key is an error.

Two layers: `config/station-defaults.toml`, then the station's own file. `config/` stands beside the code in a checkout and at
`agent/_config` in an installed wheel (see ARCHITECTURE.md).
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import ConfigError
from agent.model.messages import Environment

StationId = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,13}$")]  # also MQTT topic level, client id and certificate common name
Ori = Annotated[str, Field(pattern=r"^[A-Z]{2}[A-Z0-9]{7}$")]  # originating agency identifier, EBTS 1.008


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StationSettings(_Frozen):
    id: StationId
    environment: Environment
    ori: Ori  # this agency: Type-1 1.008
    cri: tuple[Ori, ...] = Field(default=(), max_length=3)  # controlling agencies, EBTS 2.073; () means the ORI
    agency: str = ""  # for people, and 1.017 ANM
    time_zone: str = "UTC"  # IANA name; dates in a transaction are local dates (EBTS appendix C 1.1)


class BureauSettings(_Frozen):
    name: str  # common name of the certificates that the bureau signs and opens with
    ori: Ori  # the SIB's ORI: Type-1 1.007 DAI; never the FBI's
    host: str
    port: int = Field(gt=0, le=65535)


class PathSettings(_Frozen):
    state: Path
    runtime: Path
    keys: Path
    jurisdiction: Path | None = None  # the station's file over config/jurisdiction.toml

    @property
    def core_socket(self) -> Path:
        """Where the core serves its pages and its API."""
        return self.runtime / "core.sock"

    @property
    def handover_socket(self) -> Path:
        """Where the core meets the uplink."""
        return self.runtime / "handover.sock"

    @property
    def leases(self) -> Path:
        """Who has which device open."""
        return self.runtime / "leases"


class ScannerSettings(_Frozen):
    serial: str
    usbip: str


class CaptureSettings(_Frozen):
    workers: int = Field(ge=1, le=16)
    unattended: bool
    state: str  # whose table of capture.toml holds beside the common rules; "" none


class PedalSettings(_Frozen):
    port: str


class CameraSettings(_Frozen):
    source: str


class SubmissionSettings(_Frozen):
    profile: Literal["CAR", "CAR-14", "CAR-14-1000"]
    monitoring: Literal["CONTROLLED", "ASSISTED", "OBSERVED", "UNATTENDED", "UNKNOWN"]
    fap: int | None = Field(default=None, ge=10, le=60)
    nfiq2_vendor: int = Field(gt=0, le=0xFFFF)
    nfiq2_product: int = Field(gt=0, le=0xFFFF)


class DeliverySettings(_Frozen):
    keepalive: int = Field(ge=5, le=3600)  # s
    in_flight: int = Field(ge=1, le=16)
    retry_first: float = Field(gt=0)  # s
    retry_most: float = Field(gt=0)  # s


class TrustSettings(_Frozen):
    est: str = Field(pattern=r"^(|https://[^\s]+)$")  # EST server of the authority, RFC 7030
    crl: str = Field(pattern=r"^(|https?://[^\s]+)$")  # where the authority publishes its revocation list
    renew_before: int = Field(ge=1, le=365)  # days
    fips_required: bool


class ApiSettings(_Frozen):
    host: str
    port: int = Field(ge=0, le=65535)  # of the kiosk's page; 0 none


class AccessSettings(_Frozen):
    required: bool
    origin: str = Field(pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$")


class Settings(_Frozen):
    station: StationSettings
    bureau: BureauSettings
    paths: PathSettings
    scanner: ScannerSettings
    capture: CaptureSettings
    pedal: PedalSettings
    camera: CameraSettings
    submission: SubmissionSettings
    delivery: DeliverySettings
    trust: TrustSettings
    api: ApiSettings
    access: AccessSettings

    @property
    def sign_in_required(self) -> bool:
        """A production station knows no other way."""
        return self.access.required or not self.training

    @property
    def training(self) -> bool:
        return self.station.environment is Environment.TRAINING


def config_dir() -> Path:
    """The folder of shipped defaults: in the wheel, or beside the code in a checkout."""
    here = Path(__file__).resolve().parent
    for place in (here / "_config", here.parent / "config"):
        if place.is_dir():
            return place
    raise ConfigError("The folder of default settings is missing from this installation.", do="Install livescan-agent again.")


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a dictionary. Raises ConfigError with file and line, never a parser's own exception."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"Cannot read {path}: {error.strerror}.", do="Give its path with --config.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.", do="Mend the line it names.") from error


def load_settings(path: Path) -> Settings:
    """The defaults with the station's file laid over them. Raises ConfigError naming every wrong key."""
    merged = _overlay(read_toml(config_dir() / "station-defaults.toml"), read_toml(path))
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_in_words(error)}.", means="The station does not start.", do="Mend these keys.") from error
    _refuse_simulation_in_production(settings, path)
    return settings


def _refuse_simulation_in_production(settings: Settings, path: Path) -> None:
    if settings.training:
        return
    for key, value in (("scanner.usbip", settings.scanner.usbip), ("capture.unattended", settings.capture.unattended)):
        if value:
            raise ConfigError(f"{path}: {key} is for training and is set in production.", do="Remove it, or use a training station.")


def _overlay(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in over.items():
        out[key] = _overlay(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else value
    return out


def _in_words(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(str(part) for part in e['loc'])}: {e['msg'].lower()}" for e in error.errors())
