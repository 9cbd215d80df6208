"""During a booking the uplink's whole memory and files hold no print, no name, and no key to sign, open or decrypt with.

The same search finds all of these in the core, where they belong, and in the uplink what it does have: its own TLS key, the sealed bytes.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from agent.signing.slots import Use
from agent.store.vault import Vault
from agent.training.demo import training_booking
from agent.training.site import TrainingSite
from tests.data import testdata
from tests.e2e.memory import in_files, in_memory

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("demo"), pytest.mark.timeout(240)]

DONE_WITHIN = 90.0  # s
LAST = {"received", "idr_no_match"}
SURNAME = "QUILLFEATHER"


@pytest.fixture
def site() -> Iterator[TrainingSite]:
    if not os.access("/proc/1/mem", os.R_OK):
        pytest.skip("needs root, to read the memory of another process")
    with tempfile.TemporaryDirectory(prefix="ls-") as folder, TrainingSite(Path(folder)) as site:
        site.make_keys()
        site.start_broker()
        scanner = site.start_scanner(str(testdata("prints/nist/type-4-tpcard.an2")), speed=20.0, progress=lambda _: None)
        site.write_settings()
        scanner.wait_ready(20.0)
        yield site


def test_the_uplink_never_holds_what_it_must_not(site: TrainingSite) -> None:
    core, uplink = (site.start_station_part(name) for name in ("core", "uplink"))
    core.wait_ready(30.0)
    uplink.wait_ready(30.0)
    secrets = _keys(site) | {"the name": SURNAME.encode()}
    own = {"its own TLS key": _scalar(site.keys / "station" / f"{Use.TLS}.key")}
    body = training_booking({})
    body["facts"]["subject"]["name"] = f"{SURNAME},ZEBEDIAH"
    booking = str(site.client.post("/api/bookings", body)["booking"])

    in_core: set[str] = set()
    in_uplink: set[str] = set()
    looks, bureau = 0, None
    for account in _until_answered(site, booking):
        looks += 1
        secrets |= _prints(site, booking, account)
        own |= _sealed(site, account)
        assert in_memory(uplink.pid, secrets) == set(), f"look {looks}"
        assert in_files(site.folder / "state" / "uplink", secrets) == set(), f"look {looks}"
        in_core |= in_memory(core.pid, secrets)
        in_uplink |= in_memory(uplink.pid, own) | in_files(site.folder / "state" / "uplink", own)
        if bureau is None and "the sealed bytes" in in_uplink:
            bureau = site.start_bureau()  # only now, so that they wait at the uplink while it is looked at
            bureau.wait_ready(20.0)
    assert looks >= 3, "looked at during the booking, not only after it"
    assert {"the name", "the signing key", "the opening key", "the storage key"} <= in_core, "the search finds what is there"
    assert sum(name.startswith("print") for name in in_core) >= 5, "the search finds prints where they are"
    assert in_uplink == {"its own TLS key", "the sealed bytes"}, "the search finds what the uplink does have"


def _until_answered(site: TrainingSite, booking: str) -> Iterator[Mapping[str, Any]]:
    deadline = time.monotonic() + DONE_WITHIN
    while True:
        account = site.client.get(f"/api/bookings/{booking}")
        yield account
        kinds = {str(event["kind"]) for event in account["events"]}
        if kinds >= LAST and kinds & {"sre_ident", "sre_non_ident"}:
            return
        assert account["state"] != "held", account["held_why"]
        assert time.monotonic() < deadline, sorted(kinds)
        time.sleep(0.2)


def _keys(site: TrainingSite) -> dict[str, bytes]:
    """Keys as OpenSSL keeps a scalar (least significant byte first), and as they stand in their files."""
    station = site.keys / "station"
    found = {"the storage key": storage_key(station)}
    for use in (Use.SIGNING, Use.OPENING):
        path = station / f"{use}.key"
        lines = path.read_text().splitlines()
        found[f"the {use} key"] = _scalar(path)
        found[f"the {use} key, the other way round"] = _scalar(path)[::-1]
        found[f"the {use} key, as in its file"] = lines[1].encode()
    return found


def storage_key(station: Path) -> bytes:
    return (station / "storage.key").read_bytes()


def _scalar(path: Path) -> bytes:
    key = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    return key.private_numbers().private_value.to_bytes(32, "little")


def _prints(site: TrainingSite, booking: str, account: Mapping[str, Any]) -> dict[str, bytes]:
    """Pixels of what was taken so far, and pieces of the file that is sealed."""
    vault = Vault(site.folder / "state" / "core" / "bookings", storage_key(site.keys / "station"))
    found = {}
    for name in vault.names(booking):
        if name.startswith("fgp-"):
            data = vault.get(booking, name)
            found[f"print {name}"] = _lively(data[len(data) // 2 :])
    if any(event["kind"] == "sealed" for event in account["events"]):
        plain = site.client.download(f"/api/bookings/{booking}/file", {"officer": "officer-01"})
        found |= {f"file at {at}": plain[at : at + 48] for at in range(len(plain) // 8, len(plain), len(plain) // 8)}
    return found


def _lively(pixels: bytes) -> bytes:
    """64 bytes of ridges, no even ground."""
    return next(pixels[at : at + 64] for at in range(0, len(pixels) - 64, 64) if len(set(pixels[at : at + 64])) > 24)


def _sealed(site: TrainingSite, account: Mapping[str, Any]) -> dict[str, bytes]:
    for one in account["submissions"]:
        path = site.folder / "state" / "core" / "outbound" / f"{one['envelope_sha256']}.cms"
        if path.exists():
            data = path.read_bytes()
            assert hashlib.sha256(data).hexdigest() == one["envelope_sha256"]
            return {"the sealed bytes": data[4096:4160]}
    return {}
