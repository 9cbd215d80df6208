"""One link to a real broker, or to something that is none."""

from __future__ import annotations

import logging
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from agent.clock import SystemClock
from agent.delivery.errors import NotConnected
from agent.delivery.mqtt import Arrived, Connected, Disconnected, LinkEvent, MqttLink, MqttSettings, Published, Subscribed
from agent.errors import ConfigError
from agent.signing.training_keys import init_training
from tests.delivery.brokers import Broker, Mosquitto, Nats, Tls, free_port
from tests.delivery.bureau import SmallBureau
from tests.delivery.stories import all_released, core_at, tell, until, uplink_at


class Listener:
    """A link whose events are taken in order."""

    def __init__(self, link_settings: MqttSettings, on_event: Callable[[LinkEvent], None] | None = None) -> None:
        self.events: queue.Queue[LinkEvent] = queue.Queue()
        self.link = MqttLink(link_settings, on_event or self.events.put)

    def next(self, kind: type[LinkEvent], seconds: float = 10.0) -> LinkEvent:
        """The next event of this kind; others are skipped."""
        deadline = time.monotonic() + seconds
        while True:
            event = self.events.get(timeout=max(0.01, deadline - time.monotonic()))
            if isinstance(event, kind):
                return event

    def arrival(self) -> Arrived:
        event = self.next(Arrived)
        assert isinstance(event, Arrived)
        return event


@contextmanager
def listening(port: int, **settings: object) -> Iterator[Listener]:
    listener = Listener(MqttSettings("127.0.0.1", port, "LS-0001", retry_first=0.05, retry_max=0.2, **settings))  # type: ignore[arg-type]
    listener.link.start()
    try:
        yield listener
    finally:
        listener.link.stop()
        assert not listener.link.alive


@contextmanager
def publisher(port: int) -> Iterator[paho.Client]:
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    yield client
    client.disconnect()
    client.loop_stop()


def test_a_message_unacknowledged_at_the_end_of_a_connection_comes_again_and_a_late_acknowledgement_hits_nothing(broker: Broker) -> None:
    with listening(broker.port, subscriptions=("a/b",)) as listener, publisher(broker.port) as client:
        assert listener.next(Subscribed) == Subscribed(1, ())
        client.publish("a/b", b"first", qos=1)
        first = listener.arrival()
        assert (first.topic, first.payload, first.epoch) == ("a/b", b"first", 1)
        for epoch in (2, 3):
            listener.link.bounce()
            again = listener.arrival()
            assert (again.payload, again.epoch) == (b"first", epoch)
            listener.link.acknowledge(first)
        listener.link.acknowledge(again)
        listener.link.bounce()
        while listener.next(Subscribed) != Subscribed(4, ()):
            continue
        client.publish("a/b", b"second", qos=1)
        second = listener.arrival()
        assert (second.payload, second.epoch) == (b"second", 4)


def test_nothing_is_queued_without_a_connection() -> None:
    with listening(free_port()) as listener:
        listener.next(Disconnected)
        with pytest.raises(NotConnected):
            listener.link.publish("a/b", b"x")


def test_nothing_is_queued_while_the_broker_has_not_answered() -> None:
    """Dialled, and no CONNACK yet: paho would keep it in memory, where a crash loses it."""
    with socket.create_server(("127.0.0.1", 0)) as mute, listening(int(mute.getsockname()[1])) as listener:
        near, _ = mute.accept()
        with near, pytest.raises(NotConnected):
            listener.link.publish("a/b", b"x")


def test_every_answer_of_the_broker_is_told(broker: Broker) -> None:
    with listening(broker.port) as listener:
        assert isinstance(listener.next(Connected), Connected)
        mids = {listener.link.publish("a/b", b"x") for _ in range(20)}
        answered = {event.mid for event in (listener.next(Published) for _ in mids) if isinstance(event, Published) and event.code == 0}
        assert answered == mids


def test_a_failing_callback_ends_the_connection_and_not_the_thread(nats: Broker, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[LinkEvent] = []

    def fails_once(event: LinkEvent) -> None:
        seen.append(event)
        if event == Connected(1, session_present=False, window=8, max_packet=None):
            raise RuntimeError("a defect")

    settings = MqttSettings("127.0.0.1", nats.port, "LS-0001", retry_first=0.05)
    with caplog.at_level(logging.CRITICAL, logger="agent.delivery.mqtt"):
        listener = Listener(settings, fails_once)
        listener.link.start()
        deadline = time.monotonic() + 10
        while not any(isinstance(event, Connected) and event.epoch == 2 for event in seen):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    assert listener.link.alive
    listener.link.stop()


def test_small_packets_are_not_held_back(nats: Broker) -> None:
    with listening(nats.port) as listener:
        listener.next(Connected)
        connection = listener.link._connection()
        assert connection is not None
        opened = connection.client.socket()
        assert isinstance(opened, socket.socket)
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x02\x00\x05", b"\xff" * 100], ids=["none", "http", "refusal", "ff"]
)
def test_what_is_no_broker_or_refuses_is_left_and_dialled_again(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                connection.settimeout(1)
                with connection:
                    connection.recv(1024)
                    connection.sendall(answer)
                    over.wait(1 if answer == b"" else 0.05)

        thread = threading.Thread(target=serve)
        thread.start()
        with listening(server.getsockname()[1], connect_timeout=0.2) as listener:
            for _ in range(2):
                ended = listener.next(Disconnected)
                assert isinstance(ended, Disconnected)
                assert ended.reason
            assert listener.link.alive
        over.set()
        thread.join()


def test_a_broker_that_cannot_be_reached_is_said_with_its_reason() -> None:
    with listening(free_port()) as listener:
        ended = listener.next(Disconnected)
        assert isinstance(ended, Disconnected)
        assert "refused" in ended.reason


def test_certificates_that_cannot_be_read_are_a_matter_of_configuration(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("no certificate")
    with pytest.raises(ConfigError, match="TLS certificates"):
        MqttLink(MqttSettings("127.0.0.1", 1, "LS-0001", ca=tmp_path / "ca.crt"), print)


# --- TLS


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("keys")
    init_training(directory, station="LS-0001", bureau="SIB-TEST", clock=SystemClock())
    return directory


@pytest.fixture
def tls_nats(keys: Path, tmp_path: Path) -> Iterator[Broker]:
    broker = Nats(tmp_path / "nats", Tls(keys / "ca" / "ca.crt", keys / "broker" / "server.crt", keys / "broker" / "server.key"))
    broker.start()
    yield broker
    broker.kill()


def test_the_whole_way_over_tls_with_client_certificates(tls_nats: Broker, keys: Path, tmp_path: Path) -> None:
    async def story() -> None:
        bureau_tls = Tls(keys / "ca" / "ca.crt", keys / "bureau" / "tls.crt", keys / "bureau" / "tls.key")
        with SmallBureau(tls_nats.port, tls=bureau_tls) as bureau:
            async with core_at(tmp_path) as core, uplink_at(tmp_path, tls_nats.port, keys=keys):
                txid = core.seal(b"sealed" * 50_000)
                await until(all_released(core, 1))
                assert bureau.store == {txid: b"sealed" * 50_000}

    tell(story)


def test_without_a_client_certificate_or_with_another_ca_there_is_no_connection(tls_nats: Broker, keys: Path, tmp_path: Path) -> None:
    init_training(tmp_path / "other", station="LS-0001", bureau="SIB-TEST", clock=SystemClock())
    ca, other = keys / "ca" / "ca.crt", tmp_path / "other"
    strangers = {
        "no certificate": Tls(ca, None, None),
        "a certificate of another CA": Tls(ca, other / "station" / "tls.crt", other / "station" / "tls.key"),
        "a broker of another CA": Tls(other / "ca" / "ca.crt", keys / "station" / "tls.crt", keys / "station" / "tls.key"),
    }
    for case, tls in strangers.items():
        with listening(tls_nats.port, ca=tls.ca, cert=tls.cert, key=tls.key) as listener:
            event = listener.events.get(timeout=10)
            assert isinstance(event, Disconnected), case


# --- MQTT 5, where a broker says more


def test_a_broker_that_refuses_the_topic_holds_the_envelope_and_the_core_is_told(mosquitto: Mosquitto, tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic read #\ntopic write fp/v1/st/LS-0001/status\n")
    mosquitto.extra = f"acl_file {acl}\n"
    mosquitto.start()

    async def story() -> None:
        async with core_at(tmp_path) as core, uplink_at(tmp_path, mosquitto.port, version=5):
            txid = core.seal(b"sealed")
            await until(lambda: core.stages(txid) == {"queued", "held"})
        mosquitto.kill()
        mosquitto.extra = ""
        mosquitto.start()
        with SmallBureau(mosquitto.port):
            async with core_at(tmp_path) as core, uplink_at(tmp_path, mosquitto.port, version=5):
                await until(all_released(core, 1))

    tell(story)


def test_what_the_broker_had_nobody_to_give_to_is_not_called_sent(mosquitto: Mosquitto, tmp_path: Path) -> None:
    mosquitto.start()

    async def story() -> None:
        async with core_at(tmp_path) as core, uplink_at(tmp_path, mosquitto.port, version=5, retry=0.5):
            txid = core.seal(b"sealed")
            await until(lambda: core.stages(txid))
            with pytest.raises(TimeoutError):
                await until(lambda: "sent" in core.stages(txid), 1.0)
            with SmallBureau(mosquitto.port):
                await until(all_released(core, 1))

    tell(story)


def test_chunks_larger_than_the_broker_takes_are_held_and_not_sent_for_ever(mosquitto: Mosquitto, tmp_path: Path) -> None:
    mosquitto.extra = "max_packet_size 50000\n"
    mosquitto.start()

    async def story() -> None:
        with SmallBureau(mosquitto.port):
            async with core_at(tmp_path) as core, uplink_at(tmp_path, mosquitto.port, version=5):
                large = core.seal(b"x" * 60_000)
                small = core.seal(b"sealed")
                await until(all_released(core, 1))
                assert core.stages(large) == {"queued", "held"}
                assert "sent" in core.stages(small)

    tell(story)


def test_a_chunk_says_by_property_what_its_header_says(mosquitto: Mosquitto, tmp_path: Path) -> None:
    mosquitto.start()
    heard: list[tuple[str, bytes]] = []
    looking = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    looking.on_message = lambda client, data, message: heard.append((message.properties.ContentType, message.properties.CorrelationData))
    looking.connect("127.0.0.1", mosquitto.port)
    looking.subscribe("fp/v1/st/+/tx/#", qos=1)
    looking.loop_start()

    async def story() -> None:
        async with core_at(tmp_path) as core, uplink_at(tmp_path, mosquitto.port, version=5):
            txid = core.seal(b"sealed")
            await until(lambda: heard)
            assert heard[0] == ("application/vnd.livescan.chunk", bytes.fromhex(txid))

    tell(story)
    looking.disconnect()
    looking.loop_stop()


class NarrowBroker:
    """Speaks just enough MQTT 5 to say ReceiveMaximum 2, and answers each PUBLISH late; `most` is how many it had unanswered at once."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.most = self.published = self._open = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            near, _ = self._server.accept()
            stream = near.makefile("rb")
            while head := stream.read(1):
                body = stream.read(self._length(stream))
                if head[0] >> 4 == 1:
                    near.sendall(bytes([0x20, 6, 0, 0, 3, 0x21, 0, 2]))  # CONNACK, property 33: Receive Maximum 2
                elif head[0] >> 4 == 3:
                    topic = int.from_bytes(body[:2], "big")
                    self._open += 1
                    self.published += 1
                    self.most = max(self.most, self._open)
                    threading.Timer(0.05, self._answer, (near, body[2 + topic : 4 + topic])).start()

    def _answer(self, near: socket.socket, mid: bytes) -> None:
        self._open -= 1
        with suppress(OSError):
            near.sendall(b"\x40\x02" + mid)

    @staticmethod
    def _length(stream: BufferedReader) -> int:
        value, shift = 0, 0
        while True:
            byte = stream.read(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value


def test_no_more_is_in_flight_than_the_broker_takes_whoever_publishes() -> None:
    broker = NarrowBroker()
    with listening(broker.port, version=5, status_topic="a/status") as listener:
        connected = listener.next(Connected)
        assert isinstance(connected, Connected)
        assert connected.window == 2
        for _ in range(6):
            listener.link.publish("a/b", b"x")
        for _ in range(7):
            listener.next(Published)
    assert (broker.published >= 7, broker.most) == (True, 2)


# --- a slow line


class SlowLine:
    """A TCP proxy that lets so many bytes per second towards the broker."""

    def __init__(self, port: int, rate: int) -> None:
        self._target = port
        self._rate = rate
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            near, _ = self._server.accept()
            near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
            self.connections += 1
            far = socket.create_connection(("127.0.0.1", self._target))
            threading.Thread(target=self._pump, args=(near, far, self._rate), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, 0), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket, rate: int) -> None:
        with source, sink, suppress(OSError):
            while data := source.recv(4_096):
                sink.sendall(data)
                if rate:
                    time.sleep(len(data) / rate)


@pytest.mark.long
def test_one_large_message_is_an_endless_loop_of_reconnects_on_a_slow_line(nats: Broker, tmp_path: Path) -> None:
    """The control of the next test: this is what chunks are there for."""
    line = SlowLine(nats.port, 40_000)

    async def story() -> None:
        with SmallBureau(nats.port):
            async with core_at(tmp_path) as core, uplink_at(tmp_path, line.port, keepalive=10, retry=60, chunk=2_000_000):
                core.seal(b"x" * 2_000_000)
                await until(lambda: line.connections > 2, 60)
                assert not all_released(core, 1)()

    tell(story)


@pytest.mark.long
def test_a_slow_line_is_slow_and_not_an_endless_loop_of_reconnects(nats: Broker, tmp_path: Path) -> None:
    """40 kB/s, keepalive 10 s, 2 MB: with one large message paho never gets it through."""
    line = SlowLine(nats.port, 40_000)

    async def story() -> None:
        with SmallBureau(nats.port):
            async with core_at(tmp_path) as core, uplink_at(tmp_path, line.port, keepalive=10, retry=60):
                core.seal(b"x" * 2_000_000)
                await until(all_released(core, 1), 100)
                assert line.connections == 1

    tell(story)
