"""What can be wrong with a device. A poor print is never one of these: it is a result.

DeviceError
├── Gone      unplugged, powered off, or never there      plug in, wait, the capture resumes at this finger
├── Busy      another program has claimed it              close that program
├── Timeout   it did not answer in time                   tried again by itself, then reset
├── Garbled   it answered with bytes that make no sense   the frame is dropped, then reset
└── Refused   it answered, and said no                    the state or the request is wrong
"""

from __future__ import annotations


class DeviceError(Exception):
    """Something is wrong with a device: what happened, what it means for this booking, what to do."""

    means = "No finished finger is lost."
    do = "Tell a technician."

    def __init__(self, what: str, *, means: str = "", do: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.means = means or type(self).means
        self.do = do or type(self).do

    def __str__(self) -> str:
        return f"{self.what} {self.means} {self.do}"


class Gone(DeviceError):
    means = "The fingers already taken are safe; the one in progress must be taken again."
    do = "Plug the scanner in; capture goes on at the same finger."


class Busy(DeviceError):
    means = "No finger can be taken until it is free; the fingers already taken are safe."
    do = "Close the other program that uses the scanner."


class Timeout(DeviceError):
    means = "The finger in progress must be taken again."
    do = "If it happens again, unplug the scanner and plug it in."


class Garbled(DeviceError):
    means = "The finger in progress must be taken again."
    do = "Check the cable and the port; if it happens again, tell a technician."


class Refused(DeviceError):
    means = "The finger in progress must be taken again."
    do = "If it happens again, unplug the scanner and plug it in."
