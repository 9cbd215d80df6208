"""Whoever stands at the bench: a simulator that obeys, a person who is asked, a hub that switches power, or nobody.

One order is a word with what it is about: place, lift, by-itself, unplug, plug, foot, fault, clear (docs/scenarios.md).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from agent.rig.hub import HubPort
from firmware_sim.hosts.usbip_caller import dial

ORDER_TIMEOUT = 10.0  # s
SIMULATED = frozenset({"place", "lift", "by-itself", "unplug", "plug", "foot", "fault", "clear"})
BY_A_PERSON = frozenset({"place", "lift", "unplug", "plug", "foot"})
BY_POWER = frozenset({"unplug", "plug"})


class CannotDo(Exception):
    """What stands at this bench cannot do it; one sentence says why. A step or case that needs it is skipped."""


class Hand(Protocol):
    can: frozenset[str]
    exact: bool  # it is done when `do` returns, not when a person gets round to it: times measured from there mean something

    def do(self, word: str, what: str = "", values: Mapping[str, Any] | None = None) -> None:
        """Raises CannotDo."""
        ...


class Nobody:
    """`why`: the sentence that every skipped step says."""

    can: frozenset[str] = frozenset()
    exact = True

    def __init__(self, why: str) -> None:
        self._why = why

    def do(self, word: str, what: str = "", values: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002  # the protocol's
        raise CannotDo(f"'{' '.join(filter(None, (word, what)))}' cannot be done: {self._why}")


class SimulatorHand:
    """Orders to a simulator. `obey` takes an order and gives the answer: in this process, or over its control socket."""

    can = SIMULATED
    exact = True

    def __init__(self, obey: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        self._obey = obey

    def do(self, word: str, what: str = "", values: Mapping[str, Any] | None = None) -> None:
        order: dict[str, Any] = {"do": word, **(values or {})}
        if what:
            order["what" if word == "place" else "name"] = what
        answer = self._obey(order)
        if "did" not in answer:
            raise CannotDo(str(answer.get("error", f"the simulator does not know '{word}'")))

    def state(self) -> Mapping[str, Any]:
        """What can be seen at the bench."""
        return dict(self._obey({"do": "state"}).get("state", {}))


def over_socket(address: str) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """Orders to the control socket at `unix:/path` or `tcp:host:port`. Raises CannotDo when nobody answers there."""

    def obey(order: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            with dial(address) as sock, sock.makefile("rw", encoding="utf-8", newline="\n") as lines:
                sock.settimeout(ORDER_TIMEOUT)
                lines.write(json.dumps(dict(order)) + "\n")
                lines.flush()
                return dict(json.loads(lines.readline()))
        except (OSError, ValueError) as error:
            raise CannotDo(f"no simulated device answers at {address} ({error})") from error

    return obey


class AskedHand:
    """Real hardware: the hub's power where there is one, otherwise a person at the bench; `ask` returns when it has been done."""

    def __init__(self, port: HubPort | None, ask: Callable[[str], None] | None, why_no_port: str) -> None:
        self._port, self._ask, self._why = port, ask, why_no_port
        self.can = (BY_POWER if port else frozenset()) | (BY_A_PERSON if ask else frozenset())
        self.exact = port is not None

    def do(self, word: str, what: str = "", values: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002  # the protocol's
        power = _power(word, what)
        if power and self._port is not None:
            self._port.power(on=power == "plug")
        elif word in BY_A_PERSON and self._ask is not None:
            self._ask(_SENTENCES[word].format(what=what.replace("-", " ")))
        elif power:
            raise CannotDo(f"'{word}' was left out: {self._why}.")
        else:
            raise CannotDo(f"'{' '.join(filter(None, (word, what)))}' was left out: only a simulated device can do that by itself.")


def _power(word: str, what: str) -> str:
    """Which way the cable goes; the fault of a cable pulled at once is the same as the cable pulled."""
    if word in BY_POWER:
        return word
    return "unplug" if (word, what) == ("fault", "unplug-idle") else ""


_SENTENCES = {
    "place": "Lay down: {what}.",
    "lift": "Take the hand away.",
    "unplug": "Pull the scanner's cable.",
    "plug": "Plug the scanner in again.",
    "foot": "Press the foot switch once.",
}
