"""The core's parts that take a booking: from the scanner to the envelope that waits for its receipt."""

from __future__ import annotations

import socket
import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from agent.audit.feed import AuditGate
from agent.booking.attending import Attending
from agent.booking.corrections import Corrections
from agent.booking.desk import Desk
from agent.booking.importing import Importer
from agent.booking.intake import Intake, sending_cleared
from agent.booking.leaving import Leaving
from agent.booking.ledger import Entry, KnownNumbers, Ledger
from agent.booking.outbound import Outbound
from agent.booking.photos import Photos
from agent.booking.prints import Prints
from agent.booking.records import Parts as RecordsParts
from agent.booking.records import Records
from agent.booking.renewing import Renewing
from agent.booking.sealing import SealedTo, Sealer
from agent.booking.sending import Sending
from agent.booking.tcns import TcnBook
from agent.capture.camera import Camera
from agent.capture.station import StationCapture
from agent.capture.troubles import Troubles
from agent.casework.desk import Casework
from agent.casework.events import CaseEvent, EventKind
from agent.casework.task_desk import why_locked
from agent.casework_desks import reply_form
from agent.core_inbound import Inbound
from agent.core_keeping import Keeping
from agent.decoding.desk import Decoder
from agent.fleet.drain import Drain
from agent.handover.core_end import CoreEnd
from agent.model.booking import BookingId
from agent.quality.thresholds import QualityThresholds
from agent.sealed_to import check_for, precheck_for, sealed_to
from agent.settings import PathSettings, Settings, config_dir, read_toml
from agent.sockets import handed
from agent.workers import Workers


@dataclass(frozen=True)
class Taking:
    prints: Prints
    ledger: Ledger
    casework: Casework
    outbound: Outbound
    decoder: Decoder
    workers: Workers
    capture: StationCapture
    camera: Camera
    tcns: TcnBook
    sealer: Sealer
    handover: CoreEnd
    inbound: Inbound
    renewing: Renewing
    sending: Sending
    desk: Desk
    records: Records
    attending: Attending
    intake: Intake
    drain: Drain


@dataclass(frozen=True)
class _Kept:
    """What a booking is made of, on the disk."""

    prints: Prints
    ledger: Ledger
    photos: Photos
    corrected: Corrections
    tcns: TcnBook


def taking_of(of: Keeping) -> Taking:
    """In a running loop. Raises ConfigError where the bureau's key, the state's profile or the quality thresholds cannot be read."""
    settings, clock, say = of.settings, of.clock, of.live.say
    casework = Casework(of.database, of.vault, of.keys, clock, of.policy, form=reply_form(settings))
    kept = _kept(of, casework)
    leave = Leaving(of.database, partial(_journal, casework), clock, timedelta(seconds=settings.delivery.undo))
    outbound = Outbound(of.state / "outbound", kept.ledger, settings.station.id, leaving=leave, say=say)
    workers, to = Workers(settings.capture.workers), sealed_to(settings, of.keys)
    decoder = Decoder(workers, settings.paths.decode_socket)
    sealer = _sealer(of, kept, outbound, decoder, to)
    inbound = Inbound(kept.ledger, casework, outbound, say)
    handover = CoreEnd(_meeting(settings.paths), source=AuditGate(outbound, of.feed), sink=inbound, trust=of.enrolling)
    inbound.release = handover.release
    capture, check = StationCapture(settings, workers, clock, say=say), check_for(to.identity, clock)
    camera = Camera(settings.camera.source, clock, Troubles(settings.paths.state / "core" / "camera-troubles.json", clock))
    drain = Drain(of.database, clock, heeded=bool(settings.fleet.administrators))
    desk = Desk(
        ledger=kept.ledger,
        prints=kept.prints,
        capture=capture,
        sealer=sealer,
        clock=clock,
        say=say,
        offer=handover.offer,
        precheck=precheck_for(check),
        cleared=partial(sending_cleared, of.database),
        may_open=drain.require,
    )
    return Taking(
        prints=kept.prints,
        ledger=kept.ledger,
        casework=casework,
        outbound=outbound,
        decoder=decoder,
        workers=workers,
        capture=capture,
        camera=camera,
        tcns=kept.tcns,
        sealer=sealer,
        handover=handover,
        inbound=inbound,
        renewing=Renewing(kept.ledger, outbound, sealer, handover=handover, keys=of.keys, clock=clock),
        sending=Sending(leave, outbound, handover, clock, say=say, stopped=lambda: bool(of.feed.trouble)),
        desk=desk,
        records=_records(of, kept, sealer, outbound, decoder=decoder, desk=desk, handover=handover, camera=camera),
        attending=Attending(kept.ledger, kept.prints, capture, workers),
        intake=Intake(of.database, of.vault, ledger=kept.ledger, prints=kept.prints, desk=desk, clock=clock, check=check),
        drain=drain,
    )


def _kept(of: Keeping, casework: Casework) -> _Kept:
    return _Kept(
        Prints(of.vault),
        Ledger(of.database, partial(_journal, casework)),
        Photos(of.vault),
        Corrections(of.database),
        TcnBook(of.database, of.settings.station.id),
    )


def _journal(casework: Casework, connection: sqlite3.Connection, booking_id: BookingId, entry: Entry) -> None:
    """The ledger's changes as events of the booking's thread, in the same transaction."""
    event = CaseEvent(EventKind(entry.kind), entry.at, entry.tcn, entry.content_sha256, entry.envelope_sha256)
    known = entry.known or KnownNumbers()
    casework.record_within(connection, booking_id, event, fbi_numbers=known.fbi, state_id=known.state_id)


def _sealer(of: Keeping, kept: _Kept, outbound: Outbound, decoder: Decoder, to: SealedTo) -> Sealer:
    return Sealer(
        ledger=kept.ledger,
        prints=kept.prints,
        photos=kept.photos,
        tcns=kept.tcns,
        corrections=kept.corrected,
        outbound=outbound,
        decoder=decoder,
        signer=of.keys.signer,
        to=to,
        revocations=of.keys.revocations,
        clock=of.clock,
        say=of.live.say,
    )


def _records(
    of: Keeping, kept: _Kept, sealer: Sealer, outbound: Outbound, *, decoder: Decoder, desk: Desk, handover: CoreEnd, camera: Camera
) -> Records:
    importer = Importer(kept.ledger, kept.prints, decoder, _thresholds(of.settings), of.clock)
    parts = RecordsParts(kept.ledger, kept.prints, kept.photos, kept.corrected, kept.tcns, sealer, outbound, importer, decoder, of.clock)
    return Records(
        parts,
        camera=camera,
        say=of.live.say,
        wake=desk.wake,
        offer=handover.offer,
        note=of.audit.note,
        locked=partial(why_locked, of.database),
    )


def _thresholds(settings: Settings) -> QualityThresholds:
    return QualityThresholds.from_toml(read_toml(config_dir() / "quality.toml"), settings.capture.state)


def _meeting(paths: PathSettings) -> Path | socket.socket:
    """Where the uplink is met: systemd's socket, or a path of our own."""
    return next(iter(handed("handover")), paths.handover_socket)
