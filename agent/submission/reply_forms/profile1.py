""" "IDR/IAR profile 1", this project's own mapping (`submission.replies`), with rules of a state's own before it. Pure."""

from __future__ import annotations

import re
from datetime import datetime

from agent.model.messages import ReplyKind
from agent.nist.codec import parse
from agent.nist.errors import NistError
from agent.nist.reply_table import Means, ReplyTable, Rule
from agent.submission.read_reply import BureauRule, encounters, photos, read_reply
from agent.submission.reply_forms.answer import Answer

_SRE = (Means.SRE_IDENT, Means.SRE_NON_IDENT, Means.SRE_UNCLEAR)


class Profile1:
    def __init__(self, table: ReplyTable | None = None) -> None:
        self._rules = tuple(_rule(one) for one in table.rules) if table else ()

    def read(self, data: bytes, received_at: datetime) -> Answer:
        reply = read_reply(data, received_at=received_at, rules=self._rules)
        if reply.kind is not ReplyKind.IDR_MATCH:
            return Answer(reply)
        try:
            tx = parse(data)
        except NistError:
            return Answer(reply)
        return Answer(reply, encounters(tx), photos(tx))


def _rule(rule: Rule) -> BureauRule:
    kind = ReplyKind.SRE if rule.means in _SRE else ReplyKind(rule.means.value)
    return BureauRule(rule.tot, int(rule.tag.partition(".")[2]), re.compile(rule.pattern), kind)
