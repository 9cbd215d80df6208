"""pyusb's exceptions as libusb through the Linux kernel raises them, so that a program cannot tell an imported device from a local one.

Sources: libusb.h `enum libusb_error`; pyusb `usb/backend/libusb1.py` for the errno beside each; libusb `os/linux_usbfs.c` for the status of
a URB. Measured the same on vhci_hcd, xhci_hcd and this backend.
"""

from __future__ import annotations

import errno

import usb.core

IO, INVALID_PARAM, ACCESS, NO_DEVICE, NOT_FOUND, BUSY, TIMEOUT, OVERFLOW, PIPE, INTERRUPTED, NO_MEM = range(-1, -12, -1)

_TABLE = {
    IO: (errno.EIO, "Input/output error"),
    INVALID_PARAM: (errno.EINVAL, "Invalid parameter"),
    ACCESS: (errno.EACCES, "Access denied (insufficient permissions)"),
    NO_DEVICE: (errno.ENODEV, "No such device (it may have been disconnected)"),
    NOT_FOUND: (errno.ENOENT, "Entity not found"),
    BUSY: (errno.EBUSY, "Resource busy"),
    TIMEOUT: (errno.ETIMEDOUT, "Operation timed out"),
    OVERFLOW: (errno.EOVERFLOW, "Overflow"),
    PIPE: (errno.EPIPE, "Pipe error"),
    INTERRUPTED: (errno.EINTR, "System call interrupted (perhaps due to signal)"),
    NO_MEM: (errno.ENOMEM, "Insufficient memory"),
}

# Linux errno of a URB's status, on the wire as they are whatever the host's own numbers: asm-generic/errno.h
URB_STATUS = {
    -2: TIMEOUT,  # ENOENT: killed
    -12: NO_MEM,  # ENOMEM
    -16: BUSY,  # EBUSY
    -19: NO_DEVICE,  # ENODEV
    -32: PIPE,  # EPIPE: stall
    -75: OVERFLOW,  # EOVERFLOW: babble
    -104: TIMEOUT,  # ECONNRESET: unlinked
    -108: NO_DEVICE,  # ESHUTDOWN
    -110: TIMEOUT,  # ETIMEDOUT
}


def usb_error(code: int, text: str = "") -> usb.core.USBError:
    """The exception for a libusb error code."""
    number, words = _TABLE[code]
    kind = usb.core.USBTimeoutError if code == TIMEOUT else usb.core.USBError
    return kind(text or words, code, number)


def urb_error(status: int) -> usb.core.USBError:
    """The exception for a URB that ended with `status`, a negative Linux errno."""
    return usb_error(URB_STATUS.get(status, IO))
