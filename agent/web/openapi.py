"""`/api/v1` described in OpenAPI 3.1: the bodies' schemas come from the types that read them, the rest is said here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

from agent.jail.arrival import NUMBER, JailArrival
from agent.jail.standing import Standing

_TEXT = {"type": "string"}
_CSV = {"type": "string", "pattern": r"^[a-z_]+(,[a-z_]+)*(\n[ -~]*)*$"}  # a head line, then lines
_TIME = {"type": "string", "format": "date-time"}


@cache
def description() -> Mapping[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "livescan-agent, the jail system's interface",
            "version": version("livescan-agent"),
            "description": "On localhost or the core's socket, with a token (`livescan program add`).",
        },
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
        },
    }


def _paths() -> dict[str, Any]:
    number = {"name": "number", "in": "path", "required": True, "schema": {"type": "string", "pattern": NUMBER}}
    key = {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"}}
    release = {"type": "object", "properties": {"released_at": _TIME}, "additionalProperties": False}
    return {
        "/api/v1/bookings": {
            "get": _operation("Everybody on the list, newest first", {"200": _json("The list", _ref("Everybody"))}),
            "post": _operation(
                "Somebody was booked in, or more is known of them",
                {"201": _json("Taken over", _ref("Accepted")), "200": _json("The answer to a repeated request", _ref("Accepted"))}
                | _refusals("409", "422"),
                parameters=[key],
                body=_ref("JailArrival"),
            ),
        },
        "/api/v1/bookings/{number}": {
            "get": _operation("Where one stands", {"200": _json("One", _ref("State"))} | _refusals("404"), parameters=[number])
        },
        "/api/v1/bookings/{number}/release": {
            "post": _operation(
                "The person has left",
                {"200": _json("On record", {"type": "object"})} | _refusals("404", "422"),
                parameters=[number],
                body=release,
            )
        },
        "/api/v1/roster": {
            "post": {
                **_operation("The jail's list against this station's bookings", {"200": _json("Compared", {"type": "object"})}),
                "requestBody": {
                    "required": True,
                    "content": {"text/csv": {"schema": _CSV}, "application/json": {"schema": {"type": "array"}}},
                },
            }
        },
        "/api/v1/events": {
            "get": _operation(
                "Server-sent events: a nudge to look, not a record",
                {"200": {"description": "The stream", "content": {"text/event-stream": {"schema": _TEXT}}}},
            )
        },
        "/api/v1/health": {
            "get": _operation(
                "What the officer cannot do now",
                {"200": _json("All can be done", _ref("Health")), "503": _json("Something cannot", _ref("Health"))},
            )
        },
        "/api/v1/metrics": {
            "get": _operation("Prometheus' text format", {"200": {"description": "Metrics", "content": {"text/plain": {"schema": _TEXT}}}})
        },
        "/api/v1/openapi.json": {"get": _operation("This description", {"200": _json("OpenAPI", {"type": "object"})})},
    }


def _operation(
    summary: str, answers: Mapping[str, Any], *, parameters: list[Any] | None = None, body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    found: dict[str, Any] = {"summary": summary, "responses": {**answers, **_refusals("400", "401", "403")}}
    if parameters:
        found["parameters"] = parameters
    if body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return found


def _refusals(*statuses: str) -> dict[str, Any]:
    return {status: _json("Refused, in words", _ref("Refusal")) for status in statuses}


def _json(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas() -> dict[str, Any]:
    arrival = JailArrival.model_json_schema(ref_template="#/components/schemas/{model}")
    shared = arrival.pop("$defs")
    errors = {"type": "array", "items": _ref("FieldError")}
    line = {
        "booking_number": _TEXT,
        "arrived_at": _TIME,
        "booking": {"type": ["string", "null"]},
        "standing": {"enum": list(Standing)},
        "words": _TEXT,
    }
    parts = {"submissions": _list_of("tcn", "made_at"), "times": {"type": "object"}, "replies": _list_of("kind", "arrived_at", "verified")}
    return {
        **shared,
        "JailArrival": arrival,
        "FieldError": _object(field=_TEXT, rule=_TEXT, sentence=_TEXT),
        "Refusal": {
            "type": "object",
            "properties": {"what": _TEXT, "means": _TEXT, "do": _TEXT, "errors": errors},
            "required": ["what", "means", "do"],
        },
        "Line": _object(**line),
        "Everybody": _object(bookings={"type": "array", "items": _ref("Line")}),
        "Accepted": _object(**line, to_mend=errors),
        "State": _object(**line, **parts),
        "Health": {"type": "object", "properties": {"ok": {"type": "boolean"}, "cannot": {"type": "array", "items": _TEXT}}},
    }


def _list_of(*fields: str) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", "required": list(fields)}}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
