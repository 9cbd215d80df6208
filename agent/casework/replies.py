"""What a reply means for the record of its case. Pure; what kind it is was found by `submission.read_reply`."""

from __future__ import annotations

from agent.casework.events import EventKind
from agent.model.messages import Reply, ReplyKind

_BY_FINDING = {"I": EventKind.SRE_IDENT, "N": EventKind.SRE_NON_IDENT}  # 2.059 SRF; D and Z are neither
_BY_KIND = {
    ReplyKind.ERRT: (EventKind.ERRT,),
    ReplyKind.STATE_IDENT: (EventKind.STATE_IDENT,),
    ReplyKind.IDR_NO_MATCH: (EventKind.IDR_NO_MATCH,),
    ReplyKind.IDR_MATCH: (EventKind.IDR_MATCH,),
    ReplyKind.IDR_ERROR: (EventKind.IDR_ERROR,),
    ReplyKind.IAR: (EventKind.IAR,),
    ReplyKind.UNCLASSIFIED: (),  # moves nothing: a person reads it
}
_MAY_CARRY_NOTICE = (ReplyKind.SRE, ReplyKind.IDR_MATCH, ReplyKind.IDR_NO_MATCH, ReplyKind.IDR_ERROR)


def events_in(reply: Reply) -> tuple[EventKind, ...]:
    """The events that a reply records; a joint IDR/IAR records both, an unclassified one none.

    LESC's notice (M0017, M0018) is a second event beside an SRE's own, in region C: the identification stands by itself.
    """
    joint = (EventKind.IAR,) if reply.kind is ReplyKind.IDR_MATCH and "IAR" in reply.facts else ()
    notice = (EventKind.LESC_NOT_SEARCHED,) if "LESC" in reply.facts and reply.kind in _MAY_CARRY_NOTICE else ()
    if reply.kind is ReplyKind.SRE:
        return (_BY_FINDING.get(reply.facts.get("SRF", ""), EventKind.SRE_UNCLEAR), *notice)
    return _BY_KIND[reply.kind] + joint + notice
