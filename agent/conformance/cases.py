"""The cases of the test book: what each shows, how it differs from the plain card, and which findings a check must give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.conformance.maker import Wish, missing
from agent.conformance.person import ALL_FIELDS, LONGEST, Contents
from agent.model.fingers import FINGERS, MissingReason, Position, fingers_of
from agent.model.photo import PhotoKind
from agent.nist.editions import Standard
from agent.nist.profiles import StateProfile
from agent.nist.rows import Row
from agent.submission.profiles import CAR, CAR_14, CAR_14_1000

_RIGHT, _LEFT = FINGERS[:5], FINGERS[5:]
_CHARGE = "CONFORMANCE TEST OF A LONG OFFENSE IN WORDS, "


@dataclass(frozen=True)
class Case:
    name: str  # also the file's
    title: str  # one sentence
    wish: Wish
    expected: tuple[str, ...] = ()  # ids of the findings, sorted; none: accepted without a word
    edit: str = ""  # what is done to the finished transaction, see `damage`


def cases(rules: Standard, state: StateProfile | None) -> Iterator[Case]:
    """Every case that this edition and this state know."""
    yield from _plain(rules, state.forbidden("CAR") if state is not None else frozenset())
    yield from _fingers(rules)
    yield from _images()
    yield from _texts(rules)
    yield from _left_out(rules)
    yield from _wrong()
    if state is not None:
        yield from _of_state(state)


def _plain(rules: Standard, not_taken: frozenset[int]) -> Iterator[Case]:
    yield Case("plain-card", "A ten-print card with the fields that every booking has.", Wish())
    known = {number: rows for number, rows in ALL_FIELDS.items() if _takes(rules, number) and number not in not_taken}
    little = missing([Position.LEFT_LITTLE], MissingReason.AMPUTATED)
    whole = f"Every field of a CAR: {len(known)}, and LEN, IDC and AMP."
    yield Case("all-fields", whole, Wish(missing=little, type2=_cut(rules, known)))
    yield Case("longest-fields", "Every field as long, and as often, as it may be.", Wish(type2=_cut(rules, LONGEST)))
    yield Case("inquiry", "An inquiry on a suspect: RET is N.", Wish(type2={5: [["N"]]}))
    yield Case("correction", "A correction: TCR names the submission that it corrects.", Wish(tcr="CONFORMANCE-REJECTED-0001"))


def _fingers(rules: Standard) -> Iterator[Case]:
    for finger in FINGERS:
        words = finger.words.replace(" ", "-")
        yield Case(f"amputated-{finger:02d}-{words}", f"The {finger.words} is amputated.", _gone([finger], MissingReason.AMPUTATED))
        yield Case(f"bandaged-{finger:02d}-{words}", f"The {finger.words} is bandaged.", _gone([finger], MissingReason.UNPRINTABLE))
    for name, hand in (("right", _RIGHT), ("left", _LEFT)):
        yield Case(f"bandaged-{name}-hand", f"The whole {name} hand is bandaged.", _gone(hand, MissingReason.UNPRINTABLE))
        yield Case(f"amputated-{name}-four", f"The four {name} fingers are amputated.", _gone(hand[1:], MissingReason.AMPUTATED))
    both = fingers_of(Position.PLAIN_THUMBS)
    yield Case("bandaged-thumbs", "Both thumbs are bandaged.", _gone(both, MissingReason.UNPRINTABLE))
    yield Case("one-finger-left", "Only the right index can be printed.", _gone(_all_but(2), MissingReason.UNPRINTABLE))
    if rules.edition != "9.1":
        yield Case("no-finger-left", "No finger can be printed: text only, all explained.", _gone(FINGERS, MissingReason.UNPRINTABLE))


def _images() -> Iterator[Case]:
    yield Case("type-4-from-card", "Type-4 prints scanned from a card (IMP 2 and 3).", Wish(live=False))
    yield Case("type-14-500", "Type-14 prints of 500 ppi, WSQ, with segments, scores and digests.", Wish(profile=CAR_14))
    yield Case("type-14-missing", "Type-14 with a bandaged finger in the slap (14.018).", Wish(CAR_14, missing([Position.RIGHT_RING], _UP)))
    yield Case("type-14-1000", "Type-14 prints of 1000 ppi, JPEG 2000.", Wish(profile=CAR_14_1000))
    faces = (PhotoKind.FACE,)
    yield Case("photo-face", "A Type-10 photo of the face, JPEGB.", Wish(photos=faces))
    marks = (PhotoKind.FACE, PhotoKind.SCAR, PhotoKind.TATTOO)
    yield Case("photos-of-marks", "Type-10 photos of a face, a scar and a tattoo.", Wish(photos=marks))
    yield Case("palms", "Type-15 palms, both hands, 500 ppi WSQ.", Wish(palms=(21, 23)))


def _texts(rules: Standard) -> Iterator[Case]:
    most = (rules.fields[2, 47].occurrences("CAR") or (1, 40))[1]
    long = (_CHARGE * 10)[:300]
    yield Case("long-charges", "Forty offenses of 300 characters each.", Wish(type2={47: [["20261122", long]] * 40}))
    if most > 40:
        yield Case("many-charges", f"{most} offenses.", Wish(type2={47: [["", f"CONFORMANCE TEST {n}"] for n in range(most)]}))
    yield Case("charges-without-dates", "Offenses without dates: the separator stands.", Wish(type2={47: [["", "LARCENY"], ["", "DUI"]]}))
    unknown: Contents = {18: [["DOE,JOHN"]], 22: [["00000000"]], 27: [["000"]], 29: [["000"]]}
    yield Case("nothing-known", "A person of whom nothing is known.", Wish(type2=unknown))
    yield Case("double-name", "A double name with a suffix.", Wish(type2={18: [["SPECIMEN-TEST,ANN MARIE III"]]}))
    yield Case("height-in-inches", "Height in inches.", Wish(type2={27: [["N69"]]}))
    yield Case(
        "clamped", "Height and weight that will be clamped.", Wish(type2={27: [["N47"]], 29: [["500"]]}), ("2.027/syntax", "2.029/syntax")
    )
    dcs: Contents = {15: [["003", "UTF-8"]]}
    yield Case("utf-8", "A residence outside ASCII, announced by DCS.", Wish(type1=dcs, type2={41: [["1 ŁÓDŹ STREET, NOWHERE"]]}))


def _left_out(rules: Standard) -> Iterator[Case]:
    for row in rules.rows(2):
        if (row.occurrences("CAR") or (0, 0))[0] and row.number > 2:
            sentence = f"{row.mnemonic}, which is mandatory, is left out."
            yield Case(f"without-{row.mnemonic.lower()}", sentence, Wish(type2={row.number: None}), (f"{row.tag}/mandatory",))


def _wrong() -> Iterator[Case]:
    texts: tuple[tuple[str, str, Contents, str], ...] = (
        ("place-unknown", "POB is no NCIC code.", {20: [["ZZ"]]}, "2.020/code"),
        ("citizen-of-a-state", "CTZ is the code of a state, not of a country.", {21: [["CA"]]}, "2.021/code"),
        ("name-without-comma", "NAM has no comma.", {18: [["SPECIMEN TEST"]]}, "2.018/syntax"),
        ("born-on-no-day", "DOB is 30 February.", {22: [["19800230"]]}, "2.022/date"),
        ("arrested-tomorrow", "DOA lies after the transaction.", {45: [["20261126"]]}, "2.045/date"),
        ("charge-only-a-code", "ASL is a statute's number without words (L0119).", {47: [["", "PC 459"]]}, "2.047/literal"),
        ("copy-to-no-agency", "SCO does not begin with an agency's identifier.", {7: [["12-30300X"]]}, "2.007/agency"),
        ("height-of-twelve-inches", "HGT has twelve inches to the foot.", {27: [["512"]]}, "2.027/syntax"),
    )
    for name, title, contents, expected in texts:
        yield Case(name, title, Wish(type2=contents), (expected,))
    yield Case(
        "no-resolution", "NSR and NTR are 00.00 beside Type-4 prints.", Wish(type1=_NO_RESOLUTION), ("1.011/resolution", "1.012/resolution")
    )
    yield Case("amputated-and-printed", "AMP names a finger of which there is an image (L0118).", Wish(type2={84: [["02", "XX"]]}), _AMP)
    yield Case("finger-unexplained", "A finger is missing without a reason (L0118).", Wish(), _AMP, edit="without 4")
    yield Case(
        "finger-twice", "One finger stands in two places (L0059).", Wish(), ("2.084/completeness", "4.004/completeness"), edit="3 as 2"
    )
    yield Case("count-wrong", "CNT gives other designations than the records.", Wish(), ("1.003/structure",), edit="count")
    yield Case("digest-wrong", "A Type-14 print whose SHA-256 is another.", Wish(profile=CAR_14), ("14.996/image",), edit="digest")


def _of_state(state: StateProfile) -> Iterator[Case]:
    yield Case("other-bureau", "DAI is not the bureau's.", Wish(type1={7: [["ZZOTHER00"]]}), ("1.007/state",))
    for number in sorted(state.forbidden("CAR")):
        wish = Wish(type2={number: ALL_FIELDS.get(number) or [["1"]]})
        yield Case(f"not-taken-2-{number:03d}", f"Field 2.{number:03d} is not taken by {state.name}.", wish, (f"2.{number:03d}/state",))
    if state.nff:
        yield Case("without-sid", "No SID on a retained arrest of an NFF state (L0023).", Wish(type2={15: None}), ("2.015/state",))


_UP = MissingReason.UNPRINTABLE
_AMP = ("2.084/completeness",)
_NO_RESOLUTION: Contents = {11: [["00.00"]], 12: [["00.00"]]}


def _gone(fingers: tuple[Position, ...] | list[Position], reason: MissingReason) -> Wish:
    return Wish(CAR, missing(fingers, reason))


def _all_but(number: int) -> list[Position]:
    return [finger for finger in FINGERS if finger != number]


def _takes(rules: Standard, number: int) -> bool:
    row = rules.lookup(2, number)
    return row is not None and row.occurrences("CAR") is not None


def _cut(rules: Standard, contents: Contents) -> Contents:
    """As many entries, items and characters as the edition takes, and nothing it does not know."""
    return {number: _fitting(rules.fields[2, number], rows) for number, rows in contents.items() if rows and _takes(rules, number)}


def _fitting(row: Row, rows: Sequence[Sequence[str]]) -> list[list[str]]:
    most = (row.occurrences("CAR") or (0, 1))[1]
    if row.items:
        return [list(items[: len(row.items)]) for items in rows[:most]]
    return [[item[: row.most] for item in items] for items in rows[:most]]
