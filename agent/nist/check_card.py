"""Every finger there or explained, never both, none twice (EBTS 11.0 §3.1.1.1; appendix M, L0059, L0118)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from agent.nist.card import CARD, explained, is_explained, positions
from agent.nist.findings import Finding, Rule, error
from agent.nist.records import Transaction

_CARD = "EBTS 11.0 §3.1.1.1"


def check_card(tx: Transaction) -> Iterator[Finding]:
    """Findings of 2.084 AMP against the images of the card."""
    present, gone = positions(tx), explained(tx)
    for position, times in sorted(Counter(present).items()):
        if times > 1 and position in CARD:
            sentence = f"There are {times} images of position {position}."
            yield error("4.004", Rule.COMPLETENESS, "EBTS 11.0 appendix M, L0059", sentence, position=position)
    for place in CARD:
        missing = is_explained(place, gone)
        if place in present and missing:
            yield error("2.084", Rule.COMPLETENESS, _CARD, f"AMP says there is no print of the {place.words}, and there is an image of it.")
        if place not in present and not missing:
            yield error("2.084", Rule.COMPLETENESS, _CARD, f"There is no image of the {place.words}, and AMP does not say why.")
    type2 = tx.first(2)
    entries = Counter(items[0].lstrip("0") for items in (type2.items(84) if type2 else ()))
    if any(times > 1 for times in entries.values()):
        yield error("2.084", Rule.COMPLETENESS, _CARD, "AMP names one position more than once.")
