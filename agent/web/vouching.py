"""The second officer of a decision: where people sign in, they prove who they are beside the first, for this one decision."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agent.access.acts import Act
from agent.access.desk import AccessDesk, Proof
from agent.errors import LivescanError
from agent.web.bodies import SIGNED_IN, Decision
from agent.web.capturing import choice_of

Question = Mapping[str, Any]  # as `capture.station.in_words` tells it


class NotVouched(LivescanError):
    """A second officer was named and has not proved who they are."""


class NothingAsked(LivescanError):
    """There is no question that a second officer could agree to an answer of."""


async def vouched(
    desk: AccessDesk, said: Decision, body: Mapping[str, Any], question: Question | None, *, booking: str, door: str
) -> Decision:
    """The decision with the second officer's word in it. body: `second_proof` holds password and code, or a security key's answer.

    question: that is answered. Where nobody is signed in (training), an id is a word. Raises SignInRefused, NotAllowed, NotVouched,
    NothingAsked.
    """
    if not said.second or SIGNED_IN.get() is None:
        return said
    given = body.get("second_proof")
    if not isinstance(given, dict):
        raise _not_vouched()
    act = act_of(said, question, booking)
    key = given.get("key") if isinstance(given.get("key"), dict) else None
    proof = Proof(said.second, str(given.get("password") or ""), str(given.get("code") or ""), key)
    second = await asyncio.to_thread(desk.vouch, proof, act, door)
    return replace(said, second=second, vouched=act)


async def challenge(
    desk: AccessDesk, said: Decision, body: Mapping[str, Any], question: Question | None, *, booking: str, door: str
) -> dict[str, Any]:
    """What the second officer's security key is to sign: this answer to this question. Raises as `vouched`."""
    given = body.get("second_proof")
    if not said.second or SIGNED_IN.get() is None or not isinstance(given, dict):
        raise _not_vouched()
    act = act_of(said, question, booking)
    return await asyncio.to_thread(desk.vouch_challenge, act, str(given.get("password") or ""), door)


def act_of(said: Decision, question: Question | None, booking: str) -> Act:
    """Raises NothingAsked, and LivescanError for a choice that there is not."""
    if question is None:
        raise NothingAsked("That booking waits for no decision.", do="Follow the sentence on the screen.")
    return Act(
        booking,
        SIGNED_IN.get() or said.officer,
        said.second.lower(),
        int(question["number"]),
        str(question["why"]),
        int(question["fgp"]),
        choice_of(said),
        0 if said.finger is None else int(said.finger),
        said.reason or "",
    )


def require_vouched(said: Decision, question: Question | None, booking: str) -> None:
    """At the one place where decisions are carried out, by whichever page they came: of this very decision. Raises NotVouched."""
    if said.second and SIGNED_IN.get() is not None and (said.vouched is None or said.vouched != act_of(said, question, booking)):
        raise _not_vouched()


def _not_vouched() -> NotVouched:
    return NotVouched(
        "The second officer is named and has not signed in.",
        means="Nothing was decided.",
        do="Let them give their password beside yours, and their code or security key.",
    )
