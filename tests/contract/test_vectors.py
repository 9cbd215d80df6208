"""docs/vectors: made anew to the same bytes, and judged alike by the agent, by the second bureau, and as the manifest says."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.casework import cases, inbox
from agent.casework.desk import MIGRATIONS
from agent.casework.events import CaseEvent, EventKind
from agent.casework.letters import read_letter
from agent.casework.taken import Taken
from agent.delivery import topics
from agent.delivery.chunks import bitmap, join, parse, read_bitmap, split
from agent.delivery.errors import ChunkError
from agent.delivery.status import parse_status
from agent.fleet.report import parse as parse_report
from agent.model.booking import BookingId
from agent.model.messages import Environment
from agent.signing import auth_enveloped_data, signed_data
from agent.signing.keys import BureauKeys, StationKeys
from agent.signing.verify import open_envelope
from agent.store.database import Database
from agent.training.bureau import examine, judge
from tests.contract import chunks, envelope, vectors
from tests.contract.ansi import tcn
from tests.contract.vector_envelopes import signed

FOLDER = Path(__file__).parents[2] / "docs" / "vectors"
MANIFEST: dict[str, Any] = json.loads((FOLDER / "vectors.json").read_text())
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BOOKING = BookingId("20261124-7K3M9Q2X")
SENT = MANIFEST["sent"]


def of(reader: str) -> list[dict[str, Any]]:
    return [one for one in MANIFEST["envelopes"] if one["reader"] == reader]


def name(one: dict[str, Any]) -> str:
    return Path(one["file"]).stem


def data(one: dict[str, Any]) -> bytes:
    return Path(FOLDER, one["file"]).read_bytes()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As the agent wants them on its disk: for its owner only."""
    folder = tmp_path_factory.mktemp("vectors") / "keys"
    shutil.copytree(FOLDER / "keys", folder)
    (folder / "station" / "storage.key").write_bytes(bytes(32))
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return folder


def test_they_are_made_anew_to_the_same_bytes(tmp_path: Path) -> None:
    shutil.copy(FOLDER / vectors.RSA_KEY, tmp_path)
    vectors.write(tmp_path)
    made = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    kept = {str(path.relative_to(FOLDER)): path.read_bytes() for path in FOLDER.rglob("*") if path.is_file() and path.name != "README.md"}
    assert sorted(made) == sorted(kept)
    assert [one for one in made if made[one] != kept[one]] == []


def bureau_keys(keys: Path, one: dict[str, Any], tmp_path: Path) -> Path:
    """The folder with the key pair to which this envelope is sealed."""
    if "keys" not in one:
        return keys
    shutil.copytree(keys, tmp_path / "keys")
    for end in ("crt", "key"):
        shutil.copy(keys / one["keys"] / f"opening.{end}", tmp_path / "keys" / "bureau")
    return tmp_path / "keys"


def at_the_agents_bureau(one: dict[str, Any], keys: Path) -> str:
    found = examine(data(one), MANIFEST["station"], BureauKeys.load(keys, environment=Environment.TRAINING), NOW)
    committed = None if name(one) == "transaction" else SENT["content_sha256"]
    outcome, _ = judge(found, committed if found.tcn == SENT["tcn"] else None)
    return "committed" if outcome == "duplicate" else str(outcome)


def at_the_second_bureau(one: dict[str, Any], keys: Path) -> str:
    try:
        found = envelope.accepted(
            data(one), envelope.Keys(keys / "ca/ca.crt", keys / "bureau"), me=MANIFEST["bureau"], environment="training"
        )
        same = tcn(found.file) == found.said["tcn"] and found.signer == MANIFEST["station"]
    except ValueError:
        return "refused"
    if not same:
        return "refused"
    return "committed" if hashlib.sha256(found.file).hexdigest() == SENT["content_sha256"] else "conflict"


@pytest.mark.parametrize("bureau", [at_the_agents_bureau, at_the_second_bureau], ids=["the agent's", "the second"])
@pytest.mark.parametrize("one", of("bureau"), ids=name)
def test_a_bureau_judges_a_transaction_as_written(
    one: dict[str, Any], bureau: Callable[[dict[str, Any], Path], str], keys: Path, tmp_path: Path
) -> None:
    assert bureau(one, bureau_keys(keys, one, tmp_path)) == one["verdict"], one["because"]


def taken_by_the_station(message: bytes, keys: Path, folder: Path) -> Taken:
    reading = StationKeys.load(keys, environment=Environment.TRAINING)
    database = Database(folder / "core.sqlite", MIGRATIONS)

    def settle(db: Any) -> Taken:
        sealed = CaseEvent(EventKind.SEALED, NOW, SENT["tcn"], SENT["content_sha256"], SENT["txid"])
        for kind in (EventKind.CAPTURED, EventKind.QUALITY_PASSED, EventKind.CHECKED):
            cases.add(db, BOOKING, CaseEvent(kind, NOW))
        cases.add(db, BOOKING, sealed, once=SENT["txid"])
        rid = hashlib.sha256(message).hexdigest()
        inbox.arrive(db, rid, NOW)
        return inbox.settle(db, rid, read_letter(message, reading, NOW), NOW, bytes(32))

    try:
        return asyncio.run(database.write(settle))
    finally:
        database.close()


@pytest.mark.parametrize("one", of("station"), ids=name)
def test_the_station_judges_what_the_bureau_sends_as_written(one: dict[str, Any], keys: Path, tmp_path: Path) -> None:
    taken = taken_by_the_station(data(one), keys, tmp_path)
    effects = {
        "released": taken.release_txid == SENT["txid"],
        "refused": taken.refused_txid == SENT["txid"],
        "tied": taken.booking_id == BOOKING,
    }
    if one["verdict"] == "person":
        assert taken.manual
        assert not (effects["released"] or effects["refused"])
    else:
        assert effects[one["verdict"]], one["because"]


def test_the_agent_writes_an_envelope_as_the_vectors_have_it(keys: Path) -> None:
    """Read and written again: the one spelling is that of both."""
    whole = (FOLDER / "envelopes/transaction.der").read_bytes()
    assert auth_enveloped_data.write(auth_enveloped_data.read(whole)) == whole
    openers = BureauKeys.load(keys, environment=Environment.TRAINING).openers
    opened = open_envelope(
        whole, openers=openers, trust=BureauKeys.load(keys, environment=Environment.TRAINING).ca, expect=Environment.TRAINING, now=NOW
    )
    assert opened.content == (FOLDER / "transaction.an2").read_bytes()
    inside = signed(next(vectors.envelopes(vectors.parties((FOLDER / vectors.RSA_KEY).read_bytes()))).recipe)
    assert signed_data.write(signed_data.read(inside)) == inside


def taken_by_the_agent(topic: str, payload: bytes) -> bool:
    transfer = topics.parse_transfer(topic)
    try:
        chunk = parse(payload)
    except ChunkError:
        return False
    return transfer is not None and (transfer.digest, transfer.index, transfer.total) == (chunk.digest, chunk.index, chunk.total)


def taken_by_the_second(topic: str, payload: bytes) -> bool:
    try:
        chunks.read(topic, payload)
    except chunks.BadChunk:
        return False
    return True


@pytest.mark.parametrize("side", [taken_by_the_agent, taken_by_the_second], ids=["the agent", "the second bureau"])
@pytest.mark.parametrize("one", MANIFEST["messages"], ids=name)
def test_a_message_is_taken_or_dropped_as_written(one: dict[str, Any], side: Callable[[str, bytes], bool]) -> None:
    assert side(one["topic"], data(one)) is (one["verdict"] == "taken"), one["because"]


def test_both_cut_and_join_the_same_chunks() -> None:
    whole = (FOLDER / "envelopes/transaction.der").read_bytes()
    framed = [data(one) for one in MANIFEST["messages"] if name(one).startswith("chunk-")]
    assert framed == split(whole, size=1_024) == chunks.cut(whole, 1_024)
    assert join([parse(one) for one in reversed(framed)]) == whole


@pytest.mark.parametrize("one", MANIFEST["bitmaps"], ids=lambda one: one["payload"])
def test_a_list_of_chunks_is_read_as_written(one: dict[str, Any]) -> None:
    bits = bytes.fromhex(one["payload"])
    if one["present"] is None:
        with pytest.raises(ChunkError):
            read_bitmap(bits, one["total"])
        return
    assert read_bitmap(bits, one["total"]) == set(one["present"])
    assert bits == bitmap(one["present"], one["total"]) == chunks.bitmap(set(one["present"]), one["total"])


@pytest.mark.parametrize("one", MANIFEST["reports"], ids=lambda one: str(one["station"]))
def test_a_report_is_read_as_written(one: dict[str, Any]) -> None:
    report = parse_report(one["payload"].encode())
    assert (None if report is None else report.station) == one["station"]


@pytest.mark.parametrize("one", MANIFEST["statuses"], ids=lambda one: one["payload"] or "nothing")
def test_a_status_is_read_as_written(one: dict[str, Any]) -> None:
    status = parse_status(one["payload"].encode())
    assert (None if status is None else status.online) is one["online"]


def test_an_ack_names_the_envelope() -> None:
    reply = (FOLDER / "envelopes/reply.der").read_bytes()
    assert topics.parse_ack(MANIFEST["ack"]["topic"]) == (MANIFEST["station"], hashlib.sha256(reply).hexdigest())
