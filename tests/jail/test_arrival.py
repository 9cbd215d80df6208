"""What the jail system says: whatever can be read is taken, what cannot is named by its field, and no value comes back."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.jail.arrival import ArrivalError, Arrived, arrival_from_python, arrivals_of_file

WHOLE: dict[str, Any] = {
    "booking_number": "2026-004711",
    "arrived_at": "2026-11-24T13:05:00-05:00",
    "subject": {"name": "TRAINING,SAM A", "sex": "M", "aliases": ["TRAINING,SAMMY"]},
    "charges": [{"literal": "BURGLARY", "offense_date": "2026-11-23"}],
}


def test_an_arrival_keeps_what_was_said_and_leaves_the_rest_open() -> None:
    found = arrival_from_python(WHOLE)
    assert (found.number, found.at) == ("2026-004711", datetime(2026, 11, 24, 18, 5, tzinfo=UTC))
    assert (found.facts.subject.name, found.facts.subject.eyes) == ("TRAINING,SAM A", "")
    assert found.facts.arrest.date_of_arrest == date(2026, 11, 24)
    assert found.facts.arrest.charges[0].offense_date == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"booking_number": ""}, "booking_number"),
        ({"booking_number": "../etc"}, "booking_number"),
        ({"arrived_at": "yesterday"}, "arrived_at"),
        ({"arrived_at": "2026-11-24T13:05:00"}, "arrived_at"),
        ({"subject": {"name": ["DOE,JOHN"]}}, "subject.name"),
        ({"subject": {"DOE,JOHN": 1}}, "subject"),
        ({"charges": [{"literal": "X", "offense_date": "soon"}]}, "charges.0.offense_date"),
        ({"charges": [{}]}, "charges.0"),
        ({"charges": [{"code": "PC 459"}]}, "charges.0.code"),
    ],
    ids=["no number", "a path", "no time", "no offset", "a list", "an unknown key", "no date", "no words", "a code of another table"],
)
def test_what_cannot_be_read_is_named_by_its_field_and_never_repeated(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ArrivalError) as refused:
        arrival_from_python(WHOLE | change)
    assert [one["field"] for one in refused.value.errors] == [field]
    assert "DOE" not in str(refused.value)
    assert "DOE" not in json.dumps(refused.value.errors)


@pytest.mark.parametrize(
    ("charge", "sent"),
    [
        ({"code": "2202"}, "BURGLARY-FORCED ENTRY-RESIDENCE"),
        ({"code": "2202", "literal": ""}, "BURGLARY-FORCED ENTRY-RESIDENCE"),
        ({"code": "2202", "literal": "BURGLARY OF A SHED"}, "BURGLARY OF A SHED"),
        ({"code": "9998", "literal": "A NEW OFFENSE"}, "A NEW OFFENSE"),
        ({"code": "9998"}, "9998"),
    ],
    ids=["a code", "empty words", "words beside a code", "words beside an unknown code", "an unknown code alone"],
)
def test_words_are_taken_as_they_are_and_a_code_only_where_there_are_none(charge: dict[str, Any], sent: str) -> None:
    assert arrival_from_python(WHOLE | {"charges": [charge]}).facts.arrest.charges[0].literal == sent


def test_a_line_of_csv_says_a_charge_in_words_or_by_code() -> None:
    text = "booking_number,arrived_at,charge_1,charge_2_code,charge_2_date\r\n2026-1,2026-11-24T13:05:00-05:00,THEFT,2202,2026-11-23\r\n"
    (line,) = arrivals_of_file(text.encode())
    theft, burglary = arrival_from_python(line).facts.arrest.charges
    assert (theft.literal, burglary.literal) == ("THEFT", "BURGLARY-FORCED ENTRY-RESIDENCE")
    assert (theft.offense_date, burglary.offense_date) == (None, date(2026, 11, 23))


def test_a_line_of_csv_is_the_same_arrival() -> None:
    text = (
        "booking_number,arrived_at,name,sex,aliases,charge_1,charge_1_date\r\n"
        '2026-004711,2026-11-24T13:05:00-05:00,"TRAINING,SAM A",M,"TRAINING,SAMMY",BURGLARY,2026-11-23\r\n'
    )
    (line,) = arrivals_of_file(text.encode())
    assert arrival_from_python(line) == arrival_from_python(WHOLE)


def test_a_byte_order_mark_before_a_list_is_no_hindrance() -> None:
    assert len(arrivals_of_file(b"\xef\xbb\xbf" + json.dumps([WHOLE, WHOLE]).encode())) == 2


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff\xfe", b"{", b"[" * 100_000, b"3", b'"x"', b"a" * 17_000_000])
def test_a_file_that_is_no_list_of_arrivals_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(ArrivalError):
        for one in arrivals_of_file(data):
            arrival_from_python(one)


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    _read(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*WHOLE, "name", "literal", "x"]), inner, max_size=5),
        max_leaves=12,
    )
)
def test_no_json_breaks_the_reader(raw: Any) -> None:
    _read(json.dumps(raw).encode())


def _read(data: bytes) -> None:
    try:
        found = [arrival_from_python(one) for one in arrivals_of_file(data)]
    except ArrivalError:
        return
    assert all(isinstance(one, Arrived) for one in found)
