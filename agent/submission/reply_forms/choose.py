"""Which form a bureau writes in: by the table of its state's profile. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from agent.nist.reply_table import Form, ReplyTable
from agent.submission.reply_forms.answer import ReplyForm
from agent.submission.reply_forms.carrier import Carrier
from agent.submission.reply_forms.mail import Mail
from agent.submission.reply_forms.profile1 import Profile1

_MADE: Mapping[Form, Callable[[ReplyTable], ReplyForm]] = MappingProxyType({Form.PROFILE_1: Profile1, Form.SRE: Carrier, Form.MAIL: Mail})
PROFILE_1: ReplyForm = Profile1()


def form_of(table: ReplyTable) -> ReplyForm:
    return _MADE[table.form](table)
