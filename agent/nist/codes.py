"""Code lists of EBTS 11.0 table C-1 and ANSI/NIST-ITL 1-2011: code to meaning. The long NCIC lists have files of their own."""

from __future__ import annotations

from types import MappingProxyType


def either_way(codes: dict[str, str]) -> dict[str, str]:
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
POSITIONS = either_way({
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
SINGLE_FINGERS = {code: name for code, name in POSITIONS.items() if int(code) <= 10}
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
RAP_BACK_TRIGGERS = either_way({
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
BIOMETRICS = either_way({  # 2.2031 BIA: a sum of powers of two
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
    10: "palm",
    11: "palm, from a card",
    12: "latent palm impression",
    13: "latent palm tracing",
    14: "latent palm photo",
    15: "latent palm lift",
    20: "optical contact, plain",
    21: "optical contact, rolled",
    22: "non-optical contact, plain",
    23: "non-optical contact, rolled",
    24: "optical contactless, plain",
    25: "optical contactless, rolled",
    26: "non-optical contactless, plain",
    27: "non-optical contactless, rolled",
    28: "other",
    29: "unknown",
    40: "multispectral, plain",
    41: "multispectral, rolled",
    43: "contactless by intent, plain",
    44: "contactless by intent, rolled",
})  # 4.003 IMP and x.003 of Types 9 to 15, ANSI/NIST-ITL 1-2011 table 11  # fmt: skip
IMPRESSION_TYPES = either_way({f"{code:02d}": name for code, name in IMPRESSIONS.items()})
PALMS = {
    "20": "unknown palm",
    "21": "right full palm",
    "22": "right writer's palm",
    "23": "left full palm",
    "24": "left writer's palm",
    "25": "right lower palm",
    "26": "right upper palm",
    "27": "left lower palm",
    "28": "left upper palm",
    "29": "right other",
    "30": "left other",
    "31": "right interdigital",
    "32": "right thenar",
    "33": "right hypothenar",
    "34": "left interdigital",
    "35": "left thenar",
    "36": "left hypothenar",
    "37": "right grasp",
    "38": "left grasp",
    "81": "right carpal delta area",
    "82": "left carpal delta area",
    "83": "right full palm with writer's palm",
    "84": "left full palm with writer's palm",
    "85": "right wrist bracelet",
    "86": "left wrist bracelet",
}  # x.013 FGP, ANSI/NIST-ITL 1-2011 Update 2013 table 8
RIDGE_POSITIONS = either_way({"00": "unknown finger"}) | POSITIONS | {"18": "unknown friction ridge", "19": "entire joint or tip"} | PALMS
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
PHOTO_KINDS = {"FACE": "face", "SCAR": "scar", "MARK": "mark", "TATTOO": "tattoo"}  # 10.003 IMT: what NGI takes
PHOTO_CODINGS = {name: name for name in ("NONE", "JPEGB", "JPEGL", "JP2", "JP2L", "PNG")}
COLOR_SPACES = {"UNK": "unknown", "GRAY": "grey", "RGB": "RGB", "SRGB": "sRGB", "YCC": "YCbCr", "SYCC": "YCbCr of JPEG 2000"}
PHOTO_PROFILES = either_way({
    "00": "unknown",
    "01": "surveillance",
    "10": "driver's licence",
    "11": "ANSI 385 full frontal",
    "12": "ANSI 385 token",
    "13": "ISO/IEC 19794-5 full frontal",
    "14": "ISO/IEC 19794-5 token",
    "15": "PIV",
    "20": "legacy mugshot",
    "30": "best practice 30",
    "40": "best practice 40",
    "50": "best practice 50",
    "51": "best practice 51",
})  # fmt: skip
POSES = {"F": "full face", "R": "right profile", "L": "left profile", "A": "at an angle", "D": "determined in three dimensions"}
PHOTO_SOURCES = {
    name: name.lower()
    for name in (
        "UNSPECIFIED", "UNKNOWN PHOTO", "DIGITAL CAMERA", "SCANNER", "UNKNOWN VIDEO", "ANALOG VIDEO", "DIGITAL VIDEO", "VENDOR",
    )
}  # fmt: skip
MARK_KINDS = {name: name.lower() for name in ("SCAR", "PIERCING", "MARK", "TATTOO", "CHEMICAL", "BRANDED", "CUT")}
MARK_CLASSES = {name: name.lower() for name in ("HUMAN", "ANIMAL", "PLANT", "FLAG", "OBJECT", "ABSTRACT", "SYMBOL", "OTHER")}
MARK_COLORS = {
    name: name.lower()
    for name in (
        "BLACK", "BROWN", "GRAY", "BLUE", "GREEN", "ORANGE", "PURPLE", "RED", "YELLOW", "WHITE", "MULTI", "OUTLINE",
    )
}  # fmt: skip
FINGER_PROFILES = {fap: f"FAP {fap}" for fap in ("10", "20", "30", "40", "45", "50", "60", "145", "150", "160")}
