"""Simulated devices on the bench: `python -m firmware_sim fap60 --listen unix:/path --subject FILE.an2`.

Prints one JSON line when the device can be reached. A control socket beside it, and with --stdin standard input, take orders, one a line:
place, lift, by-itself, unplug, plug, foot, fault, clear, state, quit. `python -m firmware_sim bridge …` shows devices to real libusb.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from firmware_sim.bench import SPEEDS, Bench, BenchSettings
from firmware_sim.hosts.control import ControlServer
from firmware_sim.hosts.listening import ListenError
from firmware_sim.hosts.vhci import VhciPort
from firmware_sim.hosts.vhci_sysfs import VhciError
from firmware_sim.orders import AnyBench, Orders, read_order
from firmware_sim.scenario import Player, ScenarioError, read_scenario
from firmware_sim.serial_bench import SerialBench, SerialSettings
from firmware_sim.subject.choose import choose
from firmware_sim.subject.person import Person, SubjectError, lacks

BRIDGE = Path(__file__).with_name("hosts") / "umockdev_bridge.py"
LONGEST_SOCKET = 107  # characters in the path of a UNIX socket
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, for which python3-gi is built
USB_MODELS = {"fap60": "ten-print scanner, docs/fap60-protocol.md", "uru4500": "U.are.U 4500 single-finger reader"}
SERIAL_MODELS = {
    "zfm": "serial fingerprint module (EF01)",
    "pedal": "foot pedal, docs/pedal-protocol.md",
    "ledpanel": "lights, docs/ledpanel-protocol.md",
}


class Stopped(BaseException):
    """SIGTERM or SIGINT."""


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["bridge"]:
        os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, str(BRIDGE), *given[1:]])  # noqa: S606
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    options = _parser().parse_args(given)
    try:
        return _run(options)
    except (SubjectError, ListenError, ScenarioError, VhciError) as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"The simulated device cannot run: {error}.")
    except Stopped:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="firmware_sim", description="Simulated devices, over USB/IP or on a pseudo-terminal.")
    models = parser.add_subparsers(dest="model", required=True)
    models.add_parser("bridge", help="show devices to real libusb by umockdev's emulated usbfs (Debian's python3-gi, gir1.2-umockdev-1.0)")
    for name, text in (USB_MODELS | SERIAL_MODELS).items():
        _add_common(models.add_parser(name, help=text), name)
    return parser


def _add_common(model: argparse.ArgumentParser, name: str) -> None:
    where = "unix:/path or tcp:127.0.0.1:PORT (0: any free port)" if name in USB_MODELS else "pty:/path of a link to its terminal"
    model.add_argument("--listen", required=True, help=where)
    model.add_argument("--serial", default="", help="serial number")
    model.add_argument("--speed", type=_speed, default=1.0, help="how many times faster than life (default 1.0)")
    model.add_argument("--control", type=Path, help="path of the control socket (default: beside the USB/IP socket or the link)")
    model.add_argument("--scenario", type=Path, help="TOML file of steps to play, docs/scenarios.md")
    model.add_argument("--stdin", action="store_true", help="take orders from stdin")
    if name not in ("pedal", "ledpanel"):
        model.add_argument("--subject", required=True, help="an ANSI/NIST file, or synthetic:SEED")
        model.add_argument("--finger", type=int, default=1, choices=range(1, 11), help="that a single-finger reader gets by itself")
        model.add_argument("--progress", action="store_true", help="progress of making the person, JSON lines on stderr")
    if name in USB_MODELS:
        model.add_argument("--truth", type=Path, help="folder that takes what lay on the platen as fgp-N.pgm")
        model.add_argument("--pcap", type=Path, help="log of the USB traffic that Wireshark opens")
        model.add_argument("--usbredir", default="", help="unix:/path that QEMU's usb-redir connects to")
        model.add_argument("--vhci", action="store_true", help="attach to this machine's own kernel (module vhci_hcd, root)")
        model.add_argument("--bus", type=_bus, default=None, help="speed of the bulk pipe: none, full, high, or bytes a second")
    if name == "zfm":
        model.add_argument("--variant", default="zfm20", choices=("zfm20", "r503"))


def _speed(text: str) -> float:
    speed = float(text)
    if not (math.isfinite(speed) and 0.05 <= speed <= 100):
        raise argparse.ArgumentTypeError("between 0.05 and 100")
    return speed


def _bus(text: str) -> float | None:
    if text in SPEEDS:
        return SPEEDS[text]
    rate = float(text)
    if not (math.isfinite(rate) and rate >= 1000):
        raise argparse.ArgumentTypeError("none, full, high, or at least 1000 bytes a second")
    return rate


def _run(options: argparse.Namespace) -> int:
    scenario = read_scenario(options.scenario) if options.scenario else None
    person = _person(options)
    with ExitStack() as stack:
        bench, told = _bench(options, person, stack)
        orders = Orders(bench, _end)
        control = _control_path(options)
        if control is not None:
            stack.callback(ControlServer(control, lambda line: orders.obey(read_order(line))).close)
        _say({"ready": True, "model": options.model, "control": str(control) if control else None} | told)
        if scenario is not None:
            threading.Thread(target=Player(scenario, orders, bench, _say).play, name="scenario", daemon=True).start()
        if options.stdin:
            threading.Thread(target=_obey_lines, args=(orders,), name="stdin", daemon=True).start()
        while True:
            signal.pause()


def _person(options: argparse.Namespace) -> Person | None:
    if "subject" not in options:
        return None
    return choose(options.subject, _progress if options.progress else lambda _done, _of: None)


def _bench(options: argparse.Namespace, person: Person | None, stack: ExitStack) -> tuple[AnyBench, dict[str, Any]]:
    if options.model in SERIAL_MODELS:
        variant, finger = getattr(options, "variant", "zfm20"), getattr(options, "finger", 1)
        settings = SerialSettings(options.model, options.listen, options.serial, options.speed, finger, variant)
        serial = stack.enter_context(SerialBench(settings, person))
        return serial, {"listen": serial.address, "serial": serial.device.serial, "speed": options.speed}
    assert person is not None, "every scanner has a person before it"
    usb = stack.enter_context(Bench(_usb_settings(options), person))
    if options.vhci:
        stack.callback(VhciPort(usb.device).close)
    serial_number = usb.device.descriptors.strings[2]
    hands = {"missing": {str(finger): code for finger, code in person.absent.items()}, "lacks": lacks(person)}
    told = {"listen": usb.address, "busid": usb.busid, "serial": serial_number, "subject": person.name, "speed": options.speed}
    return usb, told | (hands if options.model == "fap60" else {})


def _usb_settings(options: argparse.Namespace) -> BenchSettings:
    return BenchSettings(
        options.listen,
        options.serial,
        options.speed,
        options.truth,
        model=options.model,
        bulk_rate=options.bus,
        pcap=options.pcap,
        finger=options.finger,
        usbredir=options.usbredir,
    )


def _control_path(options: argparse.Namespace) -> Path | None:
    """Beside the socket or link; none for a TCP port unless asked for."""
    if options.control is not None:
        return Path(options.control)
    kind, _, path = str(options.listen).partition(":")
    beside = Path(f"{path}.control")
    return beside if kind in ("unix", "pty") and path and len(str(beside)) <= LONGEST_SOCKET else None


def _obey_lines(orders: Orders) -> None:
    for line in sys.stdin:
        _say(orders.obey(read_order(line)))


def _end() -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def _progress(done: int, of: int) -> None:
    sys.stderr.write(json.dumps({"progress": "person", "done": done, "of": of}) + "\n")
    sys.stderr.flush()


_lock = threading.Lock()
Say = Callable[[Mapping[str, Any]], None]


def _say(line: Mapping[str, Any]) -> None:
    with _lock:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped


def _fail(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return 1


if __name__ == "__main__":
    code = main()
    with _lock:  # a thread may be answering an order: the interpreter must not take stdout from under it
        sys.stdout.flush()
        os._exit(code)
