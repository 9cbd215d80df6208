"""Sealed by one, opened by the other; everything a careful recipient must refuse, by name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import core
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.model.messages import Environment, MessageKind, Routing
from agent.signing import certificates, cms_types, seal, signed_data, verify
from agent.signing.attributes import REMARKS_LIMIT, ROUTING_ATTRIBUTES
from agent.signing.certificates import Purpose, Role
from agent.signing.errors import EnvelopeError, SealError
from agent.signing.private_keys import FileOpener, FileSigner
from agent.signing.training_keys import load_training_ca
from agent.signing.verify import Verification
from tests.signing import forge
from tests.signing.conftest import CONTENT, NOW, Instance


def false_facts(facts: Verification) -> set[str]:
    names = ("intact", "valid", "trusted", "in_date", "environment_ok", "role_ok", "recipient_ok")
    return {name for name in names if not getattr(facts, name)}


def test_a_transaction_comes_out_as_it_went_in(instance: Instance) -> None:
    envelope = instance.seal()
    opened = instance.open(envelope.data)
    assert opened.facts.ok
    assert opened.facts.reasons == ()
    assert opened.content == CONTENT
    assert opened.routing == envelope.routing == instance.routing()
    assert opened.content_sha256 == envelope.content_sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert envelope.envelope_sha256 == hashlib.sha256(envelope.data).hexdigest()
    assert opened.signer == instance.station.signer.certificate
    assert opened.signed_at == NOW


@pytest.mark.parametrize("remarks", ["", '{"format":"livescan-remarks/1"}', "ü" * (REMARKS_LIMIT // 2)], ids=["none", "some", "the most"])
def test_what_the_station_says_beside_the_file_is_signed_with_it(instance: Instance, remarks: str) -> None:
    station = instance.station
    envelope = seal.seal(CONTENT, instance.routing(), signer=station.signer, recipient=station.bureau, now=NOW, remarks=remarks)
    opened = instance.open(envelope.data)
    assert opened.facts.ok
    assert opened.remarks == remarks
    assert opened.content == CONTENT


def test_remarks_without_end_are_not_sealed(instance: Instance) -> None:
    station, remarks = instance.station, "x" * (REMARKS_LIMIT + 1)
    with pytest.raises(SealError, match="remarks have more than"):
        seal.seal(CONTENT, instance.routing(), signer=station.signer, recipient=station.bureau, now=NOW, remarks=remarks)


@pytest.mark.parametrize("kind", [MessageKind.RECEIPT, MessageKind.REPLY])
def test_receipts_and_replies_travel_back_to_the_station(instance: Instance, kind: MessageKind) -> None:
    routing = instance.routing(kind)
    bureau = instance.bureau
    envelope = seal.seal(b"{}", routing, signer=bureau.signer, recipient=bureau.station("LS-0001"), now=NOW)
    keys = instance.station
    opened = verify.open_envelope(
        envelope.data, openers=keys.openers, trust=keys.ca, expect=keys.environment, now=NOW, expect_role=Role.BUREAU
    )
    assert opened.facts.ok
    assert opened.routing.kind is kind


def test_sealing_twice_gives_two_envelopes_of_one_content(instance: Instance) -> None:
    first, second = instance.seal(), instance.seal()
    assert first.content_sha256 == second.content_sha256
    assert first.envelope_sha256 != second.envelope_sha256


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=5000), tcn=st.from_regex(r"[ -~]{1,64}", fullmatch=True))
def test_any_file_and_any_control_number(instance: Instance, content: bytes, tcn: str) -> None:
    opened = instance.open(instance.seal(content, instance.routing(tcn=tcn)).data)
    assert opened.facts.ok
    assert (opened.content, opened.routing.tcn) == (content, tcn)


def test_every_length_of_a_file(instance: Instance) -> None:
    """asn1crypto 1.5.1 takes a length that ends in 0x80 for an indefinite one and writes the element again: nothing may suffer."""
    for length in range(600):
        content = bytes(length)
        opened = instance.open(instance.seal(content).data)
        assert opened.facts.ok
        assert opened.content == content


def test_nothing_of_content_or_routing_shows_outside(instance: Instance) -> None:
    data = instance.seal(b"SURNAME,GIVEN" * 10).data
    assert all(secret not in data for secret in (b"SURNAME", b"LS-0001", b"transaction"))


# --- opening keys


def test_a_retired_opening_key_still_opens_a_late_envelope(instance: Instance) -> None:
    late = instance.seal()
    fresh = forge.signer_of(instance, "SIB-TRAINING", Role.BUREAU, Purpose.OPENING)
    current = FileOpener(fresh.certificate, fresh._key)
    openers = (current, *instance.bureau.openers)
    opened = verify.open_envelope(late.data, openers=openers, trust=instance.bureau.ca, expect=Environment.TRAINING, now=NOW)
    assert opened.facts.ok


def test_an_envelope_for_somebody_else_is_refused(instance: Instance, stranger: Instance) -> None:
    with pytest.raises(EnvelopeError, match="whose key is not here"):
        stranger.open(instance.seal().data)
    with pytest.raises(EnvelopeError, match="whose key is not here"):
        verify.open_envelope(instance.seal().data, openers=(), trust=instance.bureau.ca, expect=Environment.TRAINING, now=NOW)


def test_an_opening_key_that_is_not_that_of_its_certificate_does_not_open(instance: Instance) -> None:
    wrong = FileOpener(instance.bureau.openers[0].certificate, ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(EnvelopeError, match="does not decrypt"):
        verify.open_envelope(instance.seal().data, openers=(wrong,), trust=instance.bureau.ca, expect=Environment.TRAINING, now=NOW)


# --- facts that do not hold, one at a time


def test_another_file_under_the_same_signature(instance: Instance) -> None:
    signed = replace(forge.sign(instance), content=b"another person")
    opened = instance.open(forge.envelope(instance, signed))
    assert false_facts(opened.facts) == {"intact"}
    assert opened.facts.reasons == ("The file is not the one that was signed.",)


def test_a_signature_by_another_key(instance: Instance) -> None:
    false = FileSigner(instance.station.signer.certificate, ec.generate_private_key(ec.SECP256R1()))
    opened = instance.open(forge.envelope(instance, forge.sign(instance, signer=false)))
    assert false_facts(opened.facts) == {"valid"}
    assert opened.facts.reasons == ("The signature does not hold.",)


def test_another_certificate_for_the_same_key(instance: Instance) -> None:
    """RFC 5035: the signed attributes name the certificate, so that it cannot be exchanged."""
    other = forge.signer_of(instance, "LS-0001", Role.STATION)
    opened = instance.open(forge.envelope(instance, forge.sign(instance, certificate=other.certificate)))
    assert false_facts(opened.facts) == {"valid"}
    assert opened.facts.reasons == ("The certificate in the envelope is not the one that was signed.",)


def test_a_station_of_another_authority(instance: Instance, stranger: Instance) -> None:
    opened = instance.open(forge.envelope(instance, forge.sign(instance, signer=stranger.station.signer)))
    assert false_facts(opened.facts) == {"trusted"}
    assert "not issued by the certificate authority" in opened.facts.reasons[0]


@pytest.mark.parametrize("purpose", [Purpose.CLIENT, Purpose.SERVER, Purpose.OPENING])
def test_a_certificate_for_something_else_cannot_sign(instance: Instance, purpose: Purpose) -> None:
    other = forge.signer_of(instance, "LS-0001", Role.STATION, purpose)
    opened = instance.open(forge.envelope(instance, forge.sign(instance, signer=other)))
    assert false_facts(opened.facts) == {"trusted"}
    assert "is not for signing" in opened.facts.reasons[0]


def test_the_authority_itself_cannot_sign(instance: Instance) -> None:
    ca = load_training_ca(instance.directory)
    opened = instance.open(forge.envelope(instance, forge.sign(instance, signer=FileSigner(ca.certificate, ca.key))))
    assert "trusted" in false_facts(opened.facts)


def test_a_leaf_is_no_authority(instance: Instance) -> None:
    data = instance.seal().data
    leaf = instance.station.signer.certificate
    opened = verify.open_envelope(data, openers=instance.bureau.openers, trust=leaf, expect=Environment.TRAINING, now=NOW)
    assert "trusted" in false_facts(opened.facts)


@pytest.mark.parametrize(("days", "word"), [(-1, "not valid before"), (366, "expired on")])
def test_a_certificate_out_of_date(instance: Instance, days: int, word: str) -> None:
    opened = instance.open(instance.seal().data, now=NOW + timedelta(days=days))
    assert false_facts(opened.facts) == {"in_date"}
    assert word in opened.facts.reasons[0]


def test_a_signing_time_before_the_certificate_began(instance: Instance) -> None:
    early = forge.sign(instance, change=lambda statement: replace(statement, signed_at=NOW - timedelta(days=2)))
    opened = instance.open(forge.envelope(instance, early))
    assert false_facts(opened.facts) == {"in_date"}


def test_training_and_production_never_mix(instance: Instance) -> None:
    opened = instance.open(instance.seal().data, expect=Environment.PRODUCTION)
    assert false_facts(opened.facts) == {"environment_ok"}
    assert opened.facts.reasons == ("The envelope is for training, this is production.",)


def test_production_refuses_a_training_authority(instance: Instance) -> None:
    data = forge.envelope(instance, forge.sign(instance, change=forge.for_production))
    opened = instance.open(data, expect=Environment.PRODUCTION)
    assert false_facts(opened.facts) == {"environment_ok"}
    assert opened.facts.reasons == ("The certificate authority is not one for production.",)


def test_a_station_cannot_pose_as_the_bureau(instance: Instance) -> None:
    routing = instance.routing(MessageKind.RECEIPT)
    keys = instance.station
    data = seal.encrypt(signed_data.write(forge.sign(instance, routing=routing)), keys.openers[0].certificate)
    opened = verify.open_envelope(data, openers=keys.openers, trust=keys.ca, expect=keys.environment, now=NOW)
    assert false_facts(opened.facts) == {"role_ok"}
    assert opened.facts.reasons == ("The signer is no bureau; only a bureau may sign a receipt.",)


def test_a_station_named_like_the_bureau_is_still_a_station(instance: Instance) -> None:
    routing = instance.routing(MessageKind.RECEIPT)
    keys = instance.station
    pretender = forge.signer_of(instance, "SIB-TRAINING", Role.STATION)
    data = seal.encrypt(signed_data.write(forge.sign(instance, routing=routing, signer=pretender)), keys.openers[0].certificate)
    opened = verify.open_envelope(data, openers=keys.openers, trust=keys.ca, expect=keys.environment, now=NOW)
    assert false_facts(opened.facts) == {"role_ok"}


def test_a_bureau_does_not_send_transactions(instance: Instance) -> None:
    opened = instance.open(forge.envelope(instance, forge.sign(instance, signer=instance.bureau.signer)))
    assert false_facts(opened.facts) == {"role_ok"}


def test_a_station_cannot_send_in_the_name_of_another(instance: Instance) -> None:
    other = forge.signer_of(instance, "LS-0002", Role.STATION)
    opened = instance.open(forge.envelope(instance, forge.sign(instance, signer=other)))
    assert false_facts(opened.facts) == {"role_ok"}
    assert "in whose name" in opened.facts.reasons[0]


def test_a_transaction_where_only_the_bureau_may_speak(instance: Instance) -> None:
    data, trust = instance.seal().data, instance.bureau.ca
    opened = verify.open_envelope(
        data, openers=instance.bureau.openers, trust=trust, expect=Environment.TRAINING, now=NOW, expect_role=Role.BUREAU
    )
    assert false_facts(opened.facts) == {"role_ok"}


def test_an_envelope_sealed_again_to_somebody_else_by_its_recipient(instance: Instance) -> None:
    opened = instance.open(forge.envelope(instance, forge.sign(instance, routing=instance.routing(recipient="OTHER-BUREAU"))))
    assert false_facts(opened.facts) == {"recipient_ok"}
    assert opened.facts.reasons == ("The signer meant it for another recipient.",)


def test_a_receipt_for_another_station(instance: Instance) -> None:
    keys = instance.station
    routing = instance.routing(MessageKind.RECEIPT, station="LS-0002")
    signed = forge.sign(instance, routing=routing, signer=instance.bureau.signer)
    data = seal.encrypt(signed_data.write(signed), keys.openers[0].certificate)
    opened = verify.open_envelope(data, openers=keys.openers, trust=keys.ca, expect=keys.environment, now=NOW)
    assert false_facts(opened.facts) == {"recipient_ok"}


def test_several_things_wrong_are_all_said(instance: Instance, stranger: Instance) -> None:
    signed = replace(forge.sign(instance, signer=stranger.station.signer), content=b"another")
    opened = instance.open(forge.envelope(instance, signed), expect=Environment.PRODUCTION)
    assert false_facts(opened.facts) == {"intact", "trusted", "environment_ok"}
    assert len(opened.facts.reasons) == 3


# --- signed attributes that are missing, doubled or nonsense


def edited(edit: Callable[[list[Any]], list[Any]]) -> Callable[[bytes], bytes]:
    def raw(der: bytes) -> bytes:
        return bytes(cms_types.SignedAttributes(edit(list(cms_types.SignedAttributes.load(der)))).dump())

    return raw


def with_value(oid: str, *values: bytes) -> Callable[[list[Any]], list[Any]]:
    """Replaces an attribute's values by these, DER."""

    def edit(items: list[Any]) -> list[Any]:
        kept = [item for item in items if item["attr_type"].dotted != oid]
        return [*kept, cms_types.Attribute({"attr_type": oid, "attr_values": cms_types.EncodedSet(contents=b"".join(values))})]

    return edit


def text(value: str) -> bytes:
    return bytes(core.UTF8String(value).dump())


SEVEN = bytes(core.Integer(7).dump())


@pytest.mark.parametrize("name", ROUTING_ATTRIBUTES)
def test_a_routing_attribute_is_missing(instance: Instance, name: str) -> None:
    raw = edited(lambda items: [item for item in items if item["attr_type"].dotted != ROUTING_ATTRIBUTES[name]])
    with pytest.raises(EnvelopeError, match=f"'{name}' is missing"):
        instance.open(forge.envelope(instance, forge.sign(instance, raw=raw)))


NONSENSE = {
    "a kind that does not exist": with_value(ROUTING_ATTRIBUTES["kind"], text("rumour")),
    "an environment that does not exist": with_value(ROUTING_ATTRIBUTES["environment"], text("Training")),
    "a station id with a slash": with_value(ROUTING_ATTRIBUTES["station"], text("LS/1")),
    "a station id with a newline": with_value(ROUTING_ATTRIBUTES["station"], text("LS-1\n")),
    "an empty control number": with_value(ROUTING_ATTRIBUTES["tcn"], text("")),
    "a number where text belongs": with_value(ROUTING_ATTRIBUTES["tcn"], SEVEN),
    "text that is not UTF-8": with_value(ROUTING_ATTRIBUTES["tcn"], b"\x0c\x02\xff\xfe"),
    "another content type": with_value(cms_types.ID_CONTENT_TYPE, core.ObjectIdentifier(cms_types.ID_SIGNED_DATA).dump()),
    "a signing time that is no time": with_value(cms_types.ID_SIGNING_TIME, b"\x17\x0d999999999999Z"),
    "a signing time without a zone": with_value(cms_types.ID_SIGNING_TIME, b"\x18\x0e20261124070000"),
    "a signing time in the year 0": with_value(cms_types.ID_SIGNING_TIME, b"\x18\x0f00000101000000Z"),
    "a signing time before the year 1 in UTC": with_value(cms_types.ID_SIGNING_TIME, b"\x18\x1300010101000000+1200"),
    "a signing certificate that is none": with_value(cms_types.ID_AA_SIGNING_CERTIFICATE_V2, SEVEN),
    "an attribute twice": lambda items: [*items, *with_value(ROUTING_ATTRIBUTES["tcn"], text("x"))([])],
    "two values of one attribute": with_value(ROUTING_ATTRIBUTES["tcn"], text("x"), text("y")),
    "no value of an attribute": with_value(ROUTING_ATTRIBUTES["tcn"]),
    "no attributes": lambda items: [],
}


@pytest.mark.parametrize("case", NONSENSE)
def test_signed_nonsense_is_refused(instance: Instance, case: str) -> None:
    with pytest.raises(EnvelopeError):
        instance.open(forge.envelope(instance, forge.sign(instance, raw=edited(NONSENSE[case]))))


def test_an_unknown_signed_attribute_is_let_be(instance: Instance) -> None:
    raw = edited(with_value("1.2.3.4", SEVEN))
    assert instance.open(forge.envelope(instance, forge.sign(instance, raw=raw))).facts.ok


def test_a_signing_certificate_with_its_issuer_and_policies_is_read(instance: Instance) -> None:
    """RFC 5035 3 and 4: both optional parts that other software writes."""
    own = instance.station.signer.certificate
    issuer_serial = cms_types.EncodedSequence(contents=own.issuer.public_bytes() + SEVEN)
    value = cms_types.SigningCertificateV2(
        {
            "certs": [{"cert_hash": certificates.sha256(own), "issuer_serial": issuer_serial}],
            "policies": cms_types.EncodedSequence(contents=b""),
        }
    )
    raw = edited(with_value(cms_types.ID_AA_SIGNING_CERTIFICATE_V2, value.dump()))
    assert instance.open(forge.envelope(instance, forge.sign(instance, raw=raw))).facts.ok


def test_a_signing_time_after_2049(instance: Instance) -> None:
    far = forge.sign(instance, change=lambda statement: replace(statement, signed_at=NOW.replace(year=2051)))
    opened = instance.open(forge.envelope(instance, far))
    assert opened.signed_at.year == 2051
    assert false_facts(opened.facts) == {"in_date"}


# --- what is never sealed


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"station": "LS-0002"}, "another station"),
        ({"recipient": "OTHER"}, "another name"),
        ({"kind": MessageKind.RECEIPT}, "does not sign a receipt"),
        ({"environment": Environment.PRODUCTION}, "not for production"),
        ({"tcn": ""}, "'tcn'"),
        ({"tcn": "Ä"}, "'tcn'"),
    ],
)
def test_what_would_be_refused_is_not_sealed(instance: Instance, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SealError, match=sentence):
        instance.seal(routing=replace(instance.routing(), **changes))


def test_an_expired_certificate_does_not_seal(instance: Instance) -> None:
    with pytest.raises(SealError, match="expired"):
        instance.seal(now=NOW + timedelta(days=400))


def test_nothing_is_sealed_to_a_signing_certificate(instance: Instance) -> None:
    with pytest.raises(SealError, match="not for opening"):
        seal.seal(b"", instance.routing(), signer=instance.station.signer, recipient=instance.bureau.signer.certificate, now=NOW)


def test_a_token_that_signs_wrongly_is_noticed(instance: Instance) -> None:
    false = FileSigner(instance.station.signer.certificate, ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(SealError, match="faulty"):
        seal.seal(b"", instance.routing(), signer=false, recipient=instance.station.bureau, now=NOW)


def test_a_file_that_is_too_large_is_not_sealed(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "SIZE_LIMIT", 100_000)
    with pytest.raises(SealError, match="bytes"):
        instance.seal(bytes(100_000))


def test_errors_carry_what_it_means_and_what_to_do(instance: Instance) -> None:
    with pytest.raises(EnvelopeError) as caught:
        instance.open(b"")
    assert caught.value.means
    assert caught.value.do
    assert "\n" not in str(caught.value)


def test_routing_survives_in_the_envelope_value(instance: Instance) -> None:
    assert isinstance(instance.seal().routing, Routing)
