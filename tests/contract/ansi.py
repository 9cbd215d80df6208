"""As much of ANSI/NIST-ITL (traditional encoding) as a bureau needs: read a control number, write an answer. Nothing of the agent's."""

import secrets
from datetime import UTC, datetime

GS, RS, US, FS = b"\x1d", b"\x1e", b"\x1f", b"\x1c"


def type1(file: bytes) -> dict[str, str]:
    """Fields of the Type-1 record by tag, "1.009" and so on. Raises ValueError."""
    end = file.find(FS)
    if end < 0 or not file.startswith(b"1.001:"):
        raise ValueError("no Type-1 record")
    pairs = (one.split(b":", 1) for one in file[:end].split(GS))
    return {tag.decode("ascii"): value.decode("ascii") for tag, value in pairs}


def tcn(file: bytes) -> str:
    return type1(file).get("1.009", "")


def tcr(file: bytes) -> str:
    return type1(file).get("1.010", "")


def _record(kind: int, fields: list[tuple[int, bytes]]) -> bytes:
    body = GS.join(b"%d.%03d:%b" % (kind, number, value) for number, value in fields)
    for digits in range(1, 9):
        size = len(b"%d.001:" % kind) + digits + 1 + len(body) + 1
        if len(str(size)) == digits:
            return b"%d.001:%d" % (kind, size) + GS + body + FS
    raise ValueError("record too long")


def answer(request: bytes, tot: str, type2: dict[int, str], *, tied: bool = True) -> bytes:
    """A reply of type `tot` to a transaction: Type-1 whose TCR is its TCN, and a Type-2 of `type2`. Untied, its TCR is nobody's."""
    asked, today = type1(request), datetime.now(UTC)
    head = {
        2: "0502",
        3: "",
        4: tot,
        5: today.strftime("%Y%m%d"),
        6: "4",
        7: asked["1.008"],
        8: asked["1.007"],
        9: f"SIB{today:%Y%m%d}{secrets.token_hex(6).upper()}",
        10: asked["1.009"] if tied else "LS-0001-00000000000000000000000000",
        11: "00.00",
        12: "00.00",
        13: asked.get("1.013", ""),
        14: today.strftime("%Y%m%d%H%M%SZ"),
    }
    content = b"1\x1f1\x1e2\x1f00"
    fields = [(number, content if number == 3 else value.encode("ascii")) for number, value in head.items() if value or number == 3]
    return _record(1, fields) + _record(2, [(2, b"00"), *((number, value.encode("ascii")) for number, value in sorted(type2.items()))])
