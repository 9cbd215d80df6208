"""A transaction against the standard: `check(tx, "CAR")` lists what the FBI or the bureau would reject or question.

Nothing is raised for what a file says, however wrong; only an unknown profile or edition is an error of ours.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from agent.errors import ConfigError
from agent.nist.check_card import check_card
from agent.nist.check_content import check_content
from agent.nist.check_fields import check_record
from agent.nist.check_prints import check_prints
from agent.nist.check_state import check_state
from agent.nist.check_structure import check_structure
from agent.nist.check_tagged_images import check_tagged_images
from agent.nist.dictionary import EDITION, RECORDS
from agent.nist.editions import standard
from agent.nist.findings import Finding
from agent.nist.records import TaggedRecord, Transaction

if TYPE_CHECKING:
    from agent.nist.profiles import StateProfile

__all__ = ["Finding", "check"]


def check(
    tx: Transaction, profile: str = "CAR", edition: str = EDITION, *, state: StateProfile | None = None, today: date | None = None
) -> list[Finding]:
    """Every finding: structure, fields in file order, what must fit together, images, the state. Empty: it may be sent.

    profile: the type of transaction it should be (CAR, SRE, ERRT) · edition: of EBTS; a state's profile brings its own · today: the local
    date, with which its dates are compared when it is given.
    """
    if profile not in RECORDS:
        raise ConfigError(f"There is no transaction {profile} here.", means="Nothing was checked.", do=f"Use {', '.join(RECORDS)}.")
    rules = standard(edition) if state is None else state.standard
    tagged = [record for record in tx.records if isinstance(record, TaggedRecord)]
    findings = [*check_structure(tx, profile, rules)]
    findings += [finding for record in tagged for finding in check_record(record, profile, rules)]
    if profile == "CAR":
        findings += [*check_content(tx, rules, today), *check_prints(tx), *check_card(tx)]
    findings += [finding for record in tagged for finding in check_tagged_images(record, tx)]
    if state is not None:
        findings += check_state(tx, profile, state)
    return list(dict.fromkeys(findings))  # what is said of a hundred entries in the same words is said once
