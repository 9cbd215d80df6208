"""Where prints may travel without encryption: inside this machine only."""

from __future__ import annotations

import pytest

from drivers.errors import Refused
from drivers.usbip_address import parse_address


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("unix:/run/scanner.sock", "unix:/run/scanner.sock"),
        ("tcp:127.0.0.1:3240", "tcp:127.0.0.1:3240"),
        ("tcp:127.8.0.1:3240", "tcp:127.8.0.1:3240"),
        ("tcp:localhost:3240", "tcp:127.0.0.1:3240"),
        ("tcp:[::1]:3240", "tcp:[::1]:3240"),
    ],
)
def test_this_machine_is_taken(text: str, named: str) -> None:
    assert str(parse_address(text)) == named


@pytest.mark.parametrize(
    "text", ["tcp:192.168.1.5:3240", "tcp:0.0.0.0:3240", "tcp:example.org:3240", "tcp:[fe80::1]:3240", "tcp:127.0.0.1.nip.io:1"]
)
def test_another_machine_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="loopback only") as caught:
        parse_address(text)
    assert "tcp:127.0.0.1:port" in caught.value.do


@pytest.mark.parametrize(
    "text", ["", "unix:", "unix:relative", "tcp:127.0.0.1", "tcp:127.0.0.1:", "tcp:127.0.0.1:0", "tcp:127.0.0.1:99999", "udp:x"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="not an address"):
        parse_address(text)
