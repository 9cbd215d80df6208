"""Endpoint zero: the standard requests of USB 2.0, chapter 9.4. A request that makes no sense is answered by a STALL."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from firmware_sim.core.descriptors import ENGLISH_US, Descriptors, Type
from firmware_sim.core.endpoints import InEndpoint, OutEndpoint


class Stall(Exception):
    """The device refuses this request."""


class Request(IntEnum):
    """bRequest, USB 2.0 table 9-4."""

    GET_STATUS = 0
    CLEAR_FEATURE = 1
    SET_FEATURE = 3
    SET_ADDRESS = 5
    GET_DESCRIPTOR = 6
    GET_CONFIGURATION = 8
    SET_CONFIGURATION = 9
    GET_INTERFACE = 10
    SET_INTERFACE = 11


ENDPOINT_HALT = 0  # feature selector, USB 2.0 table 9-6
TO_HOST, STANDARD, VENDOR = 0x80, 0x00, 0x40  # bmRequestType
DEVICE, INTERFACE, ENDPOINT = 0, 1, 2  # recipient


@dataclass(frozen=True)
class Setup:
    """The eight bytes of a SETUP packet, USB 2.0 table 9-2."""

    request_type: int
    request: int
    value: int
    index: int
    length: int

    @classmethod
    def parse(cls, data: bytes) -> Setup:
        return cls(*struct.unpack("<BBHHH", data))

    @property
    def to_host(self) -> bool:
        return bool(self.request_type & TO_HOST)

    @property
    def kind(self) -> int:
        return self.request_type & 0x60

    @property
    def recipient(self) -> int:
        return self.request_type & 0x1F


Answer = bytes


@dataclass
class EndpointZero:
    """Standard requests. `configured` is called with the new configuration value, after the halts were reset."""

    descriptors: Descriptors
    endpoints: Mapping[int, InEndpoint | OutEndpoint]
    configured: Callable[[int], None]
    configuration: int = 0
    address: int = 0
    _table: dict[tuple[int, int], Callable[[Setup], Answer]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        read, write = TO_HOST | STANDARD, STANDARD
        self._table = {
            (read | DEVICE, Request.GET_STATUS): lambda _: bytes(2),  # bus powered, no remote wake-up
            (read | INTERFACE, Request.GET_STATUS): self._interface_status,
            (read | ENDPOINT, Request.GET_STATUS): self._endpoint_status,
            (write | ENDPOINT, Request.CLEAR_FEATURE): self._clear_halt,
            (write | ENDPOINT, Request.SET_FEATURE): self._set_halt,
            (write | DEVICE, Request.SET_ADDRESS): self._set_address,
            (read | DEVICE, Request.GET_DESCRIPTOR): self._get_descriptor,
            (read | DEVICE, Request.GET_CONFIGURATION): lambda _: bytes([self.configuration]),
            (write | DEVICE, Request.SET_CONFIGURATION): self._set_configuration,
            (read | INTERFACE, Request.GET_INTERFACE): self._get_interface,
            (write | INTERFACE, Request.SET_INTERFACE): self._set_interface,
        }

    def handle(self, setup: Setup) -> Answer:
        """The data stage towards the host, cut at wLength. Raises Stall."""
        action = self._table.get((setup.request_type, setup.request))
        if action is None:
            raise Stall
        return action(setup)[: setup.length]

    def _get_descriptor(self, setup: Setup) -> Answer:
        kind, index = divmod(setup.value, 256)
        if kind == Type.STRING and index and setup.index not in (0, ENGLISH_US):
            raise Stall
        found = self.descriptors.find(kind, index)
        if found is None:
            raise Stall
        return found

    def _set_address(self, setup: Setup) -> Answer:
        if setup.value > 127 or setup.index or setup.length:
            raise Stall
        self.address = setup.value
        return b""

    def _set_configuration(self, setup: Setup) -> Answer:
        if setup.value not in (0, self.descriptors.configuration.value) or setup.length:
            raise Stall
        self.configuration = setup.value
        self.configured(setup.value)
        return b""

    def _need_interface(self, setup: Setup) -> None:
        numbers = {interface.number for interface in self.descriptors.configuration.interfaces}
        if not self.configuration or setup.index not in numbers:
            raise Stall

    def _interface_status(self, setup: Setup) -> Answer:
        self._need_interface(setup)
        return bytes(2)

    def _get_interface(self, setup: Setup) -> Answer:
        self._need_interface(setup)
        return bytes(1)

    def _set_interface(self, setup: Setup) -> Answer:
        self._need_interface(setup)
        if setup.value != 0:
            raise Stall
        for endpoint in self.endpoints.values():
            endpoint.clear()
        return b""

    def _endpoint(self, setup: Setup) -> InEndpoint | OutEndpoint | None:
        """The endpoint meant, None for endpoint zero. Raises Stall when there is none."""
        if setup.index & 0x7F == 0:
            return None
        if not self.configuration or setup.index not in self.endpoints:
            raise Stall
        return self.endpoints[setup.index]

    def _endpoint_status(self, setup: Setup) -> Answer:
        endpoint = self._endpoint(setup)
        return struct.pack("<H", int(endpoint is not None and endpoint.halted))

    def _clear_halt(self, setup: Setup) -> Answer:
        endpoint = self._endpoint(setup)
        if setup.value != ENDPOINT_HALT:
            raise Stall
        if endpoint is not None:
            endpoint.clear()
        return b""

    def _set_halt(self, setup: Setup) -> Answer:
        endpoint = self._endpoint(setup)
        if setup.value != ENDPOINT_HALT:
            raise Stall
        if endpoint is not None:
            endpoint.halt()
        return b""
