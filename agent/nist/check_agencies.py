"""Who sends a transaction, to whom, in whose name, and who gets copies: 1.007 DAI, 1.008 ORI, 2.007 SCO, 2.073 CRI (EBTS 11.0 §1.7)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.nist.findings import Finding, Rule, error, warning
from agent.nist.ncic_places import STATES
from agent.nist.records import TaggedRecord

_B = "EBTS 11.0 appendix B"
_C1 = "EBTS 11.0 table C-1"
_AGENCY = re.compile(r"[A-Z]{2}[A-Z0-9]{7}")
FBI = "WVIAFIS0Z"  # the FBI's own identifier, EBTS 11.0 appendix B, 1.007


def check_agencies(type1: TaggedRecord, type2: TaggedRecord | None) -> Iterator[Finding]:
    """An identifier of no state is questioned only, since training uses such; the FBI would reject it."""
    ori, dai = type1.text(8) or "", type1.text(7) or ""
    if ori and ori[:2] not in STATES:
        yield warning("1.008", Rule.AGENCY, _B, "ORI does not begin with the NCIC code of a state; the FBI would reject it.")
    if dai == FBI:
        yield error("1.007", Rule.AGENCY, _B, "DAI is the FBI's own; a booking goes to the state bureau.")
    elif dai and dai == ori:
        yield error("1.007", Rule.AGENCY, _B, "DAI and ORI are the same agency: it would be sent to its own sender.")
    if type1.text(9) and type1.text(9) == type1.text(10):
        yield error("1.010", Rule.AGENCY, _B, "TCR is the transaction's own TCN; it names an earlier one.")
    if type2 is not None:
        yield from _controlling(type2, ori)
        yield from _copies(type2, ori)


def _controlling(type2: TaggedRecord, ori: str) -> Iterator[Finding]:
    """2.073 CRI: the first is the authority over the record; each is nine characters that begin with a state's code."""
    for cri in type2.values(73):
        if len(cri) == 9 and not _AGENCY.fullmatch(cri):
            yield error(
                "2.073", Rule.AGENCY, _C1, "CRI (controlling agency) is no agency's identifier: two letters, then letters and digits."
            )
        elif cri[:2] not in STATES and cri != ori:
            yield warning("2.073", Rule.AGENCY, _C1, "CRI (controlling agency) does not begin with the NCIC code of a state.")
    if len(set(type2.values(73))) < len(type2.values(73)):
        yield warning("2.073", Rule.AGENCY, _C1, "CRI (controlling agencies) names an agency twice.")


def _copies(type2: TaggedRecord, ori: str) -> Iterator[Finding]:
    """2.007 SCO: an agency's nine characters, then up to ten for the state's routing; no separator between them."""
    agencies = [copy[:9] for copy in type2.values(7)]
    if any(len(agency) == 9 and not _AGENCY.fullmatch(agency) for agency in agencies):
        yield error("2.007", Rule.AGENCY, _C1, "SCO (send copy to) does not begin with an agency's identifier of nine characters.")
    elif any(agency[:2] not in STATES and agency != ori for agency in agencies):
        yield warning("2.007", Rule.AGENCY, _C1, "SCO (send copy to) does not begin with the NCIC code of a state.")
    if len(set(type2.values(7))) < len(agencies):
        yield warning("2.007", Rule.AGENCY, _C1, "SCO (send copy to) names an agency twice.")
    if ori and ori in type2.values(7):
        yield warning("2.007", Rule.AGENCY, _C1, "SCO (send copy to) names the sender, who gets the answer anyway.")
