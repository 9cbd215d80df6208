"""Code lists of EBTS 11.0 table C-1 and ANSI/NIST-ITL 1-2011: code to meaning. The long NCIC lists have files of their own."""

from __future__ import annotations

from types import MappingProxyType


def _either_way(codes: dict[str, str]) -> dict[str, str]:
    """Numbers below ten may be written with or without their leading zero."""
    return codes | {code.lstrip("0") or "0": meaning for code, meaning in codes.items()}


YES = {"Y": "yes"}
YES_NO = {"Y": "yes", "N": "no"}
SEX = {
    "F": "female",
    "G": "male impersonator",
    "M": "male",
    "N": "female impersonator",
    "X": "unknown",
    "Y": "male name, sex not given",
    "Z": "female name, sex not given",
}
RACE = {"A": "Asian or Pacific Islander", "B": "Black", "I": "American Indian or Alaskan native", "U": "unknown", "W": "White"}
EYES = {
    "BLK": "black",
    "BLU": "blue",
    "BRO": "brown",
    "GRN": "green",
    "GRY": "gray",
    "HAZ": "hazel",
    "MAR": "maroon",
    "MUL": "multicolored",
    "PNK": "pink",
    "XXX": "unknown",
}
HAIR = {
    "BAL": "bald",
    "BLK": "black",
    "BLN": "blond or strawberry",
    "BLU": "blue",
    "BRO": "brown",
    "GRN": "green",
    "GRY": "gray or partly gray",
    "ONG": "orange",
    "PLE": "purple",
    "PNK": "pink",
    "RED": "red or auburn",
    "SDY": "sandy",
    "WHI": "white",
    "XXX": "unknown",
}
FINDING = {"I": "identification", "N": "no identification", "D": "deferred", "Z": "disposition posted"}
REPOSITORIES = {
    "1": "criminal master file",
    "2": "civil records",
    "3": "unsolved biometrics",
    "6": "RISC",
    "7": "Canada",
    "8": "DoD ABIS",
    "9": "DHS IDENT",
    "10": "DHS IDENT and LESC",
    "11": "RISC wants and warrants",
    "12": "RISC sex offenders",
    "13": "RISC known or suspected terrorists",
    "14": "RISC subjects of special interest",
    "15": "RISC other",
}
DISPOSITIONS = {
    name: name.lower()
    for name in (
        "CONVICTED", "ACQUITTED", "DISMISSED", "CHARGES DROPPED", "NOT PROSECUTED", "MENTAL HEALTH ADJUDICATION", "DIVERSION",
        "CONDITIONAL", "JUVENILE ADJUDICATION", "REVOCATION", "EXTRADITED", "TRANSFERRED", "DEPORTED", "DECEASED", "CONSOLIDATED",
        "BAIL/BOND FORFEITURE", "DEFERRED", "UNAVAILABLE", "DESTROYED", "OTHER",
    )
}  # fmt: skip
POSITIONS = _either_way({
    "01": "right thumb",
    "02": "right index",
    "03": "right middle",
    "04": "right ring",
    "05": "right little",
    "06": "left thumb",
    "07": "left index",
    "08": "left middle",
    "09": "left ring",
    "10": "left little",
    "11": "plain right thumb",
    "12": "plain left thumb",
    "13": "plain right four fingers",
    "14": "plain left four fingers",
    "15": "plain thumbs",
})  # fmt: skip
WHY_NO_PRINT = {"XX": "amputated", "UP": "unable to print"}
RAP_BACK_FORMAT = {"1": "before notification", "2": "triggering event", "3": "triggering event and history"}
RAP_BACK_CATEGORY = {
    "F": "firearms",
    "I": "volunteer or licence",
    "J": "criminal justice employment",
    "CI": "criminal justice investigation",
    "CS": "supervised release",
    "S": "security clearance",
}
RAP_BACK_TERM = {"2": "two years", "5": "five years", "L": "life"}
RAP_BACK_TRIGGERS = _either_way({
    "01": "criminal submission retained",
    "02": "disposition",
    "03": "civil submission retained",
    "04": "expungement",
    "05": "want added",
    "06": "want deleted",
    "07": "want modified",
    "08": "sex offender registry, added",
    "09": "sex offender registry, deleted",
    "10": "sex offender registry, modified",
    "11": "external",
    "12": "death notice",
})  # fmt: skip
_IMAGE_KINDS = ("fingerprint", "palm print", "supplemental print", "facial photo", "photo of a mark")
BIOMETRICS = _either_way({  # 2.2031 BIA: a sum of powers of two
    f"{n:02d}": ", ".join(kind for bit, kind in enumerate(_IMAGE_KINDS) if n >> bit & 1) or "none" for n in range(32)
})  # fmt: skip
IMPRESSIONS = MappingProxyType({
    0: "plain",
    1: "rolled",
    2: "plain, from a card",
    3: "rolled, from a card",
    4: "latent impression",
    5: "latent tracing",
    6: "latent photo",
    7: "latent lift",
    8: "swipe",
})  # 4.003 IMP, ANSI/NIST-ITL 1-2011 table 11  # fmt: skip
COMPRESSIONS = MappingProxyType({0: "uncompressed", 1: "WSQ", 2: "JPEGB", 3: "JPEGL", 4: "JP2", 5: "JP2L"})  # 4.008 GCA, ITL table 15
VERSIONS = {
    "0200": "ANSI/NBS-ICST 1-1986",
    "0201": "ANSI/NIST-CSL 1-1993",
    "0300": "ANSI/NIST-ITL 1a-1997",
    "0400": "ANSI/NIST-ITL 1-2000 or 1-2007",
    "0500": "ANSI/NIST-ITL 1-2011",
    "0501": "ANSI/NIST-ITL 1-2011 Update 2013",
    "0502": "ANSI/NIST-ITL 1-2011 Update 2015",
}
PRIORITIES = {str(n): f"priority {n} of 9" for n in range(1, 10)}
CODINGS = {name: name for name in ("NONE", "WSQ20", "JPEGB", "JPEGL", "JP2", "JP2L", "PNG")}
MONITORING = {name: name.lower() for name in ("CONTROLLED", "ASSISTED", "OBSERVED", "UNATTENDED", "UNKNOWN")}
