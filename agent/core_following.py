"""The core's parts that follow a booking: what is owed about it, whether it was here before, when it is forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from agent.casework.detainers import Detainers
from agent.casework_desks import CaseParts, CaseworkDesks, casework_desks
from agent.core_keeping import Keeping
from agent.core_taking import Taking
from agent.gallery.desk import GalleryDesk
from agent.gallery.desk import Parts as GalleryParts
from agent.gallery.policy import load_policy
from agent.retention.desk import Parts as RetentionParts
from agent.retention.desk import RetentionDesk


@dataclass(frozen=True)
class Following:
    detainers: Detainers
    desks: CaseworkDesks
    gallery: GalleryDesk
    retention: RetentionDesk


def following_of(of: Keeping, taking: Taking) -> Following:
    """Raises ConfigError where the gallery's or the retention's policy cannot be read."""
    zone = ZoneInfo(of.settings.station.time_zone)
    detainers = Detainers(of.database, of.vault, of.clock, of.policy, zone)
    desks = casework_desks(
        CaseParts(
            settings=of.settings,
            database=of.database,
            vault=of.vault,
            clock=of.clock,
            policy=of.policy,
            casework=taking.casework,
            detainers=detainers,
            ledger=taking.ledger,
            prints=taking.prints,
            records=taking.records,
            decoder=taking.decoder,
            workers=taking.workers,
            say=of.live.say,
        )
    )
    taking.inbound.tell = desks.tasks.tell
    return Following(detainers, desks, _gallery(of, taking), _retention(of, detainers, zone))


def _gallery(of: Keeping, taking: Taking) -> GalleryDesk:
    return GalleryDesk(
        GalleryParts(taking.ledger, taking.prints, taking.decoder, of.clock, of.live.say, of.live.listen, of.audit.note, of.calm),
        of.state / "gallery",
        of.keys.storage_key,
        load_policy(of.settings.paths.gallery),
    )


def _retention(of: Keeping, detainers: Detainers, zone: ZoneInfo) -> RetentionDesk:
    return RetentionDesk(
        RetentionParts(
            database=of.database,
            vault=of.vault,
            clock=of.clock,
            zone=zone,
            station=of.settings.station.id,
            core=of.state,
            audit=of.record,
            policy=of.settings.paths.retention,
            signer=lambda: of.keys.signer,
            catch_up=of.feed.catch_up,
            let_go=of.audit_book.let_go,
            detainer_open=detainers.any_open,
        )
    )
