"""FAP60's codes in the words of the scanner contract (`drivers.device`), and in sentences for people. Tables only."""

from __future__ import annotations

import numpy as np

from drivers import fap60_wire as wire
from drivers.device import Beep, Capabilities, Colour, Frame, Icon, Indication, Light, Mode, PreviewSize
from drivers.errors import Garbled, Refused
from drivers.fap60_frames import RawFrame
from drivers.fap60_wire import ArmFlag, ArmMode, Error, Info, InfoFlag, Led, State
from drivers.states import DeviceState

ARM_MODES = {
    Mode.ROLL: ArmMode.ROLL,
    Mode.FLAT_1: ArmMode.FLAT_ONE_FINGER,
    Mode.THUMBS: ArmMode.TWO_THUMBS,
    Mode.SLAP_LEFT: ArmMode.LEFT_FOUR,
    Mode.SLAP_RIGHT: ArmMode.RIGHT_FOUR,
    Mode.EMPTY: ArmMode.EMPTY_PLATEN,
}
MODES = {code: mode for mode, code in ARM_MODES.items()}

STATES = {
    State.READY: DeviceState.READY,
    State.AWAIT_CLEAR: DeviceState.AWAIT_CLEAR,
    State.ARMED: DeviceState.ARMED,
    State.TRACKING: DeviceState.TRACKING,
    State.ROLL_ACTIVE: DeviceState.ROLL_ACTIVE,
    State.TAKING: DeviceState.TAKING,
    State.RESULT: DeviceState.RESULT,
    State.ERROR: DeviceState.ERROR,
}

PREVIEWS = {
    PreviewSize.NONE: ArmFlag.NO_PREVIEWS,
    PreviewSize.HALF: ArmFlag.HALF_SIZE_PREVIEWS,
    PreviewSize.FULL: ArmFlag(0),
}

LEDS = {
    Light(Colour.GREEN): Led.GREEN,
    Light(Colour.RED): Led.RED,
    Light(Colour.YELLOW): Led.YELLOW,
    Light(Colour.GREEN, blinking=True): Led.GREEN_BLINKING,
    Light(Colour.RED, blinking=True): Led.RED_BLINKING,
    Light(Colour.YELLOW, blinking=True): Led.YELLOW_BLINKING,
}
BEEPS = {Beep.NONE: wire.Beep.NONE, Beep.GOOD: wire.Beep.GOOD, Beep.TRY_AGAIN: wire.Beep.TRY_AGAIN, Beep.ERROR: wire.Beep.ERROR}
ICONS = {
    Icon.NONE: wire.Icon.NONE,
    Icon.LEFT_FOUR: wire.Icon.LEFT_FOUR,
    Icon.RIGHT_FOUR: wire.Icon.RIGHT_FOUR,
    Icon.THUMBS: wire.Icon.THUMBS,
    Icon.ROLL: wire.Icon.ROLL,
}

KEYS = {1: "foot", 2: "accept", 3: "cancel"}
LED_COLOURS = frozenset(colour.value for colour in Colour)

_SENTENCES: dict[int, tuple[str, str]] = {  # what, do
    Error.BAD_STATE: ("The scanner says that this is not possible in its present state.", ""),
    Error.BAD_VALUE: ("The scanner says that the request is wrong.", "Tell a technician."),
    Error.BAD_TOKEN: ("The scanner says that another capture is under way.", ""),
    Error.SENSOR: ("The scanner's sensor does not deliver.", "Unplug the scanner and plug it in; if it happens again, tell a technician."),
    Error.CALIBRATION: ("The scanner's calibration is missing or too old.", "Have the scanner calibrated."),
    Error.OVERHEAT: ("The scanner is too warm.", "Wait until it has cooled down, then take the finger again."),
    Error.UNKNOWN_REQUEST: ("The scanner does not know this request.", "Tell a technician: its firmware may be too old."),
}


def refusal(code: int) -> Refused:
    """The exception for an error code of section 3."""
    what, do = _SENTENCES.get(code, (f"The scanner refused with code {code}.", ""))
    return Refused(what, do=do)


def finding(code: int) -> str:
    """What a self-test found, in words."""
    return " ".join(_SENTENCES.get(code, (f"The self-test ended with code {code}.", ""))).strip()


def capabilities(info: Info) -> Capabilities:
    """Certification is not in GET_INFO (section 4), so the device states none."""
    modes = frozenset(mode for mode, code in ARM_MODES.items() if info.modes >> code & 1)
    return Capabilities(
        fap=info.fap,
        modes=modes,
        area={mode: info.roll_area if mode is Mode.ROLL else info.flat_area for mode in modes},
        ppi=(info.ppi, info.finest_ppi) if info.finest_ppi else (info.ppi,),
        auto_capture=bool(info.flags & InfoFlag.AUTO_CAPTURE),
        roll_in_device=bool(info.flags & InfoFlag.FINISHED_ROLLS),
        roll_frames=bool(info.flags & InfoFlag.RAW_ROLL_FRAMES),
        leds=LED_COLOURS if info.flags & InfoFlag.LED_PER_FINGER else frozenset(),
        beeper=bool(info.flags & InfoFlag.BEEPER),
        keys=frozenset({"foot"}) if info.flags & InfoFlag.FOOT_SWITCH else frozenset(),
        certified=None,
        simulated=bool(info.flags & InfoFlag.SIMULATED),
        previews=frozenset(PreviewSize) if info.preview_rate else frozenset({PreviewSize.NONE}),
        preview_fps=info.preview_rate / 10,
        self_test=True,
        placed=bool(info.flags & InfoFlag.PLACED_FRAMES),
    )


def wire_indication(indication: Indication, able: Capabilities) -> wire.Indication:
    """Section 9, without what the scanner does not have."""
    leds = {finger: LEDS[light] for finger, light in indication.lights.items() if light.colour in able.leds}
    return wire.Indication(leds, BEEPS[indication.beep] if able.beeper else wire.Beep.NONE, ICONS[indication.icon])


def frame_of(raw: RawFrame) -> Frame:
    """Pixels without the padding of the stride, read-only. Raises Garbled for a mode that does not exist."""
    header = raw.header
    if header.mode not in set(ArmMode):
        raise Garbled(f"The scanner sent an image of mode {header.mode}, which does not exist.")
    rows = np.frombuffer(raw.payload, dtype=np.uint8).reshape(header.height, header.stride)
    return Frame(
        sequence=header.sequence,
        token=header.token,
        device_time_us=header.device_time_us,
        pixels=rows[:, : header.width],
        ppi=header.ppi,
        advice=header.advice,
        mode=MODES[ArmMode(header.mode)],
        corner=header.corner,
    )
