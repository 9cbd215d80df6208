"""The serial ports of this machine, and which of them say in their USB strings that they are one of our devices."""

from __future__ import annotations

from dataclasses import dataclass

from serial.tools import list_ports

PRODUCTS = {"LIVESCAN PEDAL": "pedal", "LIVESCAN LEDPANEL": "ledpanel"}  # docs/pedal-protocol.md and docs/ledpanel-protocol.md, section 1


@dataclass(frozen=True)
class SerialPort:
    path: str  # "/dev/ttyACM0"
    driver: str  # "" for a port that does not say what hangs on it: a fingerprint module is named by the settings
    make: str
    model: str
    serial: str  # of the adapter; "" when it has none
    usb_id: str  # "" for a port that is not on USB


def serial_ports() -> list[SerialPort]:
    """Ports on USB; built-in ones say nothing of themselves and are left out."""
    return [
        SerialPort(
            path=port.device,
            driver=PRODUCTS.get(port.product or "", ""),
            make=port.manufacturer or "",
            model=port.product or "",
            serial=port.serial_number or "",
            usb_id=f"{port.vid:04x}:{port.pid:04x}",
        )
        for port in list_ports.comports()
        if port.vid is not None and port.pid is not None
    ]
