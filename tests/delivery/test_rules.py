"""The pure rules of the way to the bureau: states, topics, status, pacing, what is in flight."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.delivery import topics
from agent.delivery.chunks import bitmap, read_bitmap, split
from agent.delivery.errors import ChunkError, DeliveryError
from agent.delivery.flights import Flights
from agent.delivery.pacing import Retry
from agent.delivery.states import OutboxEvent as E
from agent.delivery.states import OutboxState, Outgoing, after
from agent.delivery.states import OutboxState as S
from agent.delivery.status import Status, encode_status, parse_status

RULES = {
    "the broker's acknowledgement only makes it sent": (S.QUEUED, E.BROKER_TOOK_ALL, S.SENT),
    "only the core's release makes it received": (S.SENT, E.RELEASED, S.RECEIVED),
    "a release before the broker's last answer counts": (S.QUEUED, E.RELEASED, S.RECEIVED),
    "a late answer of the broker does not undo a receipt": (S.RECEIVED, E.BROKER_TOOK_ALL, S.RECEIVED),
    "a refusal holds": (S.SENT, E.REFUSED, S.HELD),
    "a refusal after the receipt changes nothing": (S.RECEIVED, E.REFUSED, S.RECEIVED),
    "the payload sent again lets a held one go on": (S.HELD, E.KEPT, S.QUEUED),
    "what is held can still be received": (S.HELD, E.RELEASED, S.RECEIVED),
    "the core's word that there is no receipt is the truth": (S.RECEIVED, E.KEPT, S.QUEUED),
    "a second hand-over of what was sent changes nothing": (S.SENT, E.KEPT, S.SENT),
    "what was refused is tried again": (S.HELD, E.TRY_AGAIN, S.QUEUED),
}


@pytest.mark.parametrize(("state", "event", "expected"), RULES.values(), ids=RULES)
def test_outbox_rule(state: S, event: E, expected: S) -> None:
    assert after(state, event) is expected


def test_an_event_without_a_rule_is_an_error_that_names_both() -> None:
    with pytest.raises(DeliveryError, match=r"try again.*RECEIVED"):
        after(S.RECEIVED, E.TRY_AGAIN)


def test_topics_are_read_as_they_are_written() -> None:
    digest = "ab" * 32
    assert topics.parse_transfer(topics.tx("LS-0001", digest, 0, 12)) == topics.Transfer("LS-0001", "tx", digest, 0, 12)
    assert topics.parse_transfer(topics.rx("LS-0001", digest, 11, 12)) == topics.Transfer("LS-0001", "rx", digest, 11, 12)
    assert topics.parse_ack(topics.ack("LS-0001", digest)) == ("LS-0001", digest)
    assert topics.parse_status(topics.status("LS-0001")) == "LS-0001"


@pytest.mark.parametrize("station", ["", "a/b", "+", "#", "a" * 14, "ä", "LS-0001\n"])
def test_a_topic_with_another_station_id_is_not_ours(station: str) -> None:
    assert topics.parse_transfer(topics.tx(station, "ab" * 32, 0, 1)) is None
    assert topics.parse_status(topics.status(station)) is None


@given(st.text(max_size=60))
def test_no_topic_is_misread(text: str) -> None:
    assert topics.parse_transfer("fp/v1/st/LS-0001/tx/" + text) is None
    assert topics.parse_ack(text) is None


def test_a_status_is_read_as_it_was_written() -> None:
    status = Status(True, datetime(2026, 11, 24, 7, 0, 0, 123, UTC))
    assert parse_status(encode_status(status)) == status
    assert json.loads(encode_status(status)) == {"online": True, "at": "2026-11-24T07:00:00.000123Z"}


@given(st.binary(max_size=200))
def test_a_status_that_is_nonsense_says_nothing(data: bytes) -> None:
    assert parse_status(data) is None


@pytest.mark.parametrize(
    "text",
    ['{"online": 1, "at": "2026-11-24T07:00:00Z"}', '{"online": true}', '{"online": true, "at": "2026-13-24T07:00:00Z"}', "[" * 900, "[]"],
)
def test_a_status_of_another_shape_says_nothing(text: str) -> None:
    assert parse_status(text.encode()) is None


def test_retries_double_up_to_the_longest_and_are_jittered() -> None:
    retry = Retry(first=30, longest=3600)
    assert [retry.wait(n, 0, 0.5) for n in (1, 2, 3, 20, 10_000)] == [30, 60, 120, 3600, 3600]
    assert (retry.wait(1, 0, 0.0), retry.wait(1, 0, 1.0)) == (22.5, 37.5)
    assert retry.wait(1, 3, 0.5) == 240, "a bureau that answers nobody is asked less and less often"


def outgoing(name: str, priority: int = 5) -> Outgoing:
    return Outgoing(name, "LS-0001", priority, S.QUEUED)


def send_all(flights: Flights, now: float = 0.0, *, taken: bool = True) -> None:
    """Hand every waiting message to a broker that answers at once."""
    mid = 1_000
    while following := flights.next_message():
        mid += 1
        flights.published(*following, mid, now)
        flights.answer(mid, now, taken=taken, spread=0.5)


def begin_all(flights: Flights, owed: list[Outgoing]) -> list[str]:
    begun = []
    while flights.free and (item := flights.choose(owed)):
        flights.begin(item, [b"1", b"2"])
        begun.append(item.txid)
    return begun


def test_at_most_four_are_in_flight_until_one_is_released() -> None:
    flights = Flights(4, Retry())
    owed = [outgoing(name) for name in "abcdef"]
    assert begin_all(flights, owed) == ["a", "b", "c", "d"]
    send_all(flights)
    assert begin_all(flights, owed) == [], "the broker's answers free no place"
    flights.released("b")
    assert begin_all(flights, [item for item in owed if item.txid != "b"]) == ["e"]


def test_one_without_receipt_gives_its_place_to_those_tried_less_often() -> None:
    flights = Flights(2, Retry(first=30))
    owed = [outgoing(name) for name in "abcd"]
    assert begin_all(flights, owed) == ["a", "b"]
    send_all(flights)
    assert flights.give_up_overdue(29.9) == []
    assert flights.give_up_overdue(30.0) == ["a", "b"]
    assert begin_all(flights, owed) == ["c", "d"], "two that the bureau cannot read do not keep the rest from it"


def test_what_is_urgent_goes_first_until_it_had_its_chances() -> None:
    flights, begun = Flights(1, Retry()), []
    for moment in range(6):
        begun += begin_all(flights, [outgoing("urgent", 0), outgoing("other")])
        send_all(flights, float(moment))
        flights.give_up_overdue(1e9)
    assert begun == ["urgent"] * 4 + ["other", "urgent"]


def test_a_person_need_not_wait_for_the_next_try() -> None:
    flights = Flights(1, Retry())
    begin_all(flights, [outgoing("a")])
    send_all(flights)
    flights.forget("a")
    assert (flights.free, flights.attempts("a")) == (1, 0)


def test_a_silent_bureau_is_not_sent_the_whole_backlog() -> None:
    flights = Flights(2, Retry(first=30))
    owed = [outgoing(str(n)) for n in range(100)]
    now, waits = 0.0, []
    for _ in range(5):
        begin_all(flights, owed)
        send_all(flights, now)
        due = flights.next_due()
        assert due is not None
        waits.append(due - now)
        now = due
        flights.give_up_overdue(now)
    assert waits == [30, 60, 120, 240, 480]
    flights.released("0")
    begin_all(flights, owed[1:])
    send_all(flights, now)
    assert flights.next_due() == now + 30, "one receipt, and all is as before"


def test_a_new_connection_begins_again_with_what_the_broker_had_not_taken() -> None:
    flights = Flights(4, Retry())
    flights.begin(outgoing("a"), [b"0", b"1", b"2"])
    for mid in (1, 2):
        following = flights.next_message()
        assert following is not None
        flights.published(*following, mid, 0.0)
    flights.answer(1, 0.0, taken=True, spread=0.5)
    flights.start_over()
    assert flights.in_air == 0
    assert flights.answer(2, 0.0, taken=True, spread=0.5) is None, "an answer of the old connection means nothing"
    order = []
    while following := flights.next_message():
        order.append(following[1])
        flights.published(*following, 10 + len(order), 0.0)
    assert order == [1, 2, 0]


def test_what_the_broker_had_nobody_to_give_to_is_not_sent() -> None:
    flights = Flights(4, Retry(first=30))
    flights.begin(outgoing("a"), [b"0"])
    following = flights.next_message()
    assert following is not None
    flights.published(*following, 1, 0.0)
    answer = flights.answer(1, 0.0, taken=False, spread=0.5)
    assert answer is not None
    assert (answer.complete, answer.flight.taken, flights.next_due()) == (True, False, 30.0)


def test_what_the_bureau_has_is_spared_once_and_the_last_chunk_never() -> None:
    flights = Flights(4, Retry(first=10))
    messages = split(bytes(1000), size=100)
    flights.begin(Outgoing("a" * 64, "LS-0001", 5, OutboxState.QUEUED), messages)
    assert flights.there("a" * 64, 10, {0, 1, 2, 9}) == 3
    assert flights.there("a" * 64, 9, {3}) == 0, "cut otherwise"
    sent = []
    while following := flights.next_message():
        flight, index = following
        sent.append(index)
        flights.published(flight, index, 100 + index, 0.0)
    assert sent == [3, 4, 5, 6, 7, 8, 9]
    answers = [flights.answer(100 + index, 1.0, taken=True, spread=0.5) for index in sent]
    assert [answer.complete for answer in answers if answer] == [False] * 6 + [True]
    flights.start_over()
    following = flights.next_message()
    assert following is not None
    assert len(following[0].to_send) == 10, "a new connection sends everything, until the bureau says otherwise"


def test_what_the_bureau_has_may_be_said_before_the_sending_begins() -> None:
    flights = Flights(4, Retry(first=10))
    assert flights.there("a" * 64, 10, {0, 1}) == 0
    flights.begin(Outgoing("a" * 64, "LS-0001", 5, OutboxState.QUEUED), split(bytes(1000), size=100))
    following = flights.next_message()
    assert following is not None
    assert list(following[0].to_send) == list(range(2, 10))


@given(st.sets(st.integers(0, 40)), st.integers(1, 41))
def test_a_bitmap_says_what_is_there(indexes: set[int], total: int) -> None:
    inside = {index for index in indexes if index < total}
    assert read_bitmap(bitmap(inside, total), total) == inside


@given(st.binary(max_size=20), st.integers(-1, 200))
def test_any_bitmap_is_read_or_refused(bits: bytes, total: int) -> None:
    with suppress(ChunkError):
        assert all(0 <= index < total for index in read_bitmap(bits, total))
