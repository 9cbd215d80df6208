"""The second officer of a decision: where people sign in, they prove who they are beside the first, for this one decision."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agent.access.desk import AccessDesk, Proof
from agent.errors import LivescanError
from agent.web.bodies import SIGNED_IN, Decision


class NotVouched(LivescanError):
    """A second officer was named and has not proved who they are."""


async def vouched(desk: AccessDesk, said: Decision, body: Mapping[str, Any], *, booking: str, door: str) -> Decision:
    """The decision with the second officer's word in it. body: `second_proof` holds password and code, or a security key's answer.

    Where nobody is signed in (training), an id is a word. Raises SignInRefused, NotAllowed, NotVouched.
    """
    first = SIGNED_IN.get()
    if not said.second or first is None:
        return said
    given = body.get("second_proof")
    if not isinstance(given, dict):
        raise _not_vouched()
    key = given.get("key") if isinstance(given.get("key"), dict) else None
    proof = Proof(said.second, str(given.get("password") or ""), str(given.get("code") or ""), key)
    second = await asyncio.to_thread(lambda: desk.vouch(proof, beside=first, booking=booking, door=door))
    return replace(said, second=second, vouched=True)


def require_vouched(said: Decision) -> None:
    """At the one place where decisions are carried out, by whichever page they came. Raises NotVouched."""
    if said.second and SIGNED_IN.get() is not None and not said.vouched:
        raise _not_vouched()


def _not_vouched() -> NotVouched:
    return NotVouched(
        "The second officer is named and has not signed in.",
        means="Nothing was decided.",
        do="Let them give their password and code beside yours.",
    )
