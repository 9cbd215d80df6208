"""What the bureau does with chunks before it commits them: which wait, for how long, and the order of the acknowledgements."""

from __future__ import annotations

from agent.delivery import topics
from agent.delivery.mqtt_events import Arrived
from agent.training.bureau_waiting import HOLD, MOST, InOrder, Waiting

A, B = "a" * 64, "b" * 64


def chunk(txid: str, index: int, total: int, *, mid: int = 0, epoch: int = 1) -> Arrived:
    return Arrived(epoch, mid, 1, topics.tx("LS-0001", txid, index, total), b"chunk")


def test_the_first_chunks_wait_until_the_envelope_is_whole() -> None:
    waiting = Waiting()
    for index in (0, 2):
        waiting.add(chunk(A, index, 3), 10.0)
        assert waiting.take(10.0) == []
    waiting.add(chunk(A, 1, 3), 10.01)
    assert len(waiting.take(10.01)) == 3
    assert waiting.due() is None


def test_on_a_slow_line_each_chunk_is_committed_by_itself() -> None:
    waiting = Waiting()
    waiting.add(chunk(A, 0, 3), 10.0)
    assert waiting.due() == 10.0 + HOLD
    assert waiting.take(10.0 + HOLD) == [chunk(A, 0, 3)]
    waiting.add(chunk(A, 1, 3), 13.0)
    assert waiting.take(13.0 + HOLD / 2) == []
    assert waiting.take(13.0 + HOLD) == [chunk(A, 1, 3)]


def test_the_same_chunk_twice_makes_nothing_whole() -> None:
    waiting = Waiting()
    waiting.add(chunk(A, 0, 2), 10.0)
    waiting.add(chunk(A, 0, 2), 10.0)
    assert waiting.take(10.0) == []


def test_what_is_whole_does_not_wait_for_what_is_not() -> None:
    waiting = Waiting()
    waiting.add(chunk(A, 0, 2), 10.0)
    waiting.add(chunk(B, 0, 1), 10.0)
    assert waiting.take(10.0) == [chunk(B, 0, 1)]


def test_never_more_wait_than_a_broker_delivers_without_an_answer() -> None:
    waiting = Waiting()
    for index in range(MOST):
        waiting.add(chunk(A, index, 100), 10.0)
    assert waiting.take(10.0) == []
    waiting.add(chunk(B, 0, 2), 10.0)
    assert len(waiting.take(10.0)) == MOST + 1


def test_acknowledged_in_the_order_of_arrival() -> None:
    told: list[int] = []
    order = InOrder(lambda message: told.append(message.mid))
    one, two, three = (chunk(A, index, 3, mid=index + 1) for index in range(3))
    for message in (one, two, three):
        order.came(message)
    order.done([two])
    assert told == []
    order.done([one])
    assert told == [1, 2]
    order.done([three])
    assert told == [1, 2, 3]


def test_what_came_on_an_earlier_connection_is_not_acknowledged_on_this_one() -> None:
    told: list[tuple[int, int]] = []
    order = InOrder(lambda message: told.append((message.epoch, message.mid)))
    old, new = chunk(A, 0, 2, mid=1), chunk(A, 1, 2, mid=1, epoch=2)
    order.came(old)
    order.start_over()
    order.done([old])
    order.came(new)
    order.done([old])
    assert told == []
    order.done([new])
    assert told == [(2, 1)]
