"""The standard as data: every field this product writes or explains, once.

Type-1, Type-4, Type-14: ANSI/NIST-ITL 1-2011 Update 2015 as EBTS 11.0 appendices B, E, N use them. Type-2: EBTS 11.0 table D-1 (occurrences
in CAR, SRE, ERRT) and table C-1 (sizes, characters, codes). To check our conformance, read this file beside those tables.

    "AS 3-50"    kinds of character and how many in one subfield, or in one item where there are items: A letters, N digits, S those
                 of `special`, by default any printable; "ANS 1-" has no upper limit
    car=1        exactly once in a CAR; (0, 9) up to nine times; not given: no part of that transaction
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Unpack

from agent.nist import codes
from agent.nist.ncic_marks import MARKS
from agent.nist.ncic_places import CITIZENSHIPS, PLACES
from agent.nist.rows import ANY, LINES, Count, Dates, More, Row, item, row

EDITION = "11.0"  # of EBTS
OPT = (0, 1)


def _t1(number: int, mnemonic: str, name: str, form: str, *, any_: Count = 1, answers: Count | None = None, **more: Unpack[More]) -> Row:
    counts = {ANY: any_} | ({"SRE": answers, "ERRT": answers} if answers else {})
    return row(1, number, mnemonic, name, form, occurs=counts, clause="EBTS 11.0 appendix B", **more)


def _t2(number: int, mnemonic: str, name: str, form: str, *, car: Count = 0, sre: Count = 0, errt: Count = 0, **more: Unpack[More]) -> Row:
    counts = {"CAR": car, "SRE": sre, "ERRT": errt}
    return row(2, number, mnemonic, name, form, occurs=counts, clause="EBTS 11.0 tables C-1, D-1", **more)


def _t4(number: int, mnemonic: str, name: str, form: str) -> Row:
    return row(4, number, mnemonic, name, form, occurs={ANY: 1}, clause="EBTS 11.0 appendix E; ITL 1-2011 8.4")


def _t14(number: int, mnemonic: str, name: str, form: str, *, any_: Count = OPT, **more: Unpack[More]) -> Row:
    return row(14, number, mnemonic, name, form, occurs={ANY: any_}, clause="EBTS 11.0 appendix N; ITL 1-2011 8.14", **more)


_SCORE = (
    item("FGP", "finger", "N 1-2", required=True),
    item("QVU", "score", "N 1-3", required=True),
    item("QAV", "vendor of the algorithm", "AN 4", required=True),
    item("QAP", "product of the algorithm", "N 1-5", required=True),
)
_SEGMENT = (
    item("FGP", "finger", "N 1-2", required=True),
    *(item(name, f"{side} edge, pixels", "N 1-5", required=True) for name, side in
      (("LHC", "left"), ("RHC", "right"), ("TVC", "upper"), ("BVC", "lower"))),
)  # fmt: skip
_POLYGON = (
    item("FGP", "finger", "N 1-2", required=True),
    item("NOP", "number of vertices", "N 1-2", required=True),
    *(item(f"{axis}{n}", f"{axis} of vertex {n}, pixels", "N 1-5", required=True) for n in range(1, 5) for axis in "xy"),
)  # NGI takes four vertices, no more and no fewer
_SCANNER = (
    item("MAK", "make", "ANS 1-50"),
    item("MOD", "model", "ANS 1-50"),
    item("SER", "serial number", "ANS 1-50"),
)
_NO_PRINT = (
    item("FGP", "finger or plain image", "N 1-2", codes=codes.POSITIONS, required=True),
    item("AMPCD", "why it gives no print", "A 2", codes=codes.WHY_NO_PRINT, required=True),
)

_ROWS: tuple[Row, ...] = (
    _t1(1, "LEN", "record length", "N 2-10"),
    _t1(2, "VER", "version of the standard", "N 4", codes=codes.VERSIONS),
    _t1(3, "CNT", "records of the transaction", "N 1-4", any_=(1, 1000),
        items=(item("REC", "record type", "N 1-2", required=True), item("IDC", "designation or count", "N 1-4", required=True))),
    _t1(4, "TOT", "type of transaction", "A 3-16"),
    _t1(5, "DAT", "date", "N 8", dates=Dates.FULL),
    _t1(6, "PRY", "priority", "N 1", any_=OPT, codes=codes.PRIORITIES),
    _t1(7, "DAI", "destination agency", "AN 9"),
    _t1(8, "ORI", "originating agency", "AN 9"),
    _t1(9, "TCN", "transaction control number", "ANS 10-40"),
    _t1(10, "TCR", "control number this answers", "ANS 10-40", any_=OPT, answers=1),
    _t1(11, "NSR", "native scanning resolution, pixels per mm", "NS 5", special="."),
    _t1(12, "NTR", "nominal resolution, pixels per mm", "NS 5", special="."),
    _t1(13, "DOM", "domain", "ANS 1-50",
        items=(item("DNM", "domain name", "ANS 1-40", required=True), item("DVN", "domain version", "ANS 1-40"))),
    _t1(14, "GMT", "moment in UTC", "AN 15", any_=OPT, dates=Dates.MOMENT),
    _t1(15, "DCS", "character set", "ANS 1-30", any_=(0, 3),
        items=(item("CSI", "set", "N 3", codes={"000": "ASCII", "002": "UTF-16", "003": "UTF-8"}, required=True),
               item("CSN", "its name", "ANS 1-16"), item("CSV", "its version", "ANS 1-16"))),
    _t1(16, "APS", "application profile", "ANS 1-80", any_=(0, 99),
        items=(item("APO", "organization", "ANS 1-40"), item("APN", "profile", "ANS 1-40"),
               item("APV", "version", "ANS 1-40"))),
    _t1(17, "ANM", "agency names", "ANS 1-250", any_=OPT,
        items=(item("DAN", "destination agency", "ANS 1-125"), item("OAN", "originating agency", "ANS 1-125"))),
    _t1(18, "GNS", "country code set", "AN 3-4", any_=OPT, codes={"ISO": "ISO 3166", "GENC": "GENC"}),

    _t2(1, "LEN", "record length", "N 2-7", car=1, sre=1, errt=1),
    _t2(2, "IDC", "image designation", "N 1-2", car=1, sre=1, errt=1),
    _t2(5, "RET", "to be retained", "A 1", car=1, codes=codes.YES_NO),
    _t2(6, "ATN", "attention", "ANS 3-30", car=OPT, sre=OPT, errt=OPT),
    _t2(7, "SCO", "send copy to", "ANS 9-19", car=(0, 9), sre=(0, 9), errt=(0, 9)),
    _t2(9, "OCA", "agency's case number", "ANS 1-20", car=OPT, sre=OPT, errt=OPT),
    _t2(14, "FBI", "FBI number", "AN 1-9", car=(0, 5), sre=OPT, errt=(0, 5)),
    _t2(15, "SID", "state identification number", "ANS 3-10", special="-", car=OPT, sre=OPT, errt=OPT),
    _t2(16, "SOC", "social security number", "N 9", car=(0, 4)),
    _t2(17, "MNU", "other identifying number", "ANS 4-15", special="-", car=(0, 4), errt=(0, 4)),
    _t2(18, "NAM", "name", "AS 3-50", special=",- ", car=1, sre=1),
    _t2(19, "AKA", "aliases", "AS 3-50", special=",- ", car=(0, 10)),
    _t2(20, "POB", "place of birth", "A 2", car=1, codes=PLACES),
    _t2(21, "CTZ", "citizenship", "A 2", car=(0, 10), codes=CITIZENSHIPS),
    _t2(22, "DOB", "date of birth", "N 8", car=(1, 5), dates=Dates.UNKNOWN_ALLOWED),
    _t2(24, "SEX", "sex", "A 1", car=1, codes=codes.SEX),
    _t2(25, "RAC", "race", "A 1", car=1, codes=codes.RACE),
    _t2(26, "SMT", "scars, marks, tattoos", "AS 3-10", special=" ", car=(0, 10), codes=MARKS),
    _t2(27, "HGT", "height", "AN 3", car=1),
    _t2(29, "WGT", "weight, pounds", "N 3", car=1),
    _t2(31, "EYE", "color of eyes", "A 3", car=1, codes=codes.EYES),
    _t2(32, "HAI", "color of hair", "A 3", car=1, codes=codes.HAIR),
    _t2(35, "PPA", "palm prints available", "A 1", car=OPT, codes=codes.YES),
    _t2(36, "PHT", "photo available", "A 1", car=OPT, codes=codes.YES),
    _t2(39, "EAD", "employer and address", "ANS 1-120", car=OPT, sre=OPT),
    _t2(40, "OCP", "occupation", "ANS 1-50", car=OPT, sre=OPT),
    _t2(41, "RES", "residence", "ANS 1-120", car=OPT, sre=OPT),
    _t2(45, "DOA", "date of arrest", "N 8", car=1, dates=Dates.FULL),
    _t2(47, "ASL", "arrest offenses", "ANS 1-309", car=(1, 999),
        items=(item("DOO", "date of offense", "N 8", dates=Dates.FULL),
               item("AOL", "offense in words", "ANS 1-300", required=True))),
    _t2(51, "CSL", "court segments", "ANS 2-646", car=(0, 999),
        items=(item("CDD", "date of disposition", "N 8", dates=Dates.FULL), item("COL", "offense in words", "ANS 1-300", required=True),
               item("CPL", "other sentence provisions", "ANS 1-300", required=True),
               item("CDN", "disposition", "ANS 1-32", codes=codes.DISPOSITIONS), item("CCT", "count", "N 2"))),
    _t2(56, "ICO", "caution", "ANS 1-50", car=OPT),
    _t2(59, "SRF", "search result finding", "A 1", sre=1, codes=codes.FINDING),
    _t2(60, "MSG", "messages", "ANS 1-300", sre=(0, 11), errt=(1, 11)),
    _t2(67, "IMA", "scanner", "ANS 1-102", car=OPT,
        items=(item("MAK", "make", "ANS 1-25"), item("MODL", "model", "ANS 1-25"), item("SERNO", "serial number", "ANS 1-50"))),
    _t2(70, "RAP", "rap sheet wanted", "A 1", car=OPT, codes={"Y": "as text", "X": "as XML", "N": "no"}),
    _t2(73, "CRI", "controlling agencies", "ANS 9", car=(1, 3), sre=(1, 3), errt=(0, 3)),
    _t2(75, "ERS", "rap sheet", "ANS 4-200000", special=LINES, sre=OPT),
    _t2(84, "AMP", "fingers without print", "AN 3-5", car=(0, 13), items=_NO_PRINT),
    _t2(87, "TAA", "treat as adult", "A 1", car=OPT, sre=OPT, codes=codes.YES),
    _t2(88, "NOT", "note", "ANS 1-1000", special=LINES, sre=OPT),
    _t2(96, "RPR", "photo wanted back", "A 1", car=OPT, codes=codes.YES_NO),
    _t2(98, "NDR", "repositories to be searched", "N 1-3", car=(0, 10), codes=codes.REPOSITORIES),
    _t2(2007, "SDOB", "date of birth as submitted", "N 8", sre=OPT, errt=1, dates=Dates.UNKNOWN_ALLOWED),
    _t2(2008, "SNAM", "name as submitted", "AS 3-50", special=",- ", sre=OPT, errt=1),
    _t2(2015, "RBXD", "rap back expires", "ANS 1-", car=OPT, sre=OPT),
    _t2(2018, "DNAC", "DNA in CODIS", "AN 1", sre=OPT, codes=codes.YES_NO),
    _t2(2020, "RBR", "rap back recipients", "ANS 9-19", car=(0, 9), sre=(0, 9)),
    _t2(2023, "SII", "supplementary identity information", "ANS 4-10000", sre=OPT),
    _t2(2031, "BIA", "biometric images available", "N 1-2", sre=OPT, codes=codes.BIOMETRICS),
    _t2(2035, "EVI", "event identifier", "N 4-24", sre=OPT),
    _t2(2037, "ESI", "external subject identifier", "ANS 1-50", car=OPT, sre=OPT),
    _t2(2040, "RBT", "rap back triggers", "N 1-2", car=(0, 40), sre=(0, 40), codes=codes.RAP_BACK_TRIGGERS),
    _t2(2048, "RBSI", "rap back subscription", "N 4-24", sre=OPT),
    _t2(2049, "RBTD", "rap back ends", "N 8", sre=OPT, dates=Dates.FULL),
    _t2(2054, "RBSD", "rap back begins", "N 8", sre=OPT, dates=Dates.FULL),
    _t2(2061, "BIE", "biometric images enrolled", "ANS 1-", sre=(0, 36),
        items=(item("BSI", "set", "N 4-24"), item("IMT", "kind of image", "N 1-2"), item("POS", "pose", "A 1"),
               item("SMT", "mark", "AS 3-10", special=" ", codes=MARKS))),
    _t2(2062, "RBNF", "rap back format", "N 1", car=OPT, sre=OPT, codes=codes.RAP_BACK_FORMAT),
    _t2(2063, "RBOO", "rap back in-state opt-out", "A 1", car=OPT, sre=OPT, codes=codes.YES_NO),
    _t2(2064, "RBUD", "rap back user fields", "ANS 3-151", car=(0, 10), sre=(0, 10),
        items=(item("RBFN", "name", "ANS 1-50", required=True), item("RBFT", "text", "ANS 1-100", required=True))),
    _t2(2065, "RBC", "rap back category", "A 1-2", car=OPT, sre=OPT, codes=codes.RAP_BACK_CATEGORY),
    _t2(2067, "RBDI", "rap back disclosure", "A 1", car=OPT, sre=OPT, codes=codes.YES_NO),
    _t2(2070, "RBATN", "rap back attention", "ANS 3-50", car=OPT, sre=OPT),
    _t2(2071, "RBST", "rap back term", "AN 1-2", sre=OPT, codes=codes.RAP_BACK_TERM),

    _t4(1, "LEN", "record length", "N 1-10"),
    _t4(2, "IDC", "image designation", "N 1-3"),
    _t4(3, "IMP", "impression type", "N 1"),
    _t4(4, "FGP", "finger position", "N 1-3"),
    _t4(5, "ISR", "image scanning resolution", "N 1"),
    _t4(6, "HLL", "width, pixels", "N 1-5"),
    _t4(7, "VLL", "height, pixels", "N 1-5"),
    _t4(8, "GCA", "compression", "N 1-3"),
    _t4(9, "DATA", "image", "N 1-"),

    _t14(1, "LEN", "record length", "N 2-8", any_=1),
    _t14(2, "IDC", "image designation", "N 2", any_=1),
    _t14(3, "IMP", "impression type", "N 1-2", any_=1),
    _t14(4, "SRC", "source agency", "AN 9-35", any_=1),
    _t14(5, "FCD", "capture date", "N 8", any_=1, dates=Dates.UNKNOWN_ALLOWED),
    _t14(6, "HLL", "width, pixels", "N 2-5"),
    _t14(7, "VLL", "height, pixels", "N 2-5"),
    _t14(8, "SLC", "scale units", "N 1", codes={"1": "pixels per inch", "2": "pixels per cm"}),
    _t14(9, "THPS", "horizontal resolution", "N 2-5"),
    _t14(10, "TVPS", "vertical resolution", "N 2-5"),
    _t14(11, "CGA", "compression", "AN 3-5", codes=codes.CODINGS),
    _t14(12, "BPX", "bits per pixel", "N 1-2"),
    _t14(13, "FGP", "finger position", "N 1-2", any_=(1, 6)),
    _t14(14, "PPD", "print position", "ANS 1-10"),
    _t14(15, "PPC", "print position coordinates", "ANS 1-60", any_=(0, 12)),
    _t14(16, "SHPS", "scanned horizontal resolution", "N 2-5"),
    _t14(17, "SVPS", "scanned vertical resolution", "N 2-5"),
    _t14(18, "AMP", "fingers without print", "AN 3-5", any_=(0, 10), items=_NO_PRINT),
    _t14(20, "COM", "comment", "ANS 1-126"),
    _t14(21, "SEG", "finger positions in the image", "N 9-25", any_=(0, 5), items=_SEGMENT),
    _t14(22, "NQM", "NIST quality", "ANS 1-10", any_=(0, 10)),
    _t14(23, "SQM", "segmentation quality", "AN 1-20", any_=(0, 45), items=_SCORE),
    _t14(24, "FQM", "finger quality", "AN 1-20", any_=(0, 45), items=_SCORE),
    _t14(25, "ASEG", "finger polygons in the image", "N 20-60", any_=(0, 5), items=_POLYGON),
    _t14(26, "SCF", "captured together with", "N 1-3"),
    _t14(27, "SIF", "stitched", "A 1", codes=codes.YES),
    _t14(30, "DMM", "how capture was watched", "A 7-10", codes=codes.MONITORING),
    _t14(31, "FAP", "subject acquisition profile", "N 2-3"),
    _t14(200, "ISC", "image set", "N 1"),
    _t14(902, "ANN", "annotation", "ANS 1-", any_=(0, 99)),
    _t14(903, "DUI", "device", "ANS 1-16"),
    _t14(904, "MMS", "make, model, serial number", "ANS 1-152", items=_SCANNER),
    _t14(993, "SAN", "source agency name", "ANS 1-125"),
    _t14(996, "HAS", "SHA-256 of the image", "AN 64"),
    _t14(998, "GEO", "place of capture", "ANS 1-"),
    _t14(999, "DATA", "image", "ANS 0"),
)  # fmt: skip

DICTIONARY: Mapping[tuple[int, int], Row] = MappingProxyType({(row.type, row.number): row for row in _ROWS})

RECORDS: Mapping[str, Mapping[int, tuple[int, int]]] = MappingProxyType({
    "CAR": {1: (1, 1), 2: (1, 1), 4: (0, 14), 7: (0, 2), 10: (0, 25), 14: (0, 46), 15: (0, 10), 17: (0, 2)},
    "SRE": {1: (1, 1), 2: (1, 1), 10: (0, 1)},
    "ERRT": {1: (1, 1), 2: (1, 1)},
})  # (least, most) records of each type, EBTS 11.0 appendix L, table L-2  # fmt: skip


def lookup(type_: int, number: int) -> Row | None:
    """The row of a field, or None where the dictionary does not know it."""
    return DICTIONARY.get((type_, number))


def rows(type_: int) -> tuple[Row, ...]:
    """All rows of a record type, in the order of the standard."""
    return tuple(row for row in _ROWS if row.type == type_)
