"""Images in tagged records: prints, photos, palms, as NGI takes them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pytest

from agent.nist.check import check
from agent.nist.codec import parse
from agent.nist.findings import Finding, Rule, Severity
from agent.nist.records import Record, TaggedRecord, Transaction
from agent.nist.write import image_field, tagged_record, transaction
from agent.submission.profiles import CAR
from tests.data import testdata
from tests.nist.samples import Content, a_card, changed, field, nominal_images

JPEG = b"\xff\xd8\xff\xe0" + bytes(400)
JP2 = b"\x00\x00\x00\x0cjP  " + bytes(200_000)
SEGMENTS: dict[int, Content] = {
    21: [["2", "100", "400", "200", "700"], ["3", "500", "800", "150", "650"]],
    24: [["2", "61", "0101", "57"], ["3", "255", "0101", "57"], ["4", "254", "0101", "57"]],
    25: [["2", "4", "120", "200", "400", "220", "380", "700", "100", "680"]],
}


def image(type_: int, contents: Mapping[int, Content], data: bytes) -> TaggedRecord:
    fields = [field(type_, number, content) for number, content in sorted(contents.items()) if content is not None]
    return tagged_record(type_, [*fields, image_field(type_, data)])


def a_print(position: int, idc: int, **changes: Content) -> TaggedRecord:
    """The Type-14 record of a position; changes by field number: f18=..."""
    ours = nominal_images()[CAR.positions[[int(p) for p in CAR.positions].index(position)]]
    contents: dict[int, Content] = {
        2: f"{idc:02d}", 3: "1" if position <= 10 else "0", 4: "NY0303000", 5: "20261124", 6: str(ours.width), 7: str(ours.height),
        8: "1", 9: "500", 10: "500", 11: "WSQ20", 12: "8", 13: str(position), 30: "CONTROLLED", 31: "60",
        996: hashlib.sha256(ours.data).hexdigest(),
    }  # fmt: skip
    data = changes.pop("data", None)
    contents |= {int(name[1:]): content for name, content in changes.items()}
    return image(14, contents, data.encode("latin-1") if isinstance(data, str) else ours.data)


def photo(idc: int = 20, data: bytes = JPEG, **changes: Content) -> TaggedRecord:
    contents: dict[int, Content] = {
        2: f"{idc:02d}", 3: "FACE", 4: "NY0303000", 5: "20261124", 6: "480", 7: "600", 8: "0", 9: "1", 10: "1", 11: "JPEGB", 12: "YCC",
        20: "F",
    }  # fmt: skip
    return image(10, contents | {int(name[1:]): content for name, content in changes.items()}, data)


def palm(idc: int = 30, **changes: Content) -> TaggedRecord:
    ours = nominal_images()[CAR.positions[-1]]
    contents: dict[int, Content] = {
        2: f"{idc:02d}", 3: "10", 4: "NY0303000", 5: "20261124", 6: str(ours.width), 7: str(ours.height), 8: "2", 9: "197", 10: "197",
        11: "WSQ20", 12: "8", 13: "21",
    }  # fmt: skip
    return image(15, contents | {int(name[1:]): content for name, content in changes.items()}, ours.data)


def fourteen(**changes: Content) -> Transaction:
    """The card as Type-14; the changes are those of the right four."""
    records: list[Record] = []
    for idc, position in enumerate(CAR.positions, start=1):
        records.append(a_print(int(position), idc, **(SEGMENTS_BY_NAME | changes if position == 13 else {})))
    return with_records(records)


SEGMENTS_BY_NAME = {f"f{number}": content for number, content in SEGMENTS.items()}


def with_records(records: list[Record]) -> Transaction:
    tx = changed(a_card(), 1, {11: "00.00", 12: "00.00"})
    return transaction([f for f in tx.type1.fields if f.number not in (1, 3)], [tx.records[1], *records])


def beside(*records: Record) -> Transaction:
    """The card as Type-4 with these records behind it."""
    tx = a_card()
    return transaction([f for f in tx.type1.fields if f.number not in (1, 3)], [*tx.records[1:], *records])


def found(findings: list[Finding]) -> set[tuple[str, Rule, Severity]]:
    return {(finding.field, finding.rule, finding.severity) for finding in findings}


def test_card_as_tagged_records_is_right() -> None:
    assert check(fourteen()) == []


E, W = Severity.ERROR, Severity.WARNING
WRONG_PRINT: dict[str, tuple[dict[str, Content], tuple[str, Rule, Severity]]] = {
    "no scale": ({"f8": "0"}, ("14.008", Rule.CODE, E)),
    "resolution of 300 ppi": ({"f9": "300", "f10": "300"}, ("14.009", Rule.RESOLUTION, E)),
    "two resolutions": ({"f10": "1000"}, ("14.009", Rule.RESOLUTION, E)),
    "resolution per cm said to be per inch": ({"f9": "197", "f10": "197"}, ("14.009", Rule.RESOLUTION, E)),
    "plain print said to be rolled": ({"f3": "1"}, ("14.003", Rule.CODE, E)),
    "impression of no kind": ({"f3": "9"}, ("14.003", Rule.CODE, E)),
    "uncompressed": ({"f11": "NONE"}, ("14.011", Rule.COMPRESSION, E)),
    "WSQ at 1000 ppi": ({"f9": "1000", "f10": "1000"}, ("14.011", Rule.COMPRESSION, E)),
    "JPEG 2000 at 500 ppi": ({"f11": "JP2"}, ("14.011", Rule.COMPRESSION, E)),
    "data that are not JPEG 2000": ({"f11": "JP2"}, ("14.999", Rule.IMAGE, E)),
    "width other than its data": ({"f6": "1601"}, ("14.006", Rule.IMAGE, E)),
    "width that is no number": ({"f6": "wide"}, ("14.006", Rule.CHARACTERS, E)),
    "bits other than eight": ({"f12": "16"}, ("14.012", Rule.CODE, E)),
    "position that NGI does not take": ({"f13": "40"}, ("14.013", Rule.CODE, E)),
    "taken the day after tomorrow": ({"f5": "20261126"}, ("14.005", Rule.DATE, E)),
    "digest of other data": ({"f996": "0" * 64}, ("14.996", Rule.IMAGE, E)),
    "watched by nobody we know": ({"f30": "ALONE"}, ("14.030", Rule.LENGTH, E)),
    "profile that is none": ({"f31": "61"}, ("14.031", Rule.CODE, E)),
    "NIST quality": ({"f22": [["2", "1"]]}, ("14.022", Rule.QUALITY, W)),
    "score of 101": ({"f24": [["2", "101", "0101", "57"]]}, ("14.024", Rule.QUALITY, E)),
    "score of a vendor that is no number": ({"f24": [["2", "61", "NIST", "57"]]}, ("14.024", Rule.QUALITY, E)),
    "score of product zero": ({"f24": [["2", "61", "0101", "0"]]}, ("14.024", Rule.QUALITY, E)),
    "score without its product": ({"f24": [["2", "61", "0101"]]}, ("14.024", Rule.MANDATORY, E)),
    "score of another hand's finger": ({"f24": [["7", "61", "0101", "57"]]}, ("14.024", Rule.QUALITY, E)),
    "box of the thumb": ({"f21": [["1", "1", "2", "1", "2"]]}, ("14.021", Rule.QUALITY, E)),
    "box inside out": ({"f21": [["2", "400", "100", "200", "700"]]}, ("14.021", Rule.QUALITY, E)),
    "box outside the image": ({"f21": [["2", "100", "1600", "200", "700"]]}, ("14.021", Rule.QUALITY, E)),
    "box of one finger twice": ({"f21": [["2", "1", "2", "1", "2"], ["2", "1", "2", "1", "2"]]}, ("14.021", Rule.QUALITY, E)),
    "polygon of five vertices": ({"f25": [["2", "5", *["1"] * 10]]}, ("14.025", Rule.QUALITY, E)),
    "polygon that runs the other way": (
        {"f25": [["2", "4", "120", "200", "100", "680", "380", "700", "400", "220"]]},
        ("14.025", Rule.QUALITY, E),
    ),
    "polygon outside the image": (
        {"f25": [["2", "4", "120", "200", "1600", "220", "380", "700", "100", "680"]]},
        ("14.025", Rule.QUALITY, E),
    ),
    "finger missing and found": ({"f18": [["2", "UP"]]}, ("14.018", Rule.COMPLETENESS, E)),
    "finger missing for no reason": ({"f18": [["5", "ZZ"]]}, ("14.018", Rule.CODE, E)),
    "stitched perhaps": ({"f27": "N"}, ("14.027", Rule.CODE, E)),
}


@pytest.mark.parametrize(("changes", "expected"), WRONG_PRINT.values(), ids=WRONG_PRINT)
def test_wrong_print(changes: dict[str, Content], expected: tuple[str, Rule, Severity]) -> None:
    assert expected in found(check(fourteen(**changes)))


def test_finding_of_a_print_leads_to_its_impression() -> None:
    (finding,) = check(fourteen(f996="0" * 64))
    assert finding.form == "impressions.13"


@pytest.mark.parametrize(
    "changes", [{"f18": [["5", "UP"]]}, {"f18": [["4", "XX"], ["5", "SR"]]}, {"f24": None}, {"f21": None, "f25": None}]
)
def test_right_print(changes: dict[str, Content]) -> None:
    assert check(fourteen(**changes)) == []


def test_print_of_1000_ppi_as_jpeg_2000() -> None:
    records = [a_print(int(position), idc) for idc, position in enumerate(CAR.positions, start=1)]
    fine = a_print(1, 1, data=JP2.decode("latin-1"), f6="1600", f7="1500", f9="1000", f10="1000", f11="JP2", f996=None)
    assert check(with_records([fine, *records[1:]])) == []
    empty = a_print(1, 1, data=JP2[:400].decode("latin-1"), f6="1600", f7="1500", f9="1000", f10="1000", f11="JP2", f996=None)
    assert found(check(with_records([empty, *records[1:]]))) == {("14.999", Rule.COMPRESSION, W)}


def test_print_of_one_position_in_either_record_is_there_twice() -> None:
    tx = beside(a_print(3, 20))
    assert ("4.004", Rule.COMPLETENESS, E) in found(check(tx))


RIGHT_PHOTO: dict[str, dict[str, Content]] = {
    "face": {},
    "face at an angle": {"f20": "A", "f21": "-45"},
    "tattoo": {
        "f3": "TATTOO",
        "f20": None,
        "f40": ["TAT L ARM"],
        "f42": [["TATTOO", "ANIMAL", "DRAGON", "GREEN DRAGON"]],
        "f43": [["GREEN"]],
    },
    "scar of some size": {"f3": "SCAR", "f20": None, "f40": ["SC L ARM"], "f41": [["4", "1"]], "f42": [["SCAR"]]},
    "with eyes and hair": {"f27": "BRO", "f28": ["BLK"]},
}
WRONG_PHOTO: dict[str, tuple[dict[str, Content], tuple[str, Rule, Severity]]] = {
    "face as JPEG 2000": ({"f11": "JP2"}, ("10.011", Rule.COMPRESSION, E)),
    "data that are no JPEG": ({"f11": "PNG"}, ("10.999", Rule.IMAGE, E)),
    "face without a pose": ({"f20": None}, ("10.020", Rule.MANDATORY, W)),
    "pose that is none": ({"f20": "X"}, ("10.020", Rule.CODE, E)),
    "angle not given": ({"f20": "A"}, ("10.021", Rule.MANDATORY, E)),
    "photo of something": ({"f3": "HAND"}, ("10.003", Rule.CODE, E)),
    "tattoo without its code": ({"f3": "TATTOO", "f42": [["TATTOO"]]}, ("10.040", Rule.MANDATORY, E)),
    "tattoo without a description": ({"f3": "TATTOO", "f40": ["TAT L ARM"]}, ("10.042", Rule.MANDATORY, E)),
    "color space left out": ({"f12": None}, ("10.012", Rule.MANDATORY, E)),
    "color space that is none": ({"f12": "CMYK"}, ("10.012", Rule.CODE, E)),
    "taken next month": ({"f5": "20261224"}, ("10.005", Rule.DATE, E)),
}


@pytest.mark.parametrize("changes", RIGHT_PHOTO.values(), ids=RIGHT_PHOTO)
def test_right_photo(changes: dict[str, Content]) -> None:
    assert check(beside(photo(**changes))) == []


@pytest.mark.parametrize(("changes", "expected"), WRONG_PHOTO.values(), ids=WRONG_PHOTO)
def test_wrong_photo(changes: dict[str, Content], expected: tuple[str, Rule, Severity]) -> None:
    assert expected in found(check(beside(photo(**changes))))


def test_twenty_six_photos_are_one_too_many() -> None:
    assert check(beside(*(photo(20 + n) for n in range(25)))) == []
    assert found(check(beside(*(photo(20 + n) for n in range(26))))) == {("10", Rule.STRUCTURE, E)}


def test_palm_is_right_and_one_of_another_place_is_not() -> None:
    assert check(beside(palm())) == []
    assert found(check(beside(palm(f13="13")))) == {("15.013", Rule.CODE, E)}
    assert ("15.011", Rule.COMPRESSION, E) in found(check(beside(palm(f11="PNG"))))


def test_nist_sample_with_tagged_prints_is_found_fault_with_for_what_is_old() -> None:
    rules = {finding.id for finding in check(parse(testdata("prints/nist/type-14-tpcard-nqm.an2").read_bytes()))}
    assert "14.022/quality" in rules
    assert "14.009/resolution" not in rules
