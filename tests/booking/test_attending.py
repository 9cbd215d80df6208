"""What an officer does while prints are taken, over the API: attempts looked at, the hand marked, the button pressed."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from agent.booking.attending import Attending
from agent.booking.hand import marked
from agent.booking.keeping import BookingKeeper
from agent.capture.keeping import Keeper
from agent.capture.plan import Step
from agent.errors import LivescanError
from agent.model.booking import BookingId
from agent.model.fingers import FingerMark, MissingReason, Position
from agent.model.impression import FingerQuality, Impression, ImpressionKind, Override, QualityReport, Trigger, Verdict
from agent.web.api import build_api
from agent.web.live import Live
from tests.booking.office import DEVICE, FACTS, Office, RowOfPrints, ridges
from tests.web.test_api import OneBooking

P = Position


class Told:
    """What is asked of the capture room."""

    def __init__(self) -> None:
        self.triggered: list[Trigger] = []
        self.paused: list[str] = []
        self.plans: list[tuple[int, frozenset[Position]]] = []

    async def trigger(self, booking_id: str, by: Trigger) -> None:
        self.triggered.append(by)

    async def pause(self, booking_id: str) -> None:
        self.paused.append(booking_id)

    async def replan(self, booking_id: str, steps: Sequence[Step], forgotten: Collection[Position]) -> None:
        self.plans.append((len(steps), frozenset(forgotten)))


class Room:
    def __init__(self, office: Office) -> None:
        self.office = office
        self.told = Told()
        self.attending = Attending(office.ledger, office.prints, self.told, office.workers)
        self.booking = office.run(office.desk.open(FACTS, "officer-01"))

    def keeper(self) -> BookingKeeper:
        return BookingKeeper(self.booking, self.office.prints, self.office.ledger, lambda impression: None)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    opened = Office(tmp_path_factory.mktemp("office"))
    yield opened
    opened.close()


@pytest.fixture
def room(office: Office) -> Room:
    return Room(office)


def tried(position: Position, attempt: int, score: int) -> Impression:
    report = QualityReport({P.RIGHT_INDEX: FingerQuality(score)}, 1, 1, 200, Verdict.RETRY, "Press a little firmer.")
    pixels = np.tile(ridges(attempt), (8, 5))
    return Impression(position, ImpressionKind.PLAIN, pixels, 500, attempt, DEVICE, datetime.now(UTC), report, trigger=Trigger.PEDAL)


def test_the_attempts_are_listed_with_their_reports_the_best_first(room: Room) -> None:
    async def go() -> None:
        for number, score in ((1, 10), (2, 30), (3, 20)):
            await room.keeper().keep_attempt(tried(P.PLAIN_RIGHT_FOUR, number, score), None)

    room.office.run(go())
    listed = room.office.run(room.attending.attempts(room.booking))
    assert [(one["fgp"], one["attempt"], one["nfiq2"]) for one in listed] == [(13, 2, {"2": 30}), (13, 3, {"2": 20}), (13, 1, {"2": 10})]
    assert listed[0]["advice"] == "Press a little firmer."
    assert listed[0]["trigger"] == "pedal"


def test_a_fourth_attempt_takes_the_place_of_the_one_it_is_said_to_replace(room: Room) -> None:
    async def go() -> list[int]:
        for number in (1, 2, 3):
            await room.keeper().keep_attempt(tried(P.RIGHT_INDEX, number, 10), None)
        await room.keeper().keep_attempt(tried(P.RIGHT_INDEX, 4, 10), 2)
        return [one.attempt for one in await room.keeper().attempts(P.RIGHT_INDEX)]

    assert room.office.run(go()) == [1, 3, 4]


def test_an_attempt_can_be_looked_at_small(room: Room) -> None:
    attempt = tried(P.RIGHT_INDEX, 1, 10)
    room.office.run(room.keeper().keep_attempt(attempt, None))
    with Image.open(io.BytesIO(room.office.run(room.attending.picture(room.booking, P.RIGHT_INDEX, 1)))) as picture:
        assert (picture.format, picture.size) == ("PNG", (150, 240))
    with pytest.raises(LivescanError, match="no such file"):
        room.office.run(room.attending.picture(room.booking, P.RIGHT_INDEX, 2))


def test_a_finger_marked_while_prints_are_taken_changes_facts_rows_and_plan(room: Room) -> None:
    async def go() -> frozenset[Position]:
        for position in (P.PLAIN_RIGHT_FOUR, P.PLAIN_LEFT_FOUR, P.RIGHT_RING):
            await room.keeper().accept(tried(position, 1, 60))
            await room.keeper().keep_attempt(tried(position, 1, 60), None)
        hand = await room.attending.mark(room.booking, P.RIGHT_RING, FingerMark.MISSING, smt=True)
        assert hand["fingers"][3] == {"finger": 4, "words": "right ring", "mark": "missing", "amp": "XX"}
        return room.office.ledger.taken(room.booking)

    assert room.office.run(go()) == {P.PLAIN_LEFT_FOUR}
    assert room.told.plans == [(13, {P.PLAIN_RIGHT_FOUR, P.RIGHT_RING})]
    facts = room.office.run(room.office.prints.facts(room.booking))
    assert facts.missing == {P.RIGHT_RING: MissingReason.AMPUTATED}
    assert facts.subject.marks == ("MISS R FGR",)
    assert [one["fgp"] for one in room.office.run(room.attending.attempts(room.booking))] == [14]


def test_a_scar_changes_nothing_of_what_was_taken(room: Room) -> None:
    async def go() -> None:
        await room.keeper().accept(tried(P.RIGHT_RING, 1, 60))
        await room.attending.mark(room.booking, P.RIGHT_RING, FingerMark.SCARRED)

    room.office.run(go())
    assert room.office.ledger.taken(room.booking) == {P.RIGHT_RING}
    assert room.told.plans == []
    assert room.office.run(room.attending.hand(room.booking))["fingers"][3]["mark"] == "scarred"


def test_hands_are_exchanged_in_the_store(room: Room) -> None:
    async def go() -> list[Position]:
        keeper = room.keeper()
        await keeper.accept(tried(P.PLAIN_RIGHT_FOUR, 1, 60))
        await keeper.exchange({P.PLAIN_RIGHT_FOUR}, [tried(P.PLAIN_LEFT_FOUR, 1, 60)])
        return [one.position for one in await keeper.stored()]

    assert room.office.run(go()) == [P.PLAIN_LEFT_FOUR]


def test_a_sealed_bookings_hand_is_not_marked_any_more(office: Office) -> None:
    room = Room(office)

    async def go() -> BookingId:
        await office.settled(room.booking)
        return room.booking

    sealed = office.run(go())
    with pytest.raises(LivescanError, match="all taken"):
        office.run(room.attending.mark(sealed, P.RIGHT_RING, FingerMark.MISSING))


class FakeDesk(Attending):
    """The routes only: what they make of requests."""

    def __init__(self) -> None:
        self.told = Told()
        self.marks: list[tuple[Position, FingerMark, bool]] = []

    async def trigger(self, booking_id: str) -> None:
        await self.told.trigger(booking_id, Trigger.BUTTON)

    async def pause(self, booking_id: str) -> None:
        await self.told.pause(booking_id)

    async def mark(self, booking_id: str, finger: Position, mark: FingerMark, *, smt: bool = False) -> dict[str, object]:
        self.marks.append((finger, mark, smt))
        return {"fingers": []}

    async def picture(self, booking_id: str, position: Position, number: int) -> bytes:
        return b"png of %d %d" % (position, number)


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def client(desk: FakeDesk) -> TestClient:
    return TestClient(build_api(OneBooking(), Live(), capture=desk))


def test_the_button_of_the_page_triggers(client: TestClient, desk: FakeDesk) -> None:
    assert client.post("/api/bookings/B/trigger").status_code == 200
    assert desk.told.triggered == [Trigger.BUTTON]


def test_a_capture_is_paused_by_request(client: TestClient, desk: FakeDesk) -> None:
    assert client.post("/api/bookings/B/pause").status_code == 200
    assert desk.told.paused == ["B"]


def test_only_a_booking_whose_prints_are_being_taken_can_be_paused(room: Room) -> None:
    room.office.run(room.attending.pause(room.booking))
    assert room.told.paused == [room.booking]
    room.office.run(room.office.ledger.hold(room.booking, "waits"))
    with pytest.raises(LivescanError, match="No prints"):
        room.office.run(room.attending.pause(room.booking))


def test_a_mark_is_posted_by_finger_and_word(client: TestClient, desk: FakeDesk) -> None:
    assert client.post("/api/bookings/B/hand", json={"finger": 4, "mark": "missing", "smt": True}).status_code == 200
    assert desk.marks == [(P.RIGHT_RING, FingerMark.MISSING, True)]


@pytest.mark.parametrize(
    "body", [{"finger": 11, "mark": "missing"}, {"finger": True, "mark": "missing"}, {"finger": 4, "mark": "lost"}, {}]
)
def test_a_mark_that_is_none_is_refused(client: TestClient, desk: FakeDesk, body: dict[str, object]) -> None:
    assert client.post("/api/bookings/B/hand", json=body).status_code == 400
    assert desk.marks == []


def test_a_picture_of_an_attempt_is_never_cached(client: TestClient) -> None:
    answer = client.get("/api/bookings/B/attempts/13/2")
    assert (answer.content, answer.headers["content-type"], answer.headers["cache-control"]) == (b"png of 13 2", "image/png", "no-store")
    assert client.get("/api/bookings/B/attempts/99/2").status_code == 400


def test_a_print_that_was_kept_is_named_under_the_signature_each_time_the_booking_is_sealed(office: Office) -> None:
    room = Room(office)
    override = Override("worn ridges", "officer-01", datetime.now(UTC), "officer-02")

    async def go() -> list[str]:
        taken = replace(tried(P.PLAIN_RIGHT_FOUR, 3, 10), override=override, trigger=Trigger.DEVICE)
        await room.keeper().accept(taken)
        await office.settled(room.booking)
        first = await office.records.envelope(room.booking, "officer-01")
        row = office.ledger.submissions(room.booking)[-1]
        assert row.envelope_sha256 is not None
        await office.sealer.renew(row.envelope_sha256)
        return [office.remarks(data) for data in (first, await office.records.envelope(room.booking, "officer-01"))]

    first, again = office.run(go())
    assert first == again
    kept = json.loads(first)["impressions"][0]["kept"]
    assert (kept["reason"], kept["by"], kept["second"], kept["attempt"]) == ("worn ridges", "officer-01", "officer-02", 3)


def test_a_finger_that_is_marked_as_there_at_the_last_moment_is_taken_before_the_booking_is_closed(office: Office) -> None:
    room = Room(office)
    facts = marked(FACTS, P.LEFT_LITTLE, FingerMark.BANDAGED)
    taken: list[set[Position]] = []

    class Marks(RowOfPrints):
        async def run(self, booking_id: BookingId, steps: Sequence[Step], done: Collection[Position], keeper: Keeper) -> None:
            await super().run(booking_id, steps, done, keeper)
            taken.append({step.position for step in steps} - set(done))
            if len(taken) == 1:
                await room.attending.mark(booking_id, P.LEFT_LITTLE, FingerMark.THERE)

    async def go() -> None:
        await office.prints.keep_facts(room.booking, facts)
        office.desk._capture = Marks()
        await office.settled(room.booking)

    before = office.desk._capture
    try:
        office.run(go())
    finally:
        office.desk._capture = before
    assert taken[1] == {P.PLAIN_LEFT_FOUR, P.LEFT_LITTLE}
    assert len(office.ledger.taken(room.booking)) == 14


def test_the_hand_that_was_laid_down_once_more_is_on_disk_until_a_finger_is_taken_anew(room: Room) -> None:
    async def go() -> list[bool]:
        keeper = room.keeper()
        said = [await keeper.confirmed()]
        await keeper.confirm()
        said.append(await keeper.confirmed())
        await room.office.prints.forget_attempts(room.booking, P.RIGHT_INDEX)
        return [*said, await keeper.confirmed()]

    assert room.office.run(go()) == [False, True, False]
