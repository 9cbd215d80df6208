"""The station's settings as the uplink's own value: it is given its TLS key and its sockets, and none of the core's keys."""

from __future__ import annotations

from datetime import timedelta

from agent.delivery.courier import CourierSettings
from agent.delivery.enrolment import EnrolmentSettings
from agent.delivery.mqtt import MqttSettings
from agent.delivery.pacing import Retry
from agent.settings import Settings
from agent.uplink import UplinkSettings

_MQTT = {"3.1.1": 4, "5": 5}  # to the protocol level of CONNECT (MQTT 3.1.2.2)


def uplink_settings(settings: Settings) -> UplinkSettings:
    keys, delivery = settings.paths.tls_keys, settings.delivery
    link = MqttSettings(
        host=settings.bureau.host,
        port=settings.bureau.port,
        client_id=settings.station.id,
        ca=keys / "ca" / "ca.crt",
        cert=keys / "station" / "tls.crt",
        key=keys / "station" / "tls.key",
        crl=keys / "ca" / "ca.crl",
        keepalive=delivery.keepalive,
        version=_MQTT[delivery.mqtt],
    )
    trust = settings.trust
    return UplinkSettings(
        station=settings.station.id,
        state=settings.paths.uplink_state,
        handover=settings.paths.handover_socket,
        mqtt=link,
        enrolment=EnrolmentSettings(keys, trust.est, trust.crl, timedelta(days=trust.renew_before)),
        fips_required=trust.fips_required,
        courier=CourierSettings(in_flight=delivery.in_flight, chunk=delivery.chunk, retry=Retry(delivery.retry_first, delivery.retry_most)),
    )
