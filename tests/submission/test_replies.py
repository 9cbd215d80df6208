"""Replies written by a bureau and read by the station. An IDR/IAR of profile 1 is no FBI or DHS format."""

from __future__ import annotations

import re
from dataclasses import replace

import nistitl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.model.messages import Reply, ReplyKind
from agent.nist.check import check
from agent.nist.codec import build, parse
from agent.submission import replies
from agent.submission.errors import SubmissionError
from agent.submission.read_reply import BureauRule, classify, encounters, read_reply
from agent.submission.replies import Encounter, ReplyHead
from tests.nist.samples import MADE_AT, TCN, Content, a_car, changed

HEAD = ReplyHead("SIB-0000000001", MADE_AT)
TWO = (Encounter("ROE,JACK", "19800229", "MM", "M", "FIN 1234567890"), Encounter("DOE,JOHN"))


def read(data: bytes) -> Reply:
    return read_reply(data, received_at=MADE_AT)


MADE: dict[str, tuple[bytes, ReplyKind]] = {
    "SRE, identified": (replies.build_sre(a_car(), HEAD, identified=True, fbi_number="123456AB7", state_id="NY12345678"), ReplyKind.SRE),
    "SRE, not identified": (replies.build_sre(a_car(), HEAD, identified=False), ReplyKind.SRE),
    "SRE, LESC not searched": (replies.build_sre(a_car(), HEAD, identified=False, messages=["M0017: QUOTA"]), ReplyKind.SRE),
    "ERRT": (replies.build_errt(a_car(), HEAD, messages=["L0118: OUT OF SEQUENCE", "L0008: QUALITY"]), ReplyKind.ERRT),
    "IDR, no match": (replies.build_idr_no_match(a_car(), HEAD), ReplyKind.IDR_NO_MATCH),
    "IDR, match with two encounters": (replies.build_idr_match(a_car(), HEAD, encounters=TWO), ReplyKind.IDR_MATCH),
    "IDR, match without encounters": (replies.build_idr_match(a_car(), HEAD, encounters=()), ReplyKind.IDR_MATCH),
    "IDR and IAR in one": (replies.build_idr_match(a_car(), HEAD, encounters=TWO, iar="LINE ONE\r\nLINE TWO"), ReplyKind.IDR_MATCH),
    "IAR alone": (replies.build_iar(a_car(), HEAD, text="LINE ONE\r\nLINE TWO"), ReplyKind.IAR),
    "IDR, error": (replies.build_idr_error(a_car(), HEAD, text="IDENT | NOT = AVAILABLE; 100%"), ReplyKind.IDR_ERROR),
}


@pytest.mark.parametrize(("data", "kind"), MADE.values(), ids=MADE)
def test_reply_is_read_as_what_it_was_written_as(data: bytes, kind: ReplyKind) -> None:
    reply = read(data)
    assert (reply.kind, reply.tcn, reply.tcr, reply.oca) == (kind, "SIB-0000000001", TCN, "20261124-7K3M9Q2X")


@pytest.mark.parametrize(("data", "kind"), MADE.values(), ids=MADE)
def test_reply_passes_the_check_and_is_written_back(data: bytes, kind: ReplyKind) -> None:
    assert check(parse(data), "ERRT" if kind is ReplyKind.ERRT else "SRE") == []
    assert build(parse(data)) == data


@pytest.mark.parametrize(("data", "kind"), MADE.values(), ids=MADE)
def test_independent_reader_reads_the_reply(data: bytes, kind: ReplyKind) -> None:
    message = nistitl.Message()
    message.parse(data)
    record, ours = message[(2, 0)], parse(data).first(2)
    assert ours is not None
    for field in ours.fields[2:]:
        assert bytes(record[field.number].NIST).decode("latin-1") == f"{field.tag}:{field.text}"


def test_agencies_change_places() -> None:
    head = parse(MADE["SRE, identified"][0]).type1
    assert (head.text(7), head.text(8)) == ("NY0303000", "NYSIB0000")


def test_senders_own_fields_are_returned_unchanged() -> None:
    type2 = parse(MADE["SRE, identified"][0]).first(2)
    assert type2 is not None
    assert {number: type2.text(number) for number in (6, 9, 18, 40, 41, 73, 2007, 2008)} == {
        6: "RECORDS DESK",
        9: "20261124-7K3M9Q2X",
        18: "DOE-ROE,JOHN ALEXANDER",
        40: "PLUMBER",
        41: "1 EXAMPLE STREET, NOWHERE NY",
        73: "NY0303000",
        2007: "19800229",
        2008: "DOE-ROE,JOHN ALEXANDER",
    }


def test_numbers_are_read_from_an_identification() -> None:
    reply = read(MADE["SRE, identified"][0])
    assert (reply.fbi_number, reply.state_id, reply.facts["SRF"]) == ("123456AB7", "NY12345678", "I")


def test_messages_of_a_rejection_are_kept_each_on_a_line() -> None:
    assert read(MADE["ERRT"][0]).facts["MSG"] == "L0118: OUT OF SEQUENCE\nL0008: QUALITY"


def test_notice_that_lesc_was_not_searched_is_a_fact() -> None:
    assert read(MADE["SRE, LESC not searched"][0]).facts["LESC"] == "M0017"


def test_encounters_are_read_as_they_were_written() -> None:
    assert encounters(parse(MADE["IDR and IAR in one"][0])) == TWO
    assert encounters(parse(MADE["SRE, identified"][0])) == ()


def test_text_of_lesc_is_kept_word_for_word() -> None:
    assert read(MADE["IAR alone"][0]).facts["IAR"] == "LINE ONE\r\nLINE TWO"
    assert read(MADE["IDR and IAR in one"][0]).facts["IAR"] == "LINE ONE\r\nLINE TWO"


@pytest.mark.parametrize("name", ["IDR, no match", "IDR, match with two encounters", "IDR, error"])
def test_immigration_response_is_labelled_as_no_official_format(name: str) -> None:
    assert b"NOT AN FBI OR DHS FORMAT" in MADE[name][0]


def test_six_encounters_are_refused() -> None:
    with pytest.raises(SubmissionError, match="5"):
        replies.build_idr_match(a_car(), HEAD, encounters=[Encounter()] * 6)


def test_transaction_without_a_person_cannot_be_answered() -> None:
    from agent.nist.write import text_field, transaction

    with pytest.raises(SubmissionError, match="Type-2"):
        replies.build_sre(transaction([text_field(1, 2, "0502")], []), HEAD, identified=False)


NO_MATCH = MADE["IDR, no match"][0]
SRE = MADE["SRE, not identified"][0]
SIGNED = "IDR/1|NOT AN FBI OR DHS FORMAT"
UNCLEAR: dict[str, tuple[bytes, dict[int, Content]]] = {
    "no result line": (NO_MATCH, {2023: SIGNED}),
    "unknown result line": (NO_MATCH, {2023: f"{SIGNED}|NOMATCH"}),
    "no match in small letters": (NO_MATCH, {2023: f"{SIGNED}|no match"}),
    "no match with an encounter": (NO_MATCH, {2023: f"{SIGNED}|NO MATCH|ENC 1;NAM=ROE,JACK"}),
    "no match and found": (NO_MATCH, {59: "I"}),
    "no match without a finding": (NO_MATCH, {59: None}),
    "no match with a text of LESC": (NO_MATCH, {75: "IAR/1\r\nTEXT"}),
    "match and not found": (NO_MATCH, {2023: f"{SIGNED}|MATCH 0"}),
    "fewer encounters than counted": (NO_MATCH, {59: "I", 2023: f"{SIGNED}|MATCH 2|ENC 1;NAM=ROE,JACK"}),
    "six encounters": (NO_MATCH, {59: "I", 2023: f"{SIGNED}|MATCH 6" + "".join(f"|ENC {i}" for i in range(1, 7))}),
    "another version": (NO_MATCH, {2023: "IDR/2|NOT AN FBI OR DHS FORMAT|NO MATCH"}),
    "free text": (NO_MATCH, {2023: "NO MATCH IN IDENT"}),
    "unknown supplementary information in a plain SRE": (SRE, {2023: "SOMETHING ELSE"}),
    "no finding": (SRE, {59: None}),
    "empty finding": (SRE, {59: ""}),
    "unknown finding": (SRE, {59: "Q"}),
    "two findings": (SRE, {59: ["N", "N"]}),
}


@pytest.mark.parametrize(("data", "changes"), UNCLEAR.values(), ids=UNCLEAR)
def test_unclear_reply_goes_to_a_person(data: bytes, changes: dict[int, Content]) -> None:
    kind, facts = classify(changed(parse(data), 2, changes))
    assert kind is ReplyKind.UNCLASSIFIED
    assert facts["WHY"]


def test_other_type_of_transaction_goes_to_a_person() -> None:
    assert classify(changed(parse(SRE), 1, {4: "UHN"})).kind is ReplyKind.UNCLASSIFIED


@pytest.mark.parametrize("data", [b"", b"From: bureau\r\n\r\nNO MATCH", SRE[:-1]], ids=["nothing", "a mail", "cut short"])
def test_bytes_that_are_no_file_go_to_a_person(data: bytes) -> None:
    reply = read(data)
    assert (reply.kind, reply.tcr, reply.oca) == (ReplyKind.UNCLASSIFIED, None, None)
    assert reply.facts["WHY"]


def test_line_ends_do_for_bars() -> None:
    tx = changed(parse(NO_MATCH), 2, {2023: "IDR/1\r\nNOT AN FBI OR DHS FORMAT\r\nNO MATCH\r\n"})
    assert classify(tx).kind is ReplyKind.IDR_NO_MATCH


def test_bureaus_own_rule_comes_first() -> None:
    rule = BureauRule("SRE", 88, re.compile("DHS IDENTIFICATION RESPONSE"), ReplyKind.IDR_MATCH)
    tx = changed(parse(SRE), 2, {88: "DHS IDENTIFICATION RESPONSE FOLLOWS"})
    assert classify(tx, [rule]).kind is ReplyKind.IDR_MATCH
    assert classify(parse(SRE), [rule]).kind is ReplyKind.SRE
    assert classify(tx, [replace(rule, tot="ERRT")]).kind is ReplyKind.SRE


@given(st.text(max_size=60).filter(lambda text: not set(text) & set("\x1c\x1d\x1e\x1f")), st.sampled_from(["N", "I", None]))
@settings(max_examples=200, deadline=None)
def test_no_noise_is_ever_a_no_match(noise: str, finding: str | None) -> None:
    noise = noise.encode("utf-8", "replace").decode()
    tx = changed(parse(SRE), 2, {2023: f"IDR/1|{noise}" if noise != "NO MATCH" else "IDR/1", 59: finding})
    assert classify(tx).kind is not ReplyKind.IDR_NO_MATCH or "NO MATCH" in re.split(r"[|\r\n]+", noise)


@given(st.lists(st.builds(Encounter, *[st.text(st.characters(exclude_categories=["Cs"]), max_size=15)] * 5), max_size=5))
@settings(max_examples=60, deadline=None)
def test_any_encounter_is_read_as_it_was_written(listed: list[Encounter]) -> None:
    data = replies.build_idr_match(a_car(), HEAD, encounters=listed)
    assert encounters(parse(data)) == tuple(listed)
    assert read(data).kind is ReplyKind.IDR_MATCH


@given(st.binary(max_size=12), st.integers(0, len(NO_MATCH) - 1))
@settings(max_examples=150, deadline=None)
def test_mutated_reply_is_read_without_an_error(noise: bytes, at: int) -> None:
    assert read(NO_MATCH[:at] + noise + NO_MATCH[at + len(noise) :]).received_at == MADE_AT
