"""Whatever bytes arrive: an EnvelopeError, or facts of which at least one is false. Never another exception, never ok."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from asn1crypto import core
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.signing import auth_enveloped_data, cms_types, signed_data
from agent.signing.errors import EnvelopeError
from tests.signing import forge
from tests.signing.conftest import Instance

# cryptography warns that a later version will refuse what this one still parses; refusing is what we want.
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")

fuzz = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def accepted(instance: Instance, data: bytes) -> bool:
    try:
        return instance.open(data).facts.ok
    except EnvelopeError as error:
        assert "\n" not in str(error)
        return False


def flips(data: bytes, seed: int | None) -> Iterator[bytes]:
    """Every bit of every byte flipped once; with a seed only one bit of each byte."""
    chosen = random.Random(seed)
    for position in range(len(data)):
        for bit in range(8) if seed is None else [chosen.randrange(8)]:
            changed = bytearray(data)
            changed[position] ^= 1 << bit
            yield bytes(changed)


def every_signed_flip(instance: Instance, seed: int | None) -> Iterator[bytes]:
    """Flips below the encryption: what a sender who holds no signing key can do."""
    plain = signed_data.write(forge.sign(instance))
    return (forge.envelope(instance, changed) for changed in flips(plain, seed))


def test_one_flipped_bit_in_each_byte_of_an_envelope(instance: Instance) -> None:
    assert not any(accepted(instance, data) for data in flips(instance.seal().data, seed=1))


def test_one_flipped_bit_in_each_byte_below_the_encryption(instance: Instance) -> None:
    assert not any(accepted(instance, data) for data in every_signed_flip(instance, seed=1))


@pytest.mark.long
def test_every_flipped_bit_of_an_envelope(instance: Instance) -> None:
    assert not any(accepted(instance, data) for data in flips(instance.seal().data, seed=None))


@pytest.mark.long
def test_every_flipped_bit_below_the_encryption(instance: Instance) -> None:
    assert not any(accepted(instance, data) for data in every_signed_flip(instance, seed=None))


def test_every_truncation_and_one_byte_too_many(instance: Instance) -> None:
    data = instance.seal(b"short").data
    assert not any(accepted(instance, data[:length]) for length in range(len(data)))
    assert not accepted(instance, data + b"\0")
    assert not accepted(instance, data + data)
    assert not accepted(instance, forge.envelope(instance, signed_data.write(forge.sign(instance)) + b"\0"))


LONG = bytes(range(256)) * 400  # more than either half of an envelope may have beside its content: it is read without it


def at_its_ends(data: bytes, seed: int) -> Iterator[bytes]:
    """One bit flipped in bytes before, in and behind the long content."""
    chosen = random.Random(seed)
    before, behind = range(0, 450, 2), range(len(data) - 1200, len(data), 7)
    for position in (*before, *(chosen.randrange(len(data)) for _ in range(10)), *behind):
        changed = bytearray(data)
        changed[position] ^= 1 << chosen.randrange(8)
        yield bytes(changed)


def test_a_long_file_comes_out_as_it_was(instance: Instance) -> None:
    opened = instance.open(instance.seal(LONG).data)
    assert opened.facts.ok
    assert opened.content == LONG
    assert opened.content_sha256 == hashlib.sha256(LONG).hexdigest()


def test_one_flipped_bit_in_what_is_around_a_long_file(instance: Instance) -> None:
    plain = signed_data.write(forge.sign(instance, content=LONG))
    assert accepted(instance, forge.envelope(instance, plain))
    assert not any(accepted(instance, data) for data in at_its_ends(instance.seal(LONG).data, seed=1))
    assert not any(accepted(instance, forge.envelope(instance, changed)) for changed in at_its_ends(plain, seed=2))


def test_a_long_file_cut_off_or_with_something_behind(instance: Instance) -> None:
    sealed, plain = instance.seal(LONG).data, signed_data.write(forge.sign(instance, content=LONG))
    for length in (*range(1, 700, 3), *range(len(sealed) - 100, len(sealed)), len(sealed) // 2):
        assert not accepted(instance, sealed[:length])
    for length in (*range(1, 700, 9), *range(len(plain) - 100, len(plain), 3), len(plain) // 2):
        assert not accepted(instance, forge.envelope(instance, plain[:length]))
    assert not accepted(instance, sealed + b"\0")
    assert not accepted(instance, forge.envelope(instance, plain + b"\0"))


def test_the_headers_around_a_long_file_have_one_spelling(instance: Instance) -> None:
    data = instance.seal(LONG).data
    assert data[1] == 0x83
    assert not accepted(instance, data[:1] + b"\x84\x00" + data[2:])


def test_a_long_string_that_is_not_the_file(instance: Instance) -> None:
    """In the place of the certificate, beside a short file."""
    elsewhere = cms_types.AlgorithmIdentifier({"algorithm": cms_types.ID_DATA, "parameters": core.OctetString(LONG)}).dump()
    plain = signed_data.write(replace(forge.sign(instance), certificate=elsewhere))
    with pytest.raises(EnvelopeError, match="Another part of the envelope"):
        instance.open(forge.envelope(instance, plain))


@fuzz
@given(data=st.binary(max_size=400))
def test_any_bytes(instance: Instance, data: bytes) -> None:
    assert not accepted(instance, data)


@fuzz
@given(data=st.binary(max_size=400))
def test_any_bytes_below_the_encryption(instance: Instance, data: bytes) -> None:
    assert not accepted(instance, forge.envelope(instance, data))


@fuzz
@given(start=st.integers(0, 2000), length=st.integers(0, 80), new=st.binary(max_size=40))
def test_bytes_replaced_inserted_or_cut_out(instance: Instance, start: int, length: int, new: bytes) -> None:
    plain = signed_data.write(forge.sign(instance))
    changed = plain[:start] + new + plain[start + length :]
    assert changed == plain or not accepted(instance, forge.envelope(instance, changed))
    sealed = forge.envelope(instance, plain)
    changed = sealed[:start] + new + sealed[start + length :]
    assert changed == sealed or not accepted(instance, changed)


# DER and BER trees: well-formed elements in a place where nobody expects them.
primitive = st.tuples(
    st.sampled_from([0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0C, 0x13, 0x17, 0x18, 0x1E, 0x80, 0x81]), st.binary(max_size=20)
)


def tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x84]) + size.to_bytes(4, "big")
    return bytes([tag]) + length + content


trees = st.recursive(
    primitive.map(lambda item: tlv(*item)),
    lambda inner: st.tuples(st.sampled_from([0x24, 0x30, 0x31, 0xA0, 0xA1, 0xA2]), st.lists(inner, max_size=5)).map(
        lambda item: tlv(item[0], b"".join(item[1]))
    ),
    max_leaves=25,
)


@fuzz
@given(tree=trees, cut=st.integers(0, 2000))
def test_foreign_elements_in_place_of_ours(instance: Instance, tree: bytes, cut: int) -> None:
    for oid, read in ((cms_types.ID_CT_AUTH_ENVELOPED_DATA, auth_enveloped_data.read), (cms_types.ID_SIGNED_DATA, signed_data.read)):
        label = core.ObjectIdentifier(oid).dump()
        with pytest.raises(EnvelopeError):
            read(tlv(0x30, label + tlv(0xA0, tree)))
    plain = signed_data.write(forge.sign(instance))
    cut %= len(plain)
    assert not accepted(instance, forge.envelope(instance, plain[:cut] + tree + plain[cut + len(tree) :]))


@fuzz
@given(tree=trees)
def test_hostile_signed_attributes(instance: Instance, tree: bytes) -> None:
    """Rightly signed by a certified station that is broken or taken over."""
    try:
        data = forge.envelope(instance, forge.sign(instance, raw=lambda der: tlv(0x31, tree)))
    except (ValueError, TypeError):
        return  # asn1crypto refuses to write it
    assert not accepted(instance, data)


# --- a second spelling of the same envelope


def long_length(data: bytes) -> bytes:
    """The outermost length in one octet more than it needs."""
    assert data[1] == 0x82
    return data[:1] + b"\x83\x00" + data[2:]


def test_only_one_spelling_is_read(instance: Instance) -> None:
    plain = signed_data.write(forge.sign(instance))
    assert not accepted(instance, long_length(instance.seal().data))
    assert not accepted(instance, forge.envelope(instance, long_length(plain)))
    indefinite = b"\x30\x80" + plain[4:] + b"\0\0"
    assert not accepted(instance, forge.envelope(instance, indefinite))


# --- bytes that would keep a parser busy

LARGE = auth_enveloped_data.SIZE_LIMIT - 200
LABEL = bytes.fromhex("060b2a864886f70d0109100117")
MANY = b"\x05\x00" * (LARGE // 2)
BUSY = {
    "one byte too large": bytes(auth_enveloped_data.SIZE_LIMIT + 1),
    "zeros": bytes(LARGE),
    "an object identifier of 64 MiB": tlv(0x30, tlv(0x06, b"\x81" * LARGE)),
    "an integer of 64 MiB": tlv(0x30, LABEL + tlv(0xA0, tlv(0x30, tlv(0x02, b"\x7f" * LARGE)))),
    "millions of recipients": tlv(0x30, LABEL + tlv(0xA0, tlv(0x30, b"\x02\x01\x00" + tlv(0x31, MANY)))),
    "millions of elements of indefinite length": b"\x30\x80" + LABEL + b"\xa0\x80" + MANY,
    "millions of nested elements": b"\x30\x80" * (LARGE // 2),
}


@pytest.mark.parametrize("case", BUSY)
def test_no_envelope_keeps_the_reader_busy(case: str) -> None:
    began = time.process_time()
    with pytest.raises(EnvelopeError):
        auth_enveloped_data.read(BUSY[case])
    assert time.process_time() - began < 2  # seconds; each takes milliseconds


@fuzz
@given(tag=st.sampled_from([0x17, 0x18]), text=st.from_regex(r"[0-9]{8,16}(\.[0-9]{0,7})?(Z|[+-][0-9]{2,4})?", fullmatch=True))
def test_any_signing_time(instance: Instance, tag: int, text: str) -> None:
    """Rightly signed, so that it is read to the end: whatever the time, an answer and no other exception."""

    def raw(der: bytes) -> bytes:
        items = [item for item in cms_types.SignedAttributes.load(der) if item["attr_type"].dotted != cms_types.ID_SIGNING_TIME]
        value = cms_types.EncodedSet(contents=tlv(tag, text.encode()))
        items.append(cms_types.Attribute({"attr_type": cms_types.ID_SIGNING_TIME, "attr_values": value}))
        return bytes(cms_types.SignedAttributes(items).dump())

    accepted(instance, forge.envelope(instance, forge.sign(instance, raw=raw)))
