"""What a state's bureau asks for beyond the FBI: its own identifier, fields it wants or does not take, SID in NFF states."""

from __future__ import annotations

from collections.abc import Iterator

from agent.nist.findings import Finding, Rule, error
from agent.nist.profiles import StateProfile
from agent.nist.records import Transaction


def check_state(tx: Transaction, tot: str, state: StateProfile) -> Iterator[Finding]:
    """Findings of one transaction that goes to this bureau."""
    if tot == "CAR" and tx.type1.text(7) != state.dai:
        yield error("1.007", Rule.STATE, state.clause, f"DAI is not that of {state.name}.")
    type2 = tx.first(2)
    if type2 is None:
        return
    for number in sorted(state.forbidden(tot)):
        if type2.field(number) is not None:
            yield error(f"2.{number:03d}", Rule.STATE, state.clause, f"{state.name} does not take this field.")
    if tot == "CAR" and state.nff and type2.text(5) == "Y" and not type2.text(15):
        sentence = "SID (state identification number) is needed to retain an arrest of a state that keeps its own fingerprint file (NFF)."
        yield error("2.015", Rule.STATE, "EBTS 11.0 appendix M, L0023", sentence)
