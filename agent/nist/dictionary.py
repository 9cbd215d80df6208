"""The standard as data: every field this product writes, checks or explains, once, as EBTS 11.0 has it.

Type-1, Type-4, Type-10, Type-14, Type-15: ANSI/NIST-ITL 1-2011 Update 2015 as EBTS 11.0 appendices B, E, K, N use them. Type-2: EBTS 11.0
table D-1 (occurrences in CAR, SRE, ERRT) and table C-1 (sizes, characters, codes). Type-9, Type-13 and Type-98 belong to none of these
three transactions and are here to be shown. How editions 9.1 and 10.0 differ stands in `agent.nist.editions`; what a state adds is a
profile (`agent.nist.profiles`). To check our conformance, read this file beside those tables.

    "AS 3-50"    kinds of character and how many in one subfield, or in one item where there are items: A letters, N digits, S those
                 of `special`, by default any printable; "ANS 1-" has no upper limit
    car=1        exactly once in a CAR; (0, 9) up to nine times; not given: no part of that transaction
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias, Unpack

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


def _t9(number: int, mnemonic: str, name: str, form: str = "ANS 0-", *, any_: Count = (0, 9999), **more: Unpack[More]) -> Row:
    return row(9, number, mnemonic, name, form, occurs={ANY: any_}, clause="ITL 1-2011 8.9; EBTS 11.0 appendix J", **more)


def _t10(number: int, mnemonic: str, name: str, form: str, *, any_: Count = OPT, **more: Unpack[More]) -> Row:
    return row(10, number, mnemonic, name, form, occurs={ANY: any_}, clause="EBTS 11.0 appendix K; ITL 1-2011 8.10", **more)


def _t13(number: int, mnemonic: str, name: str, form: str, *, any_: Count = OPT, **more: Unpack[More]) -> Row:
    return row(13, number, mnemonic, name, form, occurs={ANY: any_}, clause="ITL 1-2011 8.13", **more)


def _t14(number: int, mnemonic: str, name: str, form: str, *, any_: Count = OPT, **more: Unpack[More]) -> Row:
    return row(14, number, mnemonic, name, form, occurs={ANY: any_}, clause="EBTS 11.0 appendix N; ITL 1-2011 8.14", **more)


def _t15(number: int, mnemonic: str, name: str, form: str, *, any_: Count = OPT, **more: Unpack[More]) -> Row:
    return row(15, number, mnemonic, name, form, occurs={ANY: any_}, clause="EBTS 11.0 appendix N; ITL 1-2011 8.15", **more)


def _t98(number: int, mnemonic: str, name: str, form: str, *, any_: Count = OPT, **more: Unpack[More]) -> Row:
    return row(98, number, mnemonic, name, form, occurs={ANY: any_}, clause="ITL 1-2011 Update 2013 8.98", **more)


_SCALES = {"1": "pixels per inch", "2": "pixels per cm"}
_SCALES_OR_NONE = {"0": "no scale given"} | _SCALES
_SETS = {"1": "ten-print", "2": "palm prints, front of card", "3": "palm prints, fingers on the back", "4": "supplemental"}
_SCORE = (
    item("FGP", "finger", "N 1-2", required=True),
    item("QVU", "score", "N 1-3", required=True),
    item("QAV", "vendor of the algorithm", "AN 4", required=True),
    item("QAP", "product of the algorithm", "N 1-5", required=True),
)
_NO_PRINT = (
    item("FGP", "finger or plain image", "N 1-2", codes=codes.POSITIONS, required=True),
    item("AMPCD", "why it gives no print", "A 2", codes=codes.WHY_NO_PRINT, required=True),
)
_NO_PRINT_IN_IMAGE = (
    item("FGP", "finger", "N 1-2", codes=codes.SINGLE_FINGERS, required=True),
    item("AMPCD", "why it gives no print", "A 2", codes=codes.WHY_NO_PRINT | {"SR": "complete scar"}, required=True),
)
_BOX = (
    item("LFT", "left edge, pixels", "N 1-5", required=True),
    item("RGT", "right edge, pixels", "N 1-5", required=True),
    item("TOP", "top edge, pixels", "N 1-5", required=True),
    item("BTM", "bottom edge, pixels", "N 1-5", required=True),
)
_FINGER = item("FGN", "finger", "N 1-2", codes=codes.SINGLE_FINGERS, required=True)
_POLYGON = (
    _FINGER,
    item("NOP", "number of vertices", "N 1-2", required=True),
    *(
        item(name, f"vertex {n}, {axis} in pixels", "N 1-5", required=True)
        for n in range(1, 5)
        for name, axis in (("HPO", "x"), ("VPO", "y"))
    ),
)
_DEVICE = (
    item("MAK", "make", "ANS 1-50"),
    item("MOD", "model", "ANS 1-50"),
    item("SER", "serial number", "ANS 1-50"),
)
_ANNOTATION = (
    item("GMT", "moment in UTC", "AN 15", dates=Dates.MOMENT),
    item("NAV", "program and version", "ANS 1-64"),
    item("OWN", "who did it", "ANS 1-64"),
    item("PRO", "what was done", "ANS 1-255"),
)
_LATENT_SCORE = (
    item("FGP", "position", "N 1-2"),
    item("QVU", "score", "N 1-3"),
    item("QAV", "vendor of the algorithm", "AN 4"),
    item("QAP", "product of the algorithm", "N 1-5"),
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

    _t9(1, "LEN", "record length", "N 2-10", any_=1),
    _t9(2, "IDC", "image designation", "N 1-2", any_=1),
    _t9(3, "IMP", "impression type", "N 1-2", any_=1, codes=codes.IMPRESSION_TYPES),
    _t9(4, "FMT", "format of the features", "A 1", any_=1, codes={"S": "standard", "U": "user-defined"}),
    _t9(5, "OFR", "originating system"),
    _t9(6, "FGP", "finger position"),
    _t9(7, "FPC", "pattern classification"),
    _t9(8, "CRP", "core position"),
    _t9(9, "DLT", "delta position"),
    _t9(10, "MIN", "number of minutiae"),
    _t9(11, "RDG", "ridge counts present"),
    _t9(12, "MRC", "minutiae and ridge counts"),
    _t9(13, "AFV", "AFIS feature vector"),
    _t9(14, "FGN", "finger number"),
    _t9(15, "NMN", "number of minutiae"),
    _t9(16, "FCP", "characterization process"),
    _t9(17, "APC", "pattern classification"),
    _t9(18, "ROV", "region of value"),
    _t9(19, "COF", "coordinate offsets"),
    _t9(20, "ORN", "orientation uncertainty"),
    _t9(21, "CRA", "core attributes"),
    _t9(22, "DLA", "delta attributes"),
    _t9(23, "MAT", "minutiae and ridge counts"),
    _t9(126, "CBI", "M1 CBEFF information"),
    _t9(127, "CEI", "M1 capture equipment"),
    _t9(128, "HLL", "M1 width, pixels"),
    _t9(129, "VLL", "M1 height, pixels"),
    _t9(130, "SLC", "M1 scale units"),
    _t9(131, "THPS", "M1 horizontal resolution"),
    _t9(132, "TVPS", "M1 vertical resolution"),
    _t9(133, "FVW", "M1 finger view"),
    _t9(134, "FGP", "M1 finger position"),
    _t9(135, "FQD", "M1 finger quality"),
    _t9(136, "NOM", "M1 number of minutiae"),
    _t9(137, "FMD", "M1 minutiae"),
    _t9(138, "RCI", "M1 ridge counts"),
    _t9(139, "CIN", "M1 cores"),
    _t9(140, "DIN", "M1 deltas"),
    _t9(141, "ADA", "M1 further delta angles"),
    _t9(300, "ROI", "EFS region of interest"),
    _t9(301, "ORT", "EFS orientation"),
    _t9(302, "FPP", "EFS finger, palm or plantar position"),
    _t9(303, "FSP", "EFS profile"),
    _t9(307, "PAT", "EFS pattern classification"),
    _t9(308, "RQM", "EFS ridge quality map"),
    _t9(309, "RQF", "EFS form of the ridge quality map"),
    _t9(310, "RFM", "EFS ridge flow map"),
    _t9(311, "RFF", "EFS form of the ridge flow map"),
    _t9(314, "TRV", "EFS tonal reversal"),
    _t9(315, "PLR", "EFS possible lateral reversal"),
    _t9(316, "FQM", "EFS friction ridge quality"),
    _t9(320, "COR", "EFS cores"),
    _t9(321, "DEL", "EFS deltas"),
    _t9(331, "MIN", "EFS minutiae"),
    _t9(332, "MRA", "EFS ridge count algorithm"),
    _t9(333, "MRC", "EFS ridge counts"),
    _t9(335, "RCC", "EFS ridge count confidence"),
    _t9(350, "MFD", "EFS method of feature detection"),
    _t9(351, "COM", "EFS comments"),
    _t9(372, "SIM", "EFS skeleton image"),
    _t9(373, "RPS", "EFS ridge path segments"),
    _t9(901, "ULA", "universal latent annotation"),
    _t9(902, "ANN", "annotation"),
    _t9(903, "DUI", "device"),
    _t9(904, "MMS", "make, model, serial number"),

    _t10(1, "LEN", "record length", "N 2-8", any_=1),
    _t10(2, "IDC", "image designation", "N 1-4", any_=1),
    _t10(3, "IMT", "kind of image", "A 4-11", any_=1, codes=codes.PHOTO_KINDS),
    _t10(4, "SRC", "source agency", "AN 9-35", any_=1),
    _t10(5, "PHD", "date of the photo", "N 8", any_=1, dates=Dates.FULL),
    _t10(6, "HLL", "width, pixels", "N 2-5", any_=1),
    _t10(7, "VLL", "height, pixels", "N 2-5", any_=1),
    _t10(8, "SLC", "scale units", "N 1-2", any_=1, codes=codes.either_way(_SCALES_OR_NONE)),
    _t10(9, "HPS", "horizontal resolution", "N 1-5", any_=1),
    _t10(10, "VPS", "vertical resolution", "N 1-5", any_=1),
    _t10(11, "CGA", "compression", "AN 3-5", any_=1, codes=codes.PHOTO_CODINGS),
    _t10(12, "CSP", "color space", "A 3-4", any_=1, codes=codes.COLOR_SPACES),
    _t10(13, "SAP", "subject acquisition profile", "N 1-2", codes=codes.PHOTO_PROFILES),
    _t10(14, "FIP", "face in the full image", "ANS 1-40"),
    _t10(16, "SHPS", "scanned horizontal resolution", "N 1-5"),
    _t10(17, "SVPS", "scanned vertical resolution", "N 1-5"),
    _t10(20, "POS", "pose", "A 1", codes=codes.POSES),
    _t10(21, "POA", "pose offset, degrees", "NS 1-4", special="-"),
    _t10(22, "PXS", "description of the photo", "AS 3-20", special=" ", any_=(0, 9)),
    _t10(23, "PAS", "source of the photo", "AS 6-14", special=" ", codes=codes.PHOTO_SOURCES),
    _t10(24, "SQS", "quality of the subject's image", "AN 6-34", any_=(0, 9),
         items=(item("QVU", "score", "N 1-3", required=True), item("QAV", "vendor of the algorithm", "AN 4", required=True),
                item("QAP", "product of the algorithm", "N 1-5", required=True))),
    _t10(25, "SPA", "pose angles", "ANS 3-30", items=(
        item("YAW", "yaw, degrees", "NS 1-4", special="-", required=True),
        item("PIT", "pitch, degrees", "NS 1-3", special="-", required=True),
        item("ROL", "roll, degrees", "NS 1-4", special="-", required=True),
        item("YAWU", "uncertainty of yaw", "N 1-2"),
        item("PITU", "uncertainty of pitch", "N 1-2"), item("ROLU", "uncertainty of roll", "N 1-2"))),
    _t10(26, "SXS", "facial description", "AS 3-20", special=" ", any_=(0, 50)),
    _t10(27, "SEC", "color of eyes in the photo", "A 3", codes=codes.EYES),
    _t10(28, "SHC", "color of hair in the photo", "A 3", any_=(0, 2), codes=codes.HAIR),
    _t10(29, "FFP", "facial feature points", "ANS 6-32", any_=(0, 88)),
    _t10(30, "DMM", "how capture was watched", "A 7-10", codes=codes.MONITORING),
    _t10(38, "COM", "comment", "ANS 1-126"),
    _t10(39, "T10", "reference number of the photo", "ANS 1-9"),
    _t10(40, "SMT", "NCIC code of the mark", "AS 3-10", special=" ", any_=(0, 3), codes=MARKS),
    _t10(41, "SMS", "size of the mark, cm", "N 2-6",
         items=(item("HGT", "height, cm", "N 1-3", required=True), item("WID", "width, cm", "N 1-3", required=True))),
    _t10(42, "SMD", "description of the mark", "ANS 3-300", any_=(0, 9),
         items=(item("SMI", "kind", "A 3-8", codes=codes.MARK_KINDS, required=True),
                item("TAC", "class", "A 4-8", codes=codes.MARK_CLASSES), item("TSC", "subclass", "A 3-9"),
                item("TDS", "in words", "ANS 0-256"))),
    _t10(43, "COL", "colors of the mark", "A 3-60", any_=(0, 9), items=tuple(
        item(f"TC{n}", f"color {n}", "A 3-7", codes=codes.MARK_COLORS, required=n == 1) for n in range(1, 7))),
    _t10(902, "ANN", "annotation", "ANS 1-400", any_=(0, 99), items=_ANNOTATION),
    _t10(903, "DUI", "device", "ANS 1-16"),
    _t10(904, "MMS", "make, model, serial number", "ANS 1-152", items=_DEVICE),
    _t10(992, "T2C", "Type-2 record of this person", "N 1-2"),
    _t10(993, "SAN", "source agency name", "ANS 1-125"),
    _t10(996, "HAS", "SHA-256 of the image", "AN 64"),
    _t10(998, "GEO", "place of capture", "ANS 1-"),
    _t10(999, "DATA", "image", "ANS 0", any_=1),

    _t13(1, "LEN", "record length", "N 2-8", any_=1),
    _t13(2, "IDC", "image designation", "N 1-4", any_=1),
    _t13(3, "IMP", "impression type", "N 1-2", any_=1, codes=codes.IMPRESSION_TYPES),
    _t13(4, "SRC", "source agency", "AN 9-35", any_=1),
    _t13(5, "LCD", "capture date", "N 8", any_=1, dates=Dates.UNKNOWN_ALLOWED),
    _t13(6, "HLL", "width, pixels", "N 2-5", any_=1),
    _t13(7, "VLL", "height, pixels", "N 2-5", any_=1),
    _t13(8, "SLC", "scale units", "N 1-2", any_=1, codes=codes.either_way(_SCALES)),
    _t13(9, "THPS", "horizontal resolution", "N 1-5", any_=1),
    _t13(10, "TVPS", "vertical resolution", "N 1-5", any_=1),
    _t13(11, "CGA", "compression", "AN 3-5", any_=1, codes=codes.CODINGS),
    _t13(12, "BPX", "bits per pixel", "N 1-2", any_=1),
    _t13(13, "FGP", "position", "N 1-2", any_=(1, 6), codes=codes.RIDGE_POSITIONS),
    _t13(14, "SPD", "positions to search", "AN 4-6", any_=(0, 9),
         items=(item("PDF", "probable finger", "N 1-2", required=True), item("FIC", "part of the finger", "A 3", required=True))),
    _t13(15, "PPC", "print position coordinates", "AN 9-30", any_=(0, 12)),
    _t13(16, "SHPS", "scanned horizontal resolution", "N 1-5"),
    _t13(17, "SVPS", "scanned vertical resolution", "N 1-5"),
    _t13(18, "RSP", "ruler or scale in the image", "ANS 1-"),
    _t13(19, "REM", "how resolution was found", "ANS 1-"),
    _t13(20, "COM", "comment", "ANS 1-127"),
    _t13(24, "LQM", "latent quality", "AN 1-20", any_=(0, 9), items=_LATENT_SCORE),
    _t13(902, "ANN", "annotation", "ANS 1-400", any_=(0, 99), items=_ANNOTATION),
    _t13(903, "DUI", "device", "ANS 1-16"),
    _t13(904, "MMS", "make, model, serial number", "ANS 1-152", items=_DEVICE),
    _t13(993, "SAN", "source agency name", "ANS 1-125"),
    _t13(996, "HAS", "SHA-256 of the image", "AN 64"),
    _t13(998, "GEO", "place of capture", "ANS 1-"),
    _t13(999, "DATA", "image", "ANS 0"),

    _t14(1, "LEN", "record length", "N 2-8", any_=1),
    _t14(2, "IDC", "image designation", "N 1-4", any_=1),
    _t14(3, "IMP", "impression type", "N 1-2", any_=1, codes=codes.IMPRESSION_TYPES),
    _t14(4, "SRC", "source agency", "AN 9-35", any_=1),
    _t14(5, "FCD", "capture date", "N 8", any_=1, dates=Dates.UNKNOWN_ALLOWED),
    _t14(6, "HLL", "width, pixels", "N 2-5", any_=1),
    _t14(7, "VLL", "height, pixels", "N 2-5", any_=1),
    _t14(8, "SLC", "scale units", "N 1-2", any_=1, codes=codes.either_way(_SCALES)),
    _t14(9, "THPS", "horizontal resolution", "N 1-5", any_=1),
    _t14(10, "TVPS", "vertical resolution", "N 1-5", any_=1),
    _t14(11, "CGA", "compression", "AN 3-5", any_=1, codes=codes.CODINGS),
    _t14(12, "BPX", "bits per pixel", "N 1-2", any_=1, codes={"8": "grey"}),
    _t14(13, "FGP", "finger position", "N 1-2", any_=(1, 6), codes=codes.POSITIONS | {"19": "entire joint image or tip"}),
    _t14(14, "PPD", "print position", "AN 4-6", any_=(0, 9),
         items=(item("DFP", "finger", "N 1-2", required=True), item("FIC", "part of the finger", "AN 3", required=True))),
    _t14(15, "PPC", "print position coordinates", "AN 8-30", any_=(0, 16),
         items=(item("FVC", "view", "AN 2-3", required=True), item("LOS", "segment", "A 2-3", required=True), *_BOX)),
    _t14(16, "SHPS", "scanned horizontal resolution", "N 1-5"),
    _t14(17, "SVPS", "scanned vertical resolution", "N 1-5"),
    _t14(18, "AMP", "fingers without print", "AN 3-5", any_=(0, 5), items=_NO_PRINT_IN_IMAGE),
    _t14(20, "COM", "comment", "ANS 1-128"),
    _t14(21, "SEG", "finger boxes in the image", "N 5-30", any_=(0, 5), items=(_FINGER, *_BOX)),
    _t14(22, "NQM", "NIST quality, 1 to 5 (deprecated)", "N 3-5", any_=(0, 5),
         items=(_FINGER, item("IQS", "quality, 1 best", "N 1-3", required=True))),
    _t14(23, "SQM", "segmentation quality", "AN 1-20", any_=(0, 45), items=_SCORE),
    _t14(24, "FQM", "finger quality", "AN 1-20", any_=(0, 45), items=_SCORE),
    _t14(25, "ASEG", "finger polygons in the image", "N 12-60", any_=(0, 5), items=_POLYGON),
    _t14(26, "SCF", "captured together with", "N 1-3"),
    _t14(27, "SIF", "stitched", "A 1", codes=codes.YES),
    _t14(30, "DMM", "how capture was watched", "A 7-10", codes=codes.MONITORING),
    _t14(31, "FAP", "subject acquisition profile", "N 2-3", codes=codes.FINGER_PROFILES),
    _t14(200, "ISC", "image set", "N 1-2", codes=codes.either_way(_SETS)),
    _t14(902, "ANN", "annotation", "ANS 1-400", any_=(0, 99), items=_ANNOTATION),
    _t14(903, "DUI", "device", "ANS 1-16"),
    _t14(904, "MMS", "make, model, serial number", "ANS 1-152", items=_DEVICE),
    _t14(993, "SAN", "source agency name", "ANS 1-125"),
    _t14(996, "HAS", "SHA-256 of the image", "AN 64"),
    _t14(998, "GEO", "place of capture", "ANS 1-"),
    _t14(999, "DATA", "image", "ANS 0", any_=1),

    _t15(1, "LEN", "record length", "N 2-8", any_=1),
    _t15(2, "IDC", "image designation", "N 1-4", any_=1),
    _t15(3, "IMP", "impression type", "N 1-2", any_=1, codes=codes.IMPRESSION_TYPES),
    _t15(4, "SRC", "source agency", "AN 9-35", any_=1),
    _t15(5, "PCD", "capture date", "N 8", any_=1, dates=Dates.UNKNOWN_ALLOWED),
    _t15(6, "HLL", "width, pixels", "N 2-5", any_=1),
    _t15(7, "VLL", "height, pixels", "N 2-5", any_=1),
    _t15(8, "SLC", "scale units", "N 1-2", any_=1, codes=codes.either_way(_SCALES)),
    _t15(9, "THPS", "horizontal resolution", "N 1-5", any_=1),
    _t15(10, "TVPS", "vertical resolution", "N 1-5", any_=1),
    _t15(11, "CGA", "compression", "AN 3-5", any_=1, codes=codes.CODINGS),
    _t15(12, "BPX", "bits per pixel", "N 1-2", any_=1, codes={"8": "grey"}),
    _t15(13, "FGP", "palm position", "N 2", any_=1, codes=codes.PALMS),
    _t15(16, "SHPS", "scanned horizontal resolution", "N 1-5"),
    _t15(17, "SVPS", "scanned vertical resolution", "N 1-5"),
    _t15(18, "AMP", "palms without print", "AN 4-5", any_=(0, 9)),
    _t15(20, "COM", "comment", "ANS 1-127"),
    _t15(24, "PQM", "palm quality", "AN 1-20", any_=(0, 4), items=_SCORE),
    _t15(30, "DMM", "how capture was watched", "A 7-10", codes=codes.MONITORING),
    _t15(200, "ISC", "image set", "N 1-2", codes=codes.either_way(_SETS)),
    _t15(902, "ANN", "annotation", "ANS 1-400", any_=(0, 99), items=_ANNOTATION),
    _t15(903, "DUI", "device", "ANS 1-16"),
    _t15(904, "MMS", "make, model, serial number", "ANS 1-152", items=_DEVICE),
    _t15(993, "SAN", "source agency name", "ANS 1-125"),
    _t15(996, "HAS", "SHA-256 of the image", "AN 64"),
    _t15(998, "GEO", "place of capture", "ANS 1-"),
    _t15(999, "DATA", "image", "ANS 0", any_=1),

    _t98(1, "LEN", "record length", "N 2-8", any_=1),
    _t98(2, "IDC", "information designation", "N 1-2", any_=1),
    _t98(3, "DFO", "owner of the data format", "AN 4", any_=1),
    _t98(4, "SRC", "source agency", "ANS 1-35", any_=1),
    _t98(5, "DFT", "type of the data format", "AN 4", any_=1),
    _t98(6, "DCD", "moment of creation in UTC", "AN 15", any_=1, dates=Dates.MOMENT),
    _t98(900, "ALF", "audit log", "ANS 1-", any_=(0, 999),
         items=(item("EVT", "event", "A 1-20", required=True), item("EVR", "reason", "ANS 1-200"),
                item("IID", "what was changed", "ANS 1-64", required=True), item("AGT", "who changed it", "ANS 1-200", required=True),
                item("OLD", "what stood there before", "ANS 1-"))),
    _t98(901, "ARN", "revision of the audit log", "ANS 1-255"),
    _t98(993, "SAN", "source agency name", "ANS 1-125"),
)  # fmt: skip

DICTIONARY: Mapping[tuple[int, int], Row] = MappingProxyType({(row.type, row.number): row for row in _ROWS})

Limits: TypeAlias = Mapping[tuple[int, ...], tuple[int, int]]  # record types counted together, to (least, most)

RECORDS: Mapping[str, Limits] = MappingProxyType({
    "CAR": {(1,): (1, 1), (2,): (1, 1), (4,): (0, 14), (7,): (0, 2), (10,): (0, 25), (14,): (0, 46), (15,): (0, 10), (17,): (0, 2)},
    "SRE": {(1,): (1, 1), (2,): (1, 1), (10,): (0, 1)},
    "ERRT": {(1,): (1, 1), (2,): (1, 1)},
})  # EBTS 11.0 appendix L, table L-2  # fmt: skip


def lookup(type_: int, number: int) -> Row | None:
    """The row of a field, or None where the dictionary does not know it."""
    return DICTIONARY.get((type_, number))


def rows(type_: int) -> tuple[Row, ...]:
    """All rows of a record type, in the order of the standard."""
    return tuple(row for row in _ROWS if row.type == type_)
