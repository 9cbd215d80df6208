"""The jail system at the counter: arrivals exactly once, fields named, and nobody told what is not theirs to know."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.access.roles import Role
from agent.web.metrics import Counts
from tests.jail.counter import ARRIVAL, Counter


def _post(client: Any, body: Any = ARRIVAL, key: str = "k-1") -> Any:
    return client.post("/api/v1/bookings", json=body, headers={"Idempotency-Key": key})


def test_an_arrival_is_on_the_list_and_what_is_still_to_be_mended_is_said(counter: Counter) -> None:
    said = _post(counter.client())
    assert said.status_code == 201
    assert (said.json()["booking_number"], said.json()["standing"]) == ("2026-004711", "not_printed")
    assert {"subject.date_of_birth", "subject.eyes"} <= {one["field"] for one in said.json()["to_mend"]}
    assert all(one["rule"] and one["sentence"] for one in said.json()["to_mend"])


def test_the_same_request_again_has_the_same_answer_and_no_second_person(counter: Counter) -> None:
    client = counter.client()
    first, second = _post(client), _post(client)
    assert (second.status_code, second.headers["idempotent-replayed"]) == (200, "true")
    assert first.json() == second.json()
    assert len(client.get("/api/v1/bookings").json()["bookings"]) == 1


def test_a_key_stands_for_one_arrival(counter: Counter) -> None:
    client = counter.client()
    _post(client)
    said = _post(client, ARRIVAL | {"booking_number": "2026-004712"})
    assert said.status_code == 409
    assert len(client.get("/api/v1/bookings").json()["bookings"]) == 1


def test_the_same_number_under_a_new_key_is_the_same_person_told_of_anew(counter: Counter) -> None:
    client = counter.client()
    _post(client)
    whole = ARRIVAL | {"subject": ARRIVAL["subject"] | {"eyes": "BRO"}}
    said = _post(client, whole, "k-2")
    assert said.status_code == 201
    assert "subject.eyes" not in {one["field"] for one in said.json()["to_mend"]}
    assert len(client.get("/api/v1/bookings").json()["bookings"]) == 1


def test_what_cannot_be_read_is_named_by_field_and_rule(counter: Counter) -> None:
    said = _post(counter.client(), ARRIVAL | {"arrived_at": "yesterday", "subject": {"name": ["SECRET"]}})
    assert said.status_code == 422
    assert [one["field"] for one in said.json()["errors"]] == ["arrived_at", "subject.name"]
    assert "SECRET" not in said.text


def test_a_request_without_a_key_is_refused(counter: Counter) -> None:
    said = counter.client().post("/api/v1/bookings", json=ARRIVAL)
    assert said.status_code == 422
    assert "Idempotency-Key" in said.json()["what"]


def test_a_number_nobody_told_of_is_not_on_the_list(counter: Counter) -> None:
    assert counter.client().get("/api/v1/bookings/2026-999999").status_code == 404


def test_where_one_stands_follows_the_booking(counter: Counter) -> None:
    client = counter.client()
    _post(client)
    (arrival,) = counter.office.run(counter.intake.arrivals())
    counter.office.run(counter.intake.begin(arrival.id, "officer-01"))
    found = client.get("/api/v1/bookings/2026-004711").json()
    assert (found["standing"], found["submissions"], found["replies"]) == ("printing", [], [])


def test_one_who_left_before_a_print_was_taken_is_off_the_list(counter: Counter) -> None:
    client = counter.client()
    _post(client)
    said = client.post("/api/v1/bookings/2026-004711/release", json={"released_at": "2026-11-24T15:00:00-05:00"})
    assert said.json() == {"booking_number": "2026-004711", "released": True}
    assert client.get("/api/v1/bookings").json() == {"bookings": []}


@pytest.mark.parametrize("token", ["lsp_wrong", "", "lsp_"])
def test_no_token_opens_nothing(counter: Counter, token: str) -> None:
    client = counter.client()
    assert client.get("/api/v1/bookings", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_revoked_token_opens_nothing(counter: Counter) -> None:
    client = counter.client()
    counter.access.programs.revoke("jail_system", by="admin-01", door="socket")
    assert client.get("/api/v1/bookings").status_code == 401


def test_a_monitor_sees_numbers_and_nobody(counter: Counter) -> None:
    client = counter.client(Role.MONITOR)
    assert client.get("/api/v1/bookings").status_code == 403
    assert client.get("/api/v1/health").json()["ok"] is True


def test_a_jail_system_reads_no_reply_and_no_officer_list(counter: Counter) -> None:
    client = counter.client()
    for path in ("/api/officers", "/api/bookings", "/api/audit", "/api/bookings/20261124-00000001/replies"):
        assert client.get(path).status_code == 403, path


def test_health_says_what_the_officer_cannot_do(counter: Counter) -> None:
    counter.counts = Counts({}, None, 0)
    counter.status["scanner"] = {"found": False, "state": "not opened yet"}
    said = counter.client(Role.MONITOR).get("/api/v1/health")
    assert said.status_code == 503
    assert said.json()["cannot"] == [
        "Prints cannot be taken: the scanner does not answer.",
        "No booking can be opened: the disk has reached its floor.",
    ]


def test_a_link_that_is_down_stops_no_officer(counter: Counter) -> None:
    counter.status |= {"uplink": False, "unreceipted": 7}
    assert counter.client(Role.MONITOR).get("/api/v1/health").json()["ok"] is True


def test_metrics_are_what_prometheus_reads(counter: Counter) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    counter.status |= {"unreceipted": 2}
    counter.counts = Counts({"sealed": 3}, datetime.now(UTC) - timedelta(hours=1), 412)
    text = counter.client(Role.MONITOR).get("/api/v1/metrics").text
    found = {sample.name: sample for family in text_string_to_metric_families(text) for sample in family.samples}
    assert found["livescan_unreceipted"].value == 2
    assert 3590 < found["livescan_oldest_unreceipted_seconds"].value < 3700
    assert (found["livescan_bookings"].labels, found["livescan_bookings"].value) == ({"state": "sealed"}, 3)


def test_the_lists_rows_hold_nothing_of_the_person(counter: Counter) -> None:
    _post(counter.client())
    for path in counter.office.database.path.parent.rglob("*"):
        assert not path.is_file() or b"TRAINING,SAM" not in path.read_bytes(), path.name


def test_a_program_is_on_the_audit_record_by_its_name(counter: Counter) -> None:
    _post(counter.client())
    assert ("program.jail_system", "jail") in [(one.who, one.facts.get("right")) for one in counter.noted]


def test_no_officer_gets_a_programs_role(counter: Counter) -> None:
    with pytest.raises(Exception, match="role is a program's"):
        counter.access.add("officer-01", [Role.JAIL_SYSTEM], by="admin-01", door="socket")


def test_the_description_names_every_route_that_there_is(counter: Counter) -> None:
    from agent.web.guard import ROUTES, right_of

    paths = counter.client().get("/api/v1/openapi.json").json()["paths"]
    asked = [(method.upper(), path) for path, methods in paths.items() for method in methods]
    assert all(right_of(method, path.replace("{number}", "2026-1/a")) is not None for method, path in asked)
    assert len(asked) == sum(pattern.pattern.startswith("/api/v1/") for _, pattern, _ in ROUTES)
    assert json.dumps(paths)


def test_a_code_that_nobody_knows_is_to_be_mended_only_where_no_words_stand_beside_it(counter: Counter) -> None:
    client, code = counter.client(), {"code": "9998"}
    alone = _post(client, ARRIVAL | {"charges": [code]}).json()["to_mend"]
    assert [one["rule"] for one in alone if one["field"] == "arrest.charges"] == ["2.047/code"]
    beside = _post(client, ARRIVAL | {"charges": [code | {"literal": "A NEW OFFENSE"}]}, "k-2").json()["to_mend"]
    assert [one for one in beside if one["field"] == "arrest.charges"] == []
