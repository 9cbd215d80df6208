"""The training bureau's scripted answers in a state's own form: an ANSI/NIST carrier, or a plain text. Pure; the table is the state's.

Written from the table alone; what reads them (`submission.reply_forms`) shares nothing with it but that.
"""

from __future__ import annotations

from agent.nist.codec import build
from agent.nist.records import Field, Transaction
from agent.nist.reply_table import Form, Item, Means, Place, ReplyTable
from agent.nist.write import items_field, list_field, tagged_record, text_field, transaction
from agent.submission.build import in_order, type1_fields
from agent.submission.other_images import photo_record
from agent.submission.replies import MAX_ENCOUNTERS, Encounter, ReplyHead
from agent.training.scenario import Scripted, Spoken
from agent.training.scripted_replies import FBI_NUMBER, IAR_TEXT, STATE_ID, encounter, photo

_MEANS = {
    Spoken.SIX_ENCOUNTERS: Means.IDR_MATCH,
    Spoken.CONTRADICTION: Means.IDR_NO_MATCH,
    **{said: Means(said.value) for said in Spoken if said.value in list(Means)},
}
_FINDING = {  # 2.059 SRF
    Means.SRE_IDENT: "I",
    Means.IDR_MATCH: "I",
    Means.STATE_IDENT: "I",
    Means.SRE_UNCLEAR: "Z",
    Means.IDR_ERROR: "D",
    Means.IAR: "I",
}
NOBODYS_WORDS = "SHARED SERVICES RESPONSE 7"


def written(said: Scripted, request: Transaction, head: ReplyHead, table: ReplyTable) -> bytes:
    """One answer in the form of that table."""
    return _carrier(said, request, head, table) if table.form is Form.SRE else _mail(said, request, head, table)


def _result(said: Scripted, table: ReplyTable) -> str:
    """The bureau's own words; for what nobody knows, words that stand in no table."""
    means = _MEANS.get(said.says)
    return next((words for words, one in table.results.items() if one is means), NOBODYS_WORDS)


def _encounters(said: Scripted) -> list[Encounter]:
    count = {Spoken.SIX_ENCOUNTERS: MAX_ENCOUNTERS + 1, Spoken.CONTRADICTION: 1}.get(said.says, said.encounters)
    return [encounter(number) for number in range(1, count + 1)]


def _determination(said: Scripted) -> str:
    return said.iar or (IAR_TEXT if said.says is Spoken.IAR else "")


def _values(one: Encounter) -> dict[Item, str]:
    values = (one.name, one.date_of_birth, one.place_of_birth, one.sex, one.locator)
    return dict(zip(Item, values, strict=True))


# an SRE or ERRT of EBTS with the state's own fields


def _carrier(said: Scripted, request: Transaction, head: ReplyHead, table: ReplyTable) -> bytes:
    tot = "ERRT" if said.says is Spoken.ERRT else "SRE"
    asked = request.first(2)
    assert asked is not None
    fields = {} if "OCA" not in head.tied_by else {9: text_field(2, 9, asked.text(9) or "")}
    means = _MEANS.get(said.says)
    own = [text_field(2, 59, _FINDING.get(means, "N") if means else "N"), *_state_fields(said, table), *_numbers(said)]
    if said.messages:
        own.append(list_field(2, 60, said.messages))
    fields |= {one.number: one for one in own}
    pictures = [photo_record(idc, photo(), source=request.type1.text(7) or "", zone=head.time_zone) for idc in range(1, said.photos + 1)]
    type1 = type1_fields(
        tot=tot,
        tcn=head.tcn,
        made_at=head.made_at,
        dai=request.type1.text(8) or "",
        ori=request.type1.text(7) or "",
        time_zone=head.time_zone,
        tcr=request.tcn if "TCR" in head.tied_by else None,
    )
    return build(transaction(in_order(type1), [tagged_record(2, [text_field(2, 2, "00"), *in_order(fields)]), *pictures]))


def _state_fields(said: Scripted, table: ReplyTable) -> list[Field]:
    found = [text_field(2, _number(table, Place.RESULT), _result(said, table))]
    rows = [[_values(one)[item] for item in table.items] for one in _encounters(said)]
    if rows:
        found.append(items_field(2, _number(table, Place.ENCOUNTER), rows))
    if text := _determination(said):
        found.append(text_field(2, _number(table, Place.DETERMINATION), text))
    return found


def _numbers(said: Scripted) -> list[Field]:
    if said.says is Spoken.SRE_IDENT:
        return [text_field(2, 14, FBI_NUMBER), text_field(2, 15, STATE_ID)]
    return [text_field(2, 15, STATE_ID)] if said.says is Spoken.STATE_IDENT else []


def _number(table: ReplyTable, place: Place) -> int:
    return int(table.tags[place].partition(".")[2])


# plain text


def _mail(said: Scripted, request: Transaction, head: ReplyHead, table: ReplyTable) -> bytes:
    asked = request.first(2)
    assert asked is not None
    place = table.lines
    lines = [f"{place[Place.TCN]}: {head.tcn}"]
    lines += [f"{place[Place.TCR]}: {request.tcn}"] if "TCR" in head.tied_by else []
    lines += [f"{place[Place.OCA]}: {asked.text(9) or ''}"] if "OCA" in head.tied_by else []
    lines += [f"{place[Place.SID]}: {STATE_ID}"] if said.says in (Spoken.SRE_IDENT, Spoken.STATE_IDENT) else []
    lines += [f"{place[Place.RESULT]}: {_result(said, table)}", *(f"{place[Place.MESSAGE]}: {one}" for one in said.messages), ""]
    for one in _encounters(said):
        lines += [place[Place.ENCOUNTER], *(f"{table.labels[item]}: {value}" for item, value in _values(one).items())]
    text = _determination(said)
    lines += [place[Place.DETERMINATION], text] if text else [""]
    return "\r\n".join(lines).encode()
