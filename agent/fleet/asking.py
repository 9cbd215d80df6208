"""An administrator's end: a command signed, sent again and again until the station answers, and its answer judged."""

from __future__ import annotations

import queue
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from agent.delivery import topics
from agent.delivery.mqtt import Arrived, Died, Disconnected, LinkEvent, MqttLink, MqttSettings, Subscribed
from agent.errors import LivescanError
from agent.fleet.command import Answer, Command, encode, parse_answer
from agent.signing.certificates import to_der
from agent.signing.keys import load_opener, load_signer
from agent.signing.private_keys import Opener, Signer, load_certificate
from agent.signing.revocations import RevocationList, load_revocations
from agent.signing.statements import Kind, read, sign
from agent.signing.verify import decrypt

SEND_AGAIN = 5.0  # s


class NoAnswer(LivescanError):
    """The station said nothing, or nothing that is believed."""

    exit_code = 75  # sysexits EX_TEMPFAIL


@dataclass(frozen=True)
class Administrator:
    """Keys of a folder that `livescan fleet keys` made."""

    ca: x509.Certificate
    signer: Signer = field(repr=False)
    opener: Opener = field(repr=False)
    revocations: RevocationList | None = field(default=None, repr=False)

    @classmethod
    def load(cls, folder: Path) -> Administrator:
        """Raises ConfigError."""
        own, ca = folder / "administrator", load_certificate(folder / "ca" / "ca.crt")
        signer = load_signer(own / "signing.crt", own / "signing.key")
        return cls(ca, signer, load_opener(own / "opening.crt", own / "opening.key"), load_revocations(folder / "ca" / "ca.crl", ca))


def made(station: str, name: str, who: Administrator, now: datetime, *, holds: timedelta, minutes: int = 0) -> Command:
    """A new command: its number was never used."""
    return Command(secrets.token_hex(16), station, name, now, now + holds, minutes, to_der(who.opener.certificate))


def ask(link: MqttSettings, command: Command, who: Administrator, clock: Callable[[], datetime], *, within: float) -> Answer:
    """Send it until it is answered. Raises NoAnswer. link: without subscriptions; within: seconds."""
    signed = sign(encode(command), Kind.COMMAND, who.signer, clock())
    filters = (topics.answer(command.station, command.number),)
    settings = replace(link, client_id=f"{link.client_id}-{secrets.token_hex(16)}", subscriptions=filters, status_topic=None, clean=True)
    events: queue.Queue[LinkEvent] = queue.Queue()
    connection = MqttLink(settings, events.put)
    connection.start()
    try:
        return _answered(connection, events, command, signed, judge=lambda data: judged(data, command, who, clock()), within=within)
    finally:
        connection.stop()


def _answered(
    link: MqttLink, events: queue.Queue[LinkEvent], command: Command, signed: bytes, *, judge: Callable[[bytes], Answer], within: float
) -> Answer:
    end, again, trouble = time.monotonic() + within, float("inf"), "the station did not answer"
    while (now := time.monotonic()) < end:
        if now >= again:
            link.publish(topics.command(command.station, command.number), signed)
            again = now + SEND_AGAIN
        try:
            event = events.get(timeout=max(0.01, min(again, end) - time.monotonic()))
        except queue.Empty:
            continue
        match event:
            case Subscribed(_, refused):
                if refused:
                    raise _nothing("the broker does not let this certificate read answers: write its configuration with --administrator")
                again = 0.0
            case Arrived():
                link.acknowledge(event)
                try:
                    return judge(event.payload)
                except LivescanError as error:
                    trouble = f"what came in its name is not believed: {error.what}"
            case Disconnected(_, reason) | Died(reason):
                raise _nothing(f"there is no connection to the broker: {reason}")
            case _:
                continue
    raise _nothing(trouble)


def judged(data: bytes, command: Command, who: Administrator, now: datetime) -> Answer:
    """Raises LivescanError for what this station did not answer to this command."""
    try:
        plain, _ = decrypt(data, (who.opener,))
    except LivescanError:
        plain = data  # signed only, or nothing at all
    said = read(plain, Kind.ANSWER, who.ca, now, who.revocations)
    if said.fault is not None:
        raise NoAnswer(said.fault)
    answer = parse_answer(said.content)
    if answer is None or said.name != command.station or (answer.station, answer.number) != (command.station, command.number):
        raise NoAnswer("It is no answer of that station to this command.")
    return answer


def _nothing(why: str) -> NoAnswer:
    return NoAnswer(
        f"No answer: {why}.",
        means="The command may still be carried out until it expires: a broker keeps it for a station that is away.",
        do="`livescan fleet report` shows whether the station is there; whether its settings name your key, its journal says.",
    )
