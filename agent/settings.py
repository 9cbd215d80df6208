"""A station's settings: read once, frozen, an unknown key is an error.

Layers: `config/station-defaults.toml`, the station's own file, then `conf.d/*.toml` beside it in the order of their names. `config/` stands
beside the code in a checkout and at `agent/_config` in an installed wheel (see ARCHITECTURE.md).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import ConfigError
from agent.model.messages import Environment
from agent.settings_faults import USBIP, Fault, Layer, faults_of, no_toml

StationId = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,13}$")]  # also MQTT topic level, client id and certificate common name
Ori = Annotated[str, Field(pattern=r"^[A-Z]{2}[A-Z0-9]{7}$")]  # originating agency identifier, EBTS 1.008


class WrongSettings(ConfigError):
    """Settings with which no station starts; every fault has its place and its remedy."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        told = "; ".join(fault.words for fault in faults)
        super().__init__(f"The settings are wrong. {told}.", means="The station does not start with them.", do=faults[0].do)
        self.faults = faults


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
    state: str = ""  # whose profile says how answers are written: a name in config/profiles, or the path of such a file; "" profile 1


class PathSettings(_Frozen):
    state: Path
    runtime: Path
    keys: Path
    uplink: Path | None = None  # the uplink's own folder; None: within `state`
    uplink_keys: Path | None = None  # ca/ca.crt and station/tls.{crt,key} where the uplink is a user of its own; None: within `keys`
    jurisdiction: Path | None = None  # the station's file over config/jurisdiction.toml
    gallery: Path | None = None  # the station's file over config/gallery.toml
    retention: Path | None = None  # the station's file over config/retention.toml

    @property
    def uplink_state(self) -> Path:
        return self.uplink or self.state / "uplink"

    @property
    def tls_keys(self) -> Path:
        """The key folder with the uplink's TLS key and its copy of the authority's certificate."""
        return self.uplink_keys or self.keys

    @property
    def core_socket(self) -> Path:
        """Where the core serves its pages and its API."""
        return self.runtime / "core.sock"

    @property
    def handover_socket(self) -> Path:
        """Where the core meets the uplink."""
        return self.runtime / "handover.sock"

    @property
    def decode_socket(self) -> Path:
        """Where systemd offers a decoder for images from outside; not there in development."""
        return self.runtime / "decode.sock"

    @property
    def leases(self) -> Path:
        """Who has which device open."""
        return self.runtime / "leases"


class ScannerSettings(_Frozen):
    serial: str
    usbip: str = Field(pattern=USBIP)
    calibrate_every: int = Field(ge=0, le=3660)  # days; 0 it is not followed


class CaptureSettings(_Frozen):
    workers: int = Field(ge=1, le=16)
    unattended: bool
    state: str  # whose table of capture.toml holds beside the common rules; "" none
    ppi: Literal[0, 500, 1000]  # asked of the scanner; 0: what capture.toml says


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
    mqtt: Literal["3.1.1", "5"]  # version spoken with the broker
    chunk: int = Field(ge=1_024, le=131_008)  # bytes of an envelope in one message: docs/bureau-contract.md section 3
    keepalive: int = Field(ge=5, le=3600)  # s
    in_flight: int = Field(ge=1, le=16)
    retry_first: float = Field(gt=0)  # s
    retry_most: float = Field(gt=0)  # s
    undo: float = Field(ge=0, le=3600)  # s


class TrustSettings(_Frozen):
    est: str = Field(pattern=r"^(|https://[^\s]+)$")  # EST server of the authority, RFC 7030
    crl: str = Field(pattern=r"^(|https?://[^\s]+)$")  # where the authority publishes its revocation list
    renew_before: int = Field(ge=1, le=365)  # days
    fips_required: bool


class ApiSettings(_Frozen):
    host: str
    port: int = Field(ge=0, le=65535)  # of the kiosk's page; 0 none


class JailSettings(_Frozen):
    drop: str  # a folder in which the jail system leaves files; "" none


class WatchSettings(_Frozen):
    textfile: str = Field(pattern=r"^(|/.+\.prom)$")  # for node_exporter; "" none
    report: int = Field(ge=0, le=86_400)  # s between two reports to whoever administers it; 0 none


class FleetSettings(_Frozen):
    administrators: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...] = Field(max_length=16)  # SHA-256 of signing certificates


class AccessSettings(_Frozen):
    required: bool
    breached: str  # path of a list of breached passwords; "" none but the shipped
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
    jail: JailSettings
    watch: WatchSettings
    fleet: FleetSettings

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


def settings_files(path: Path) -> tuple[Path, ...]:
    """The station's file and those of `conf.d` beside it, in the order in which they are laid over each other."""
    return (path, *sorted((path.parent / "conf.d").glob("*.toml")))


def load_settings(path: Path) -> Settings:
    """The defaults with the station's files laid over them. Raises WrongSettings naming file, line and key of everything that is wrong."""
    layers = layers_of(path)
    try:
        settings = Settings.model_validate(_merged(layers))
    except ValidationError as error:
        raise WrongSettings(faults_of([dict(one) for one in error.errors()], layers, _known())) from error
    _refuse_simulation_in_production(settings, layers)
    return settings


def load_paths(path: Path) -> PathSettings:
    """The paths alone, of a station whose settings may not be whole yet. Raises ConfigError."""
    layers = layers_of(path)
    try:
        return PathSettings.model_validate(_merged(layers)["paths"])
    except ValidationError as error:
        found = [{**one, "loc": ("paths", *one["loc"])} for one in error.errors()]
        raise WrongSettings(faults_of(found, layers, _known())) from error


def layers_of(path: Path) -> list[Layer]:
    """The files in the order in which they are laid over each other, the defaults first. Raises ConfigError."""
    return [_layer(one) for one in (config_dir() / "station-defaults.toml", *settings_files(path))]


def _merged(layers: Sequence[Layer]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = _overlay(merged, layer.values)
    return merged


def _layer(path: Path) -> Layer:
    text = ""
    try:
        text = path.read_text("utf-8")
        return Layer(path, text, tomllib.loads(text))
    except OSError as error:
        raise ConfigError(f"Cannot read {path}: {error.strerror}.", do="Give its path with --config.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongSettings((no_toml(path, error, text),)) from error


def known_keys() -> tuple[str, ...]:
    """Every setting that there can be, dotted."""
    return tuple(f"{table}.{key}" for table, keys in _known().items() if table for key in keys)


def _known() -> dict[str, tuple[str, ...]]:
    tables = {name: tuple(field.annotation.model_fields) for name, field in Settings.model_fields.items() if field.annotation is not None}
    return {"": tuple(tables), **tables}


def _refuse_simulation_in_production(settings: Settings, layers: Sequence[Layer]) -> None:
    if settings.training:
        return
    said = (("scanner.usbip", settings.scanner.usbip), ("capture.unattended", settings.capture.unattended))
    found = [key for key, value in said if value]
    if found:
        message = {"type": "training", "msg": "this is for training and is set in production"}
        raise WrongSettings(
            tuple(replace(one, do=_TRAINING) for one in faults_of([{**message, "loc": tuple(key.split("."))} for key in found], layers, {}))
        )


_TRAINING = "Remove it, or use a training station."


def _overlay(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in over.items():
        out[key] = _overlay(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else value
    return out
