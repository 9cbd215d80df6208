"""docs/bureau-contract.md and docs/envelope.md say what the code does: topics, limits, stages, settings, object identifiers."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from agent.casework import receipts
from agent.casework.desk import LARGEST
from agent.delivery import chunks, topics
from agent.delivery.chunks import read_bitmap
from agent.delivery.inbox import InboxLimits
from agent.delivery.mqtt_connection import CHUNK_TYPE, SESSION_EXPIRY
from agent.delivery.mqtt_events import WINDOW
from agent.delivery.status import STATUS_LIMIT
from agent.fleet import report
from agent.settings import config_dir
from agent.signing import attributes, auth_enveloped_data, signed_data
from agent.submission import replies
from agent.training.bureau_store import Outcome

DOCS = Path(__file__).parents[2] / "docs"
CONTRACT, ENVELOPE = (re.sub(r"\s+", " ", (DOCS / name).read_text()) for name in ("bureau-contract.md", "envelope.md"))
DEFAULTS = tomllib.loads((config_dir() / "station-defaults.toml").read_text())["delivery"]
DIGEST = "d" * 64


@pytest.mark.parametrize(
    "topic",
    [
        topics.tx("{station}", "{txid}", 0, 1).replace("/0/1", "/{i}/{n}"),
        topics.rx("{station}", "{rid}", 0, 1).replace("/0/1", "/{i}/{n}"),
        topics.have("{station}", "{txid}", 1).replace("/1", "/{n}"),
        topics.ack("{station}", "{rid}"),
        topics.status("{station}"),
        topics.BUREAU_STATUS,
        topics.inbound("{station}"),
        topics.ALL_TRANSFERS,
        topics.ALL_ACKNOWLEDGEMENTS,
        topics.ALL_STATIONS_STATUS,
        topics.report("{station}"),
        topics.command("{station}", "{number}"),
        topics.answer("{station}", "{number}"),
    ],
)
def test_every_topic_and_filter_stands_in_it(topic: str) -> None:
    assert f"`{topic}`" in CONTRACT.replace("fp/v2", "")


@pytest.mark.parametrize(
    "limit",
    [
        f"at most {chunks.MESSAGE_LIMIT:,} bytes of payload",
        f"at most {chunks.DATA_LIMIT:,}, and the last",
        f"1 .. {chunks.CHUNK_COUNT_LIMIT:,}",
        f"1 .. {chunks.ENVELOPE_LIMIT:,}",
        f"at most {WINDOW} messages per sender",
        f"at most {STATUS_LIMIT:,} bytes",
        f"at most {report.LIMIT:,} bytes, signed",
        f"at most {report.MOST} `{{",
        f"at most {receipts.SIZE_LIMIT:,} bytes",
        f"expiry {SESSION_EXPIRY // 86_400} days",
        f"replies of at most {InboxLimits().envelope // 2**20} MiB, {InboxLimits().transfers} at a time",
        f"{InboxLimits().stored // 2**20} MiB, two days",
        f"at most {DEFAULTS['in_flight']} transactions without receipt",
        f"{DEFAULTS['retry_first']} s after the broker took the last one",
        f"up to {DEFAULTS['retry_most']} s",
        f"keepalive | {DEFAULTS['keepalive']} s",
        f"`{CHUNK_TYPE}`",
        f"`{receipts.SCHEMA}`".replace("/1", "/2"),
    ],
)
def test_every_limit_is_the_one_that_is_kept(limit: str) -> None:
    assert limit in CONTRACT


def test_what_the_core_takes_is_what_the_uplink_takes() -> None:
    assert InboxLimits().envelope == LARGEST


def test_every_stage_of_a_receipt_stands_in_it() -> None:
    stages = {str(one) for one in Outcome} - {"duplicate"}
    assert stages == set(re.findall(r"\| `(\w+)` \| (?:it|the TCN)", CONTRACT))


def test_the_receipt_of_the_example_is_one() -> None:
    text = (DOCS / "bureau-contract.md").read_text()
    found = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert found
    example = json.loads(found[1].replace('"…"', f'"{DIGEST}"'))
    assert receipts.read_receipt(json.dumps(example).encode()).stage == receipts.COMMITTED


def test_the_bitmap_of_the_example_is_one() -> None:
    assert "With 10 of 16 chunks there, chunks 0 to 9: `ff 03`" in CONTRACT
    assert read_bitmap(bytes.fromhex("ff 03"), 16) == frozenset(range(10))


@pytest.mark.parametrize("word", [replies.IDR_SIGNATURE, replies.IAR_SIGNATURE, replies.LABEL, replies.NO_MATCH])
def test_the_provisional_form_of_immigration_responses_is_named(word: str) -> None:
    assert f"`{word}`" in CONTRACT


def test_the_signed_attributes_and_sizes_are_those_of_the_envelope() -> None:
    first, *others = attributes.ROUTING_ATTRIBUTES.values()
    assert f"| {first} |" in ENVELOPE
    assert [f"| ….{oid.rsplit('.', 1)[1]} |" in ENVELOPE for oid in (*others, attributes.ID_REMARKS)] == [True] * (len(others) + 1)
    for size in (auth_enveloped_data.NONCE_LENGTH, auth_enveloped_data.TAG_LENGTH):
        assert str(size) in ENVELOPE
    assert f"at most {signed_data.OVERHEAD_LIMIT // 1024} KiB beside the file" in ENVELOPE
    assert f"envelope {auth_enveloped_data.OVERHEAD_LIMIT // 1024} KiB beside its content" in ENVELOPE
