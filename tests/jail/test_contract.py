"""`/api/v1` held against its own description, and the client that the documents give, both ways over a real socket."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case

from agent.access.roles import Role
from agent.web.openapi import description
from agent.web.page_door import PageDoor
from tests.jail.counter import ARRIVAL, Counter

CLIENT = Path(__file__).parents[2] / "docs" / "examples" / "jail_client.py"
SETTINGS = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize(
    ("method", "path"),
    [(method.upper(), path) for path, methods in description()["paths"].items() for method in methods if not path.endswith("/events")],
)
def test_the_station_answers_as_its_description_says(counter: Counter, method: str, path: str) -> None:
    token = counter.access.programs.add("jail", [Role.JAIL_SYSTEM], by="admin-01", door="socket")
    schema = schemathesis.openapi.from_dict(dict(description()))
    schema.app = counter.api
    schema.config.update(base_url="http://localhost:8440")

    @SETTINGS
    @given(data=st.data())
    def holds(data: st.DataObject) -> None:
        case: Case = data.draw(schema[path][method].as_strategy())
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"})

    holds()


@pytest.fixture
def served(counter: Counter) -> Iterator[str]:
    """The counter behind the door of the page, on a port of localhost."""
    config = uvicorn.Config(counter.api, host="127.0.0.1", port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    url = f"http://localhost:{listening.getsockname()[1]}"
    config.app = PageDoor(counter.api, url)
    config.load()
    thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[listening]),))
    thread.start()
    yield url
    server.should_exit = True
    thread.join(10)


def _client(url: str, token: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LIVESCAN_URL": url, "LIVESCAN_TOKEN": token}
    return subprocess.run(
        [sys.executable, str(CLIENT), *arguments], env=environment, capture_output=True, text=True, timeout=30, check=False
    )


def test_the_client_of_the_documents_speaks_both_ways(counter: Counter, served: str, tmp_path: Path) -> None:
    token = counter.access.programs.add("jail", [Role.JAIL_SYSTEM], by="admin-01", door="socket")
    (tmp_path / "arrival.json").write_text(json.dumps(ARRIVAL))
    for _ in range(2):
        told = _client(served, token, "arrive", str(tmp_path / "arrival.json"))
        assert "2026-004711: No print was taken yet." in told.stdout, told.stderr
    assert "still to be mended: subject.eyes" in told.stdout
    asked = _client(served, token, "state", "2026-004711")
    assert json.loads(asked.stdout)["standing"] == "not_printed"
    assert json.loads(_client(served, token, "release", "2026-004711").stdout)["released"] is True


def test_the_client_says_in_words_what_is_refused(served: str) -> None:
    said = _client(served, "lsp_wrong", "state", "2026-004711")
    assert said.returncode == 1
    assert "That token opens nothing." in said.stderr
    assert "Traceback" not in said.stderr


def test_events_nudge_the_client_to_look(counter: Counter, served: str) -> None:
    token = counter.access.programs.add("jail", [Role.JAIL_SYSTEM], by="admin-01", door="socket")
    environment = {**os.environ, "LIVESCAN_URL": served, "LIVESCAN_TOKEN": token}
    with subprocess.Popen([sys.executable, str(CLIENT), "watch"], env=environment, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        line = ""
        told = threading.Event()

        def tell() -> None:
            number = 0
            while not told.wait(0.5):
                number += 1
                asyncio.run(counter.desk.arrive(ARRIVAL, f"k-{number}"))

        teller = threading.Thread(target=tell)
        teller.start()
        try:
            line = watching.stdout.readline()
        finally:
            told.set()
            teller.join()
            watching.kill()
    assert line == "2026-004711: No print was taken yet.\n"
