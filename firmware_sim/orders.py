"""What one can tell a running bench: words with their values, from its control socket, its standard input or a scenario."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from firmware_sim.faults import FaultError
from firmware_sim.models.hands import PLACES
from firmware_sim.trouble.board import Board

Order = Mapping[str, Any]  # {"do": word, …}
Answer = dict[str, Any]  # {"did": word, …}, {"error": sentence} or {"unknown": word, "known": […]}


class OrderError(Exception):
    """The order makes no sense; one sentence says why."""


class AnyBench(Protocol):
    faults: Board

    def unplug(self) -> None: ...
    def plug(self) -> None: ...
    def place(self, name: str) -> None: ...
    def lift(self) -> None: ...
    def by_itself(self) -> None: ...
    def press_foot_switch(self) -> None: ...
    def tell(self) -> dict[str, Any]: ...


class Orders:
    """`end` is called for "quit"."""

    def __init__(self, bench: AnyBench, end: Callable[[], None]) -> None:
        self._bench = bench
        self._table: dict[str, Callable[[Order], Answer]] = {
            "place": self._place,
            "lift": lambda _: _done(bench.lift),
            "by-itself": lambda _: _done(bench.by_itself),
            "unplug": lambda _: _done(bench.unplug),
            "plug": lambda _: _done(bench.plug),
            "foot": lambda _: _done(bench.press_foot_switch),
            "fault": self._fault,
            "clear": lambda order: {"cleared": bench.faults.clear(str(order.get("name", "")))},
            "state": lambda _: {"state": bench.tell()},
            "quit": lambda _: _done(end),
        }

    def obey(self, order: Order) -> Answer:
        word = str(order.get("do", ""))
        action = self._table.get(word)
        if action is None:
            return {"unknown": word, "known": sorted(self._table)}
        try:
            return {"did": word} | action(order)
        except (FaultError, OrderError) as error:
            return {"error": str(error)}

    def _place(self, order: Order) -> Answer:
        what = str(order.get("what", ""))
        if what.removeprefix("roll-") not in PLACES:
            raise OrderError(f"'{what}' cannot be placed; these can: {', '.join(PLACES)}.")
        self._bench.place(what)
        return {}

    def _fault(self, order: Order) -> Answer:
        """Without a name: the sensor breaks."""
        values = {name: value for name, value in order.items() if name not in ("do", "name")}
        self._bench.faults.arm(str(order.get("name") or "sensor-fault"), values)
        return {}


def _done(deed: Callable[[], None]) -> Answer:
    deed()
    return {}


def read_order(line: str) -> Order:
    """One line: a JSON object, a JSON string, or a bare word with what it is about (`place right-four`, `fault babble at=512`)."""
    try:
        said = json.loads(line)
    except ValueError:
        said = line.strip()
    if isinstance(said, dict):
        return said
    word, *rest = str(said).split()[:20] or [""]
    order: dict[str, Any] = {"do": word}
    for part in rest:
        name, equals, value = part.partition("=")
        order[name if equals else ("what" if word == "place" else "name")] = value if equals else part
    return order
