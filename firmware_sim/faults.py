"""What can go wrong, by name: a table that people, scenarios and `livescan sim faults --json` read. How each is done stands in
`firmware_sim.trouble`. What a table row promises is seen on the wire in tests/firmware_sim/test_faults_*.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Where(StrEnum):
    ENUMERATION = "enumeration"
    CONTROL = "control"
    BULK = "bulk"
    INTERRUPT = "interrupt"
    LINK = "power and link"
    OPTICS = "optics and hands"
    SERIAL = "serial line"


USB = frozenset({"fap60", "uru4500"})
FAP60, URU4500, ZFM = frozenset({"fap60"}), frozenset({"uru4500"}), frozenset({"zfm"})
PEDAL, LEDPANEL = frozenset({"pedal"}), frozenset({"ledpanel"})
LINES = ZFM | PEDAL | LEDPANEL


@dataclass(frozen=True)
class Parameter:
    name: str
    default: int | float | str
    meaning: str  # with its unit
    low: float = 0
    high: float = 1_000_000_000

    def as_json(self) -> dict[str, object]:
        told: dict[str, object] = {"name": self.name, "default": self.default, "meaning": self.meaning}
        return told if isinstance(self.default, str) else told | {"low": self.low, "high": self.high}


@dataclass(frozen=True)
class Fault:
    name: str
    where: Where
    models: frozenset[str]
    sentence: str
    parameters: tuple[Parameter, ...] = field(default=())

    def as_json(self) -> dict[str, object]:
        parameters = [parameter.as_json() for parameter in self.parameters]
        head = {"name": self.name, "where": str(self.where), "models": sorted(self.models), "sentence": self.sentence}
        return head | {"parameters": parameters}


class FaultError(Exception):
    """There is no such fault, or not with these values; one sentence says why."""


TIMES = Parameter("times", 1, "how often it happens; 0: until it is cleared", 0, 1_000_000)
AFTER = Parameter("after", 0, "how many it lets pass first", 0, 1_000_000)
ONCE = (TIMES, AFTER)
AT = Parameter("at", 65_536, "bytes into the transfer; rounded down to a whole packet", 0, 16_000_000)
KIND = Parameter("kind", "any", "of the frame: preview, result, raw_roll, image, any")
SIZE = Parameter("size", 4_096, "bytes; rounded down to whole packets", 512, 1_000_000)
BACK = Parameter("back_ms", 500, "until it is plugged in again, ms; 0: it stays away", 0, 600_000)


def _ms(default: int, meaning: str) -> Parameter:
    return Parameter("ms", default, f"{meaning}, ms", 0, 600_000)


def _percent(default: int, meaning: str) -> Parameter:
    return Parameter("percent", default, meaning, 0, 100)


FAULTS: tuple[Fault, ...] = (
    # enumeration
    Fault("slow-enumeration", Where.ENUMERATION, USB, "Every standard request is answered late.", (_ms(200, "late by"), *ONCE)),
    Fault(
        "wrong-string",
        Where.ENUMERATION,
        USB,
        "A string descriptor says something else.",
        (Parameter("index", 3, "1 maker, 2 product, 3 serial number", 1, 3), Parameter("text", "WRONG", "what it says"), *ONCE),
    ),
    Fault("config-stall", Where.ENUMERATION, USB, "SET_CONFIGURATION is answered by a STALL.", ONCE),
    Fault("same-serial", Where.ENUMERATION, USB, "A second device with the same serial number is listed beside it, at bus id 1-2."),
    Fault(
        "bad-total-length",
        Where.ENUMERATION,
        USB,
        "The configuration descriptor tells a wrong wTotalLength.",
        (Parameter("length", 4_096, "bytes that it claims", 0, 65_535), *ONCE),
    ),
    # control
    Fault("control-stall-once", Where.CONTROL, USB, "One vendor request is answered by a STALL.", ONCE),
    Fault("control-stall-always", Where.CONTROL, USB, "Every vendor request is answered by a STALL until this is cleared."),
    Fault("control-nak", Where.CONTROL, USB, "A vendor request is never answered: the host's time runs out.", ONCE),
    Fault(
        "control-short",
        Where.CONTROL,
        USB,
        "A vendor request that reads gets fewer bytes than it should.",
        (Parameter("length", 3, "bytes that come", 0, 64), *ONCE),
    ),
    # bulk
    Fault("stall-mid-frame", Where.BULK, USB, "The pipe halts inside a frame until the host clears the halt.", (AT, KIND, *ONCE)),
    Fault("short-packet-early", Where.BULK, USB, "A short packet ends the transfer inside a frame; the rest follows.", (AT, KIND, *ONCE)),
    Fault("missing-zlp", Where.BULK, USB, "A frame that ends on a whole packet is not ended by a zero-length packet.", (KIND, *ONCE)),
    Fault("extra-zlp", Where.BULK, USB, "A zero-length packet follows a frame that has ended already.", (KIND, *ONCE)),
    Fault(
        "babble", Where.BULK, USB, "A packet inside a frame is longer than the pipe's: the read fails with EOVERFLOW.", (AT, KIND, *ONCE)
    ),
    Fault("bulk-nak", Where.BULK, USB, "The pipe gives nothing for a while inside a frame.", (_ms(800, "for"), AT, KIND, *ONCE)),
    Fault(
        "full-speed",
        Where.BULK,
        USB,
        "The bulk pipe falls to the speed of a full-speed bus.",
        (Parameter("rate", 1_000_000, "bytes a second", 1_000, 1_000_000_000),),
    ),
    Fault("lost-chunk", Where.BULK, USB, "Some packets inside a frame are missing.", (AT, SIZE, KIND, *ONCE)),
    Fault("duplicated-chunk", Where.BULK, USB, "Some packets inside a frame come twice.", (AT, SIZE, KIND, *ONCE)),
    Fault("reordered-chunks", Where.BULK, USB, "Two pieces inside a frame have changed places.", (AT, SIZE, KIND, *ONCE)),
    Fault(
        "bit-flips",
        Where.BULK,
        USB,
        "Some bits of a frame's pixels are wrong.",
        (Parameter("count", 8, "bits", 1, 10_000), KIND, *ONCE),
    ),
    Fault("header-corrupt", Where.BULK, USB, "A frame's header is damaged.", (KIND, *ONCE)),
    Fault("stale-frame", Where.BULK, FAP60, "The result of the capture before comes in place of this one's.", ONCE),
    # interrupt
    Fault("event-lost", Where.INTERRUPT, USB, "An event is not sent.", ONCE),
    Fault("event-duplicated", Where.INTERRUPT, USB, "An event is sent twice.", ONCE),
    Fault("late-finger-off", Where.INTERRUPT, USB, "It is said late that the finger has gone.", (_ms(1_500, "late by"), *ONCE)),
    Fault(
        "early-event",
        Where.INTERRUPT,
        USB,
        "An event comes before the control write that caused it has ended, as real readers do.",
        (_ms(50, "the write ends later by"), *ONCE),
    ),
    Fault("imminent-failure", Where.INTERRUPT, URU4500, "Event 0x0800, and the next image has no bytes.", ONCE),
    # power and link
    Fault("unplug-idle", Where.LINK, USB, "The cable is pulled at once, while nothing is under way.", (BACK,)),
    Fault("unplug-armed", Where.LINK, USB, "The cable is pulled when the device next waits for a finger.", (BACK,)),
    Fault("unplug-mid-frame", Where.LINK, USB, "The cable is pulled inside a frame.", (AT, KIND, BACK)),
    Fault("unplug-mid-result", Where.LINK, USB, "The cable is pulled inside the picture that was taken.", (AT, BACK)),
    Fault("replug-new-address", Where.LINK, USB, "The cable is pulled and put back: the same device has another address.", (BACK,)),
    Fault(
        "replug-other-firmware",
        Where.LINK,
        USB,
        "It comes back with other firmware.",
        (Parameter("release", 0x0200, "bcdDevice", 0, 0xFFFF), BACK),
    ),
    Fault(
        "replug-other-serial",
        Where.LINK,
        USB,
        "Another device of the same kind comes back.",
        (Parameter("serial", "LS60-9999", "its serial number"), BACK),
    ),
    Fault("port-reset", Where.LINK, USB, "The hub resets the port: what was under way ends, the device begins anew."),
    Fault("suspend-resume", Where.LINK, USB, "The bus sleeps: no pipe gives anything for a while.", (_ms(1_000, "for"),)),
    Fault("brown-out", Where.LINK, USB, "The voltage dips: the firmware starts again without leaving the bus."),
    Fault(
        "hang-after-captures",
        Where.LINK,
        USB,
        "After some captures it answers nothing any more until it is plugged in anew.",
        (Parameter("captures", 1, "captures that still work", 0, 10_000),),
    ),
    Fault("watchdog-reboot", Where.LINK, USB, "Its watchdog bites: it leaves the bus and comes back by itself.", (BACK,)),
    Fault("claimed-elsewhere", Where.LINK, USB, "Another program has the device: opening it says busy (EBUSY)."),
    Fault("permission-denied", Where.LINK, USB, "Opening it is not allowed: the USB/IP server says that it is not available."),
    Fault("out-of-memory", Where.LINK, USB, "A bulk read fails with ENOMEM, as large ones do on some host controllers.", ONCE),
    # optics and hands
    Fault("dirt-on-glass", Where.OPTICS, FAP60, "Dirt lies on the glass until it is wiped (clear).", (_percent(50, "of the worst dirt"),)),
    Fault(
        "prints-left-on-glass",
        Where.OPTICS,
        FAP60,
        "From now on each finger leaves its print on the glass, until it is wiped (clear).",
        (_percent(60, "how visible they are"),),
    ),
    Fault(
        "latent-for-fingers", Where.OPTICS, FAP60, "No finger comes; the scanner takes what was left on the glass for the fingers.", ONCE
    ),
    Fault("dirty-platen", Where.OPTICS, FAP60 | URU4500 | ZFM, "Dirt lies on the platen.", ONCE),
    Fault("latent-ghost", Where.OPTICS, FAP60, "The print of the person before shows through.", ONCE),
    Fault("halo", Where.OPTICS, FAP60, "Breath of moisture around the fingers.", ONCE),
    Fault("strong-light", Where.OPTICS, FAP60, "Sunlight falls on the platen and washes the picture out.", ONCE),
    Fault("wet-finger", Where.OPTICS, FAP60 | URU4500 | ZFM, "The skin drips: ridges run together.", ONCE),
    Fault("dry-finger", Where.OPTICS, FAP60 | URU4500 | ZFM, "The skin is parched: ridges break up.", ONCE),
    Fault("smear", Where.OPTICS, FAP60, "The skin drags while the picture is taken.", ONCE),
    Fault("roll-slip", Where.OPTICS, FAP60, "The skin slips against the platen in the middle of a roll.", ONCE),
    Fault("shifted-roll", Where.OPTICS, FAP60, "The finger shifts sideways over the platen in the middle of a roll.", ONCE),
    Fault("shifted-roll-down", Where.OPTICS, FAP60, "The finger shifts towards the wrist in the middle of a roll.", ONCE),
    Fault("fast-roll", Where.OPTICS, FAP60, "The finger is rolled too fast.", ONCE),
    Fault("slow-roll", Where.OPTICS, FAP60, "The finger is rolled too slowly.", ONCE),
    Fault("paused-roll", Where.OPTICS, FAP60, "The finger stops in the middle of the roll.", ONCE),
    Fault("narrow-roll", Where.OPTICS, FAP60, "The roll ends half way.", ONCE),
    Fault("reversed-roll", Where.OPTICS, FAP60, "The finger rolls back in the middle of the roll.", ONCE),
    Fault("lifted-roll", Where.OPTICS, FAP60, "The finger loses contact in the middle of the roll.", ONCE),
    Fault("second-finger-in-roll", Where.OPTICS, FAP60, "A neighbour touches the platen in the middle of a roll.", ONCE),
    Fault("wrong-hand", Where.OPTICS, FAP60, "The other hand is laid down.", ONCE),
    Fault("missing-finger", Where.OPTICS, FAP60, "One finger that was asked for stays away.", ONCE),
    Fault("extra-finger", Where.OPTICS, FAP60, "One finger too many touches.", ONCE),
    Fault("spoof", Where.OPTICS, FAP60, "What lies there is no skin, and the scanner sees it.", ONCE),
    Fault("self-test-fails", Where.OPTICS, FAP60, "The next self-tests find that the calibration is missing.", ONCE),
    Fault("sensor-fault", Where.OPTICS, FAP60, "The sensor does not deliver: state ERROR until CLEAR_ERROR."),
    # serial line
    Fault("checksum-error", Where.SERIAL, LINES, "What the device sends has a wrong checksum.", ONCE),
    Fault("lost-packet", Where.SERIAL, LINES, "A packet or line of the device does not arrive.", ONCE),
    Fault(
        "wrong-baud",
        Where.SERIAL,
        LINES,
        "The device speaks at another baud rate than the host thinks: garbage.",
        (Parameter("baud", 19_200, "baud", 1_200, 115_200),),
    ),
    Fault(
        "framing-noise",
        Where.SERIAL,
        LINES,
        "Stray bytes on the line before what the device sends.",
        (Parameter("count", 7, "bytes", 1, 1_000), *ONCE),
    ),
    Fault("silence", Where.SERIAL, LINES, "The device says nothing for a while.", (_ms(3_000, "for"),)),
    Fault("hang-up", Where.SERIAL, LINES, "The cable is pulled.", (BACK,)),
    Fault(
        "contact-bounce",
        Where.SERIAL,
        PEDAL,
        "The pedal's contact bounces at its next edges.",
        (Parameter("edges", 3, "extra pairs of edges", 1, 50),),
    ),
    Fault("stuck-pedal", Where.SERIAL, PEDAL, "The pedal goes down and stays down."),
    Fault("panel-never-acks", Where.SERIAL, LEDPANEL, "The panel shows what it is told and never says so."),
    Fault("panel-broken", Where.SERIAL, LEDPANEL, "The panel says that its hardware cannot show it."),
)

BY_NAME: Mapping[str, Fault] = {fault.name: fault for fault in FAULTS}
Values = Mapping[str, int | float | str]


def find(name: str, model: str) -> Fault:
    """Raises FaultError."""
    fault = BY_NAME.get(name)
    if fault is None:
        raise FaultError(f"There is no fault '{name}': `livescan sim faults` lists them.")
    if model not in fault.models:
        raise FaultError(f"The fault '{name}' is one of {', '.join(sorted(fault.models))}, not of {model}.")
    return fault


def read_values(fault: Fault, given: Mapping[str, object]) -> Values:
    """The parameters of a fault with what was given for them. Raises FaultError."""
    known = {parameter.name: parameter for parameter in fault.parameters}
    if unknown := sorted(set(given) - set(known)):
        raise FaultError(f"The fault '{fault.name}' has no '{unknown[0]}'; it has: {', '.join(known) or 'no parameters'}.")
    return {name: _value(fault, parameter, given.get(name, parameter.default)) for name, parameter in known.items()}


def _value(fault: Fault, parameter: Parameter, value: object) -> int | float | str:
    if isinstance(parameter.default, str):
        return str(value)
    try:
        number = float(str(value))
    except ValueError:
        raise FaultError(f"'{parameter.name}' of '{fault.name}' is a number: {parameter.meaning}.") from None
    if not parameter.low <= number <= parameter.high:
        raise FaultError(f"'{parameter.name}' of '{fault.name}' may be {parameter.low:g} to {parameter.high:g}: {parameter.meaning}.")
    return int(number) if number.is_integer() else number
