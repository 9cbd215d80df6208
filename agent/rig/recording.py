"""A recorded device: a folder with its description (`device`), its USB traffic (`capture.pcapng`), and perhaps the picture (`capture.png`).

The layout is that of libfprint's tests, made by `umockdev-record` and tcpdump on a usbmon interface.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agent.errors import LivescanError

SEED = "51ea2124"  # hex; that the host of libfprint's recordings, and ours, exchanges keys with


class RecordingError(LivescanError):
    """The folder holds no recording that can be played."""


@dataclass(frozen=True)
class Recording:
    folder: Path

    def __post_init__(self) -> None:
        for name in ("device", "capture.pcapng"):
            if not (self.folder / name).is_file():
                raise RecordingError(f"There is no file '{name}' in {self.folder}.", do="Name the folder of a recorded device.")

    @property
    def device(self) -> Path:
        return self.folder / "device"

    @property
    def traffic(self) -> Path:
        return self.folder / "capture.pcapng"

    @property
    def picture(self) -> Path | None:
        path = self.folder / "capture.png"
        return path if path.is_file() else None

    @property
    def syspath(self) -> str:
        return "/sys" + self._entries()[0].removeprefix("P: ")

    @property
    def serial(self) -> str:
        """ "" where the device has none."""
        return next((line.removeprefix("A: serial=").removesuffix("\\n") for line in self._entries() if line.startswith("A: serial=")), "")

    def command(self) -> list[str]:
        """What plays it below a program: the program's own words follow."""
        return ["umockdev-run", "-d", str(self.device), "-p", f"{self.syspath}={self.traffic}", "--"]

    def _entries(self) -> list[str]:
        return self.device.read_text("utf-8").splitlines()
