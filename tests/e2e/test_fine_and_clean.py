"""Two bookings at 1000 ppi with every part a process of its own; the first leaves its prints on the scanner's glass for the second."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from agent.imaging.jpeg2000 import decode_jp2, read_ppi
from agent.imaging.overlay import ridge_psnr
from agent.nist.check import check
from agent.nist.codec import parse
from agent.nist.findings import Severity
from agent.nist.records import TaggedRecord
from agent.training.bureau_store import committed_file
from agent.training.demo import training_booking
from agent.training.site import STATION, TrainingSite
from firmware_sim.hosts.control import tell
from tests.data import testdata
from tests.prints import nist_card

CARD = "prints/nist/type-4-tpcard.an2"
ABSENT = {str(finger): "UP" for finger in (2, 3, 4, 5, 7, 8, 9, 10)}  # thumbs alone: four impressions, half a minute
TAKEN = [1, 6, 11, 12]
SILENCE = 60.0  # s
NOT_TAKEN = "Not taken: nothing touches the glass; what is seen on it was left there before."

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(240)]


class Counter:
    """The training site with somebody at the counter who hears what the station says."""

    def __init__(self, site: TrainingSite) -> None:
        self.site = site
        self._glass = site.run / "scanner.sock.control"

    def bench(self, **order: Any) -> None:
        assert "did" in tell(self._glass, order)

    def book(self, hear: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The account of one booking and all that was heard of it; `hear`: what is done when a sentence begins so, once each."""
        events = self.site.client.stream("/api/events", timeout=SILENCE)
        next(events)
        booking = str(self.site.client.post("/api/bookings", training_booking(ABSENT))["booking"])
        heard, left = [], dict(hear)
        for event in events:
            if event.get("booking") != booking:
                continue
            heard.append(event)
            for begin in [begin for begin in left if str(event.get("sentence", "")).startswith(begin)]:
                left.pop(begin)(booking)
            assert event["event"] != "held", event
            if event["event"] == "received":
                return dict(self.site.client.get(f"/api/bookings/{booking}")), heard
        raise AssertionError("the core stopped")

    def sent(self, account: Mapping[str, Any]) -> bytes:
        return committed_file(self.site.bureau, STATION, account["submissions"][-1]["tcn"])


@pytest.fixture(scope="module")
def counter() -> Iterator[Counter]:
    with tempfile.TemporaryDirectory(prefix="ls-") as folder, TrainingSite(Path(folder)) as site:
        site.make_keys()
        scanner = site.start_scanner(str(testdata(CARD)), speed=10.0, progress=lambda what: None)
        site.start_broker()
        bureau = site.start_bureau()
        site.write_settings(capture={"ppi": 1000}, submission={"profile": "CAR-14-1000"})
        for part in (bureau, site.start_station_part("core"), site.start_station_part("uplink")):
            part.wait_ready(30.0)
        scanner.wait_ready(60.0)
        yield Counter(site)


def test_a_booking_at_a_thousand_ppi_is_sent_as_type_14_with_jpeg_2000(counter: Counter) -> None:
    counter.bench(do="fault", name="prints-left-on-glass", percent=70)
    account, _ = counter.book({})
    transaction = parse(counter.sent(account))
    prints = [record for record in transaction.records if isinstance(record, TaggedRecord) and record.type == 14]
    assert sorted(int(record.text(13) or 0) for record in prints) == TAKEN
    for record in prints:
        assert record.image is not None
        pixels = decode_jp2(record.image)
        position = int(record.text(13) or 0)
        assert [record.text(number) for number in (8, 9, 10, 11, 16, 17)] == ["1", "1000", "1000", "JP2", "1000", "1000"]
        assert read_ppi(record.image) == 1000
        assert (record.text(6), record.text(7)) == (str(pixels.shape[1]), str(pixels.shape[0]))
        laid = nist_card()[position]
        if position > 10:
            assert pixels.shape == tuple(2 * side for side in laid.shape)
            assert ridge_psnr(laid, pixels[::2, ::2]) > 20.0
        else:
            assert pixels.shape == (1500, 1600)
    assert [finding for finding in check(transaction) if finding.severity is Severity.ERROR] == []


def test_what_that_person_left_on_the_glass_is_said_and_is_no_print_of_the_next(counter: Counter) -> None:
    counter.bench(do="fault", name="latent-for-fingers")
    client = counter.site.client
    account, heard = counter.book({
        "Clean the glass now": lambda booking: client.post(f"/api/bookings/{booking}/trigger", {}),  # goes on without
        NOT_TAKEN: lambda booking: counter.bench(do="clear"),  # and wipes it then
    })  # fmt: skip
    said = [event["sentence"] for event in heard if "sentence" in event]
    assert sum(sentence.startswith(NOT_TAKEN) for sentence in said) == 1
    glass = [event["state"] for event in heard if event["event"] == "glass"]
    assert glass[0] == "clean_now"
    assert "clean" in glass
    assert account["submissions"]
    sent = parse(counter.sent(account))
    thumb = next(r for r in sent.records if isinstance(r, TaggedRecord) and r.type == 14 and r.text(13) == "11")
    assert thumb.image is not None
    assert ridge_psnr(nist_card()[11], decode_jp2(thumb.image)[::2, ::2]) > 20.0


def test_a_booking_that_an_officer_pauses_goes_on_at_the_same_finger(counter: Counter) -> None:
    client = counter.site.client
    events = client.stream("/api/events", timeout=SILENCE)
    next(events)
    booking = str(client.post("/api/bookings", training_booking(ABSENT))["booking"])
    taken, held = [], []
    for event in (event for event in events if event.get("booking") == booking):
        if event["event"] == "impression":
            taken.append(event["fgp"])
            if len(taken) == 1:
                client.post(f"/api/bookings/{booking}/pause", {})
        elif event["event"] == "held":
            held.append(event["why"])
            assert client.get(f"/api/bookings/{booking}")["state"] == "held"
            client.post(f"/api/bookings/{booking}/resume", {})
        elif event["event"] == "received":
            break
    assert held == ["An officer paused this booking; what was taken is kept. Resume the booking when it is to go on."]
    assert taken == [11, 12, 1, 6]
