"""What waits for a person: listed, read, tied to a booking, set aside; nothing dropped, each effect once."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.access.roles import Role
from agent.casework import cases, inbox, settling
from agent.casework import desk as casework_desk
from agent.casework.desk import Casework
from agent.casework.errors import InboxFull
from agent.casework.events import CaseEvent, EventKind
from agent.casework.inbox_desk import InboxDesk
from agent.casework.letters import Letter, read_letter
from agent.casework.settling import Decision, NotSettled
from agent.casework.taken import Taken
from agent.casework.tie import TiedBy
from agent.casework.viewing import Viewer, ViewRefused
from agent.clock import SetClock
from agent.model.booking import BookingId
from agent.model.grounds import Deed, Ground
from agent.model.messages import MessageKind
from agent.submission import replies
from agent.submission.replies import ReplyHead
from tests.casework.bench import BOOKING, NOW, POLICY, TCN, Desk, Office
from tests.casework.test_any_order import _empty

OTHER_TCN = "LS-0001-01KAZ0000000000000000000ZZ"
LIAISON, SUPERVISOR = (Role.RECORDS_LIAISON,), (Role.SUPERVISOR,)
TIE = Decision(Deed.TIED, Ground.BUREAU_SAID, "officer-07", BOOKING, words="the bureau named it on the telephone")
ASIDE = Decision(Deed.SET_ASIDE, Ground.NOT_OURS, "officer-07", words="of another agency")


def rid_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def orphan(office: Office, number: str = "SIB-0000000009") -> bytes:
    """A proven SRE that names none of our transactions."""
    nameless = ReplyHead(number, NOW, tied_by=frozenset())
    return office.send(replies.build_sre(office.request, nameless, identified=False), tcn=OTHER_TCN)


async def waiting(desk: Desk, digest: str, *messages: bytes) -> list[Taken]:
    """Sent without numbers, so that nothing ties by itself."""
    await desk.sent(digest, numbers=False)
    return [await desk.casework.take(rid_of(one), one) for one in messages]


def kinds(desk: Desk) -> list[EventKind]:
    return [event.kind for event in desk.casework.events(BOOKING)]


def test_a_person_ties_an_orphan_and_it_has_its_effect(desk: Desk, office: Office, digest: str) -> None:
    message = orphan(office)

    async def story() -> Taken:
        [taken] = await waiting(desk, digest, message)
        assert taken.manual == "It names no submission of this station."
        return await desk.casework.decided(rid_of(message), TIE)

    taken = asyncio.run(story())
    assert (taken.booking_id, taken.tcn, taken.tied_by, taken.manual) == (BOOKING, TCN, TiedBy.PERSON, None)
    assert kinds(desk).count(EventKind.SRE_NON_IDENT) == 1
    assert desk.casework.manual_queue() == ()
    assert desk.vault.get(BOOKING, f"rx-{rid_of(message)}") == message
    assert desk.vault.get(BOOKING, f"why-{rid_of(message)}").decode() == TIE.words
    assert desk.vault.bookings() == (BOOKING,)


def test_the_same_content_in_another_envelope_follows_what_was_decided(desk: Desk, office: Office, digest: str) -> None:
    first, again = orphan(office), orphan(office)
    assert first != again

    async def story() -> Taken:
        await waiting(desk, digest, first)
        await desk.casework.decided(rid_of(first), TIE)
        return await desk.casework.take(rid_of(again), again)

    taken = asyncio.run(story())
    assert (taken.booking_id, taken.manual) == (BOOKING, None)
    assert kinds(desk).count(EventKind.SRE_NON_IDENT) == 1


def test_what_was_set_aside_stays_so_and_is_kept(desk: Desk, office: Office, digest: str) -> None:
    first, again = orphan(office), orphan(office)

    async def story() -> Taken:
        await waiting(desk, digest, first)
        await desk.casework.decided(rid_of(first), ASIDE)
        return await desk.casework.take(rid_of(again), again)

    taken = asyncio.run(story())
    assert (taken.booking_id, taken.manual) == (None, None)
    assert EventKind.SRE_NON_IDENT not in kinds(desk)
    assert desk.casework.manual_queue() == ()
    assert desk.casework.original(rid_of(first)) == first


def test_another_reply_under_the_same_number_waits_again(desk: Desk, office: Office, digest: str) -> None:
    first = orphan(office)
    other = office.send(replies.build_sre(office.request, ReplyHead("SIB-0000000009", NOW), identified=True))

    async def story() -> Taken:
        await waiting(desk, digest, first)
        await desk.casework.decided(rid_of(first), TIE)
        return await desk.casework.take(rid_of(other), other)

    assert asyncio.run(story()).manual == "Its control number was used before for another reply."
    assert EventKind.SRE_IDENT not in kinds(desk)


def test_bytes_that_prove_nothing_are_filed_with_a_booking_and_have_no_effect(desk: Desk, office: Office, digest: str) -> None:
    forged = orphan(office)[:-1] + b"\0"
    before: list[EventKind] = []

    async def story() -> Taken:
        await waiting(desk, digest, forged)
        before.extend(kinds(desk))
        return await desk.casework.decided(rid_of(forged), TIE)

    taken = asyncio.run(story())
    assert (taken.booking_id, taken.verified) == (BOOKING, False)
    assert kinds(desk) == before
    assert desk.vault.get(BOOKING, f"rx-{rid_of(forged)}") == forged


def test_no_person_makes_a_receipt(desk: Desk, office: Office, digest: str) -> None:
    """About other bytes: tied by a person it is filed, and releases nothing."""
    receipt = office.receipt("0" * 64)

    async def story() -> Taken:
        await waiting(desk, digest, receipt)
        return await desk.casework.decided(rid_of(receipt), TIE)

    assert asyncio.run(story()).release_txid is None
    assert EventKind.RECEIVED not in kinds(desk)


@pytest.mark.parametrize(
    ("decision", "sentence"),
    [
        (Decision(Deed.TIED, Ground.CONTENT, "o", BookingId("20261124-00000000")), "has sent nothing"),
        (Decision(Deed.TIED, Ground.CONTENT, "o", BOOKING, tcn=OTHER_TCN), "Which submission"),
        (Decision(Deed.TIED, Ground.NOT_OURS, "o", BOOKING), "no ground"),
        (Decision(Deed.SET_ASIDE, Ground.CONTENT, "o"), "no ground"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_and_changes_nothing(
    desk: Desk, office: Office, digest: str, decision: Decision, sentence: str
) -> None:
    message = orphan(office)

    async def story() -> None:
        await waiting(desk, digest, message)
        with pytest.raises(NotSettled, match=sentence):
            await desk.casework.decided(rid_of(message), decision)

    asyncio.run(story())
    assert [one.rid for one in desk.casework.manual_queue()] == [rid_of(message)]
    assert desk.vault.bookings() == (f"inbox-{rid_of(message)}",)


def test_nothing_is_decided_twice(desk: Desk, office: Office, digest: str) -> None:
    message = orphan(office)

    async def story() -> None:
        await waiting(desk, digest, message)
        await desk.casework.decided(rid_of(message), ASIDE)
        with pytest.raises(NotSettled, match="does not wait"):
            await desk.casework.decided(rid_of(message), TIE)

    asyncio.run(story())


@pytest.mark.parametrize("step", ["settle", "moved"])
def test_a_decision_that_a_crash_interrupts_is_not_made_or_goes_on(
    desk: Desk, office: Office, digest: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = orphan(office)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    asyncio.run(waiting(desk, digest, message))
    with monkeypatch.context() as patched:
        patched.setattr(settling if step == "settle" else inbox, step, crash)
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(desk.casework.decided(rid_of(message), TIE))
    fresh = Casework(desk.database, desk.vault, office.keys.station, SetClock(NOW), lambda: POLICY)
    asyncio.run(fresh.resume())
    if step == "settle":
        assert [one.rid for one in fresh.manual_queue()] == [rid_of(message)]
        asyncio.run(fresh.decided(rid_of(message), TIE))
    assert fresh.manual_queue() == ()
    assert kinds(desk).count(EventKind.SRE_NON_IDENT) == 1
    assert desk.vault.bookings() == (BOOKING,)


def test_when_too_much_that_proves_nothing_waits_more_is_left_with_the_uplink(
    desk: Desk, office: Office, digest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(casework_desk, "MOST_UNUSABLE", 2)
    noise = [b"one", b"two", b"three"]

    async def story() -> None:
        await waiting(desk, digest, *noise[:2])
        with pytest.raises(InboxFull):
            await desk.casework.take(rid_of(noise[2]), noise[2])
        receipt = office.receipt(digest)
        assert (await desk.casework.take(rid_of(receipt), receipt)).release_txid, "what is proven is taken as ever"
        await desk.casework.decided(rid_of(noise[0]), Decision(Deed.SET_ASIDE, Ground.DAMAGED, "officer-07", words="noise"))
        await desk.casework.take(rid_of(noise[2]), noise[2])

    asyncio.run(story())
    assert {one.rid for one in desk.casework.manual_queue()} == {rid_of(noise[1]), rid_of(noise[2])}
    assert all(desk.casework.original(rid_of(one)) == one for one in noise), "nothing that came is gone"


def test_a_supervisor_sees_no_immigration_response_and_settles_none(desk: Desk, office: Office, digest: str) -> None:
    nameless = ReplyHead("SIB-0000000010", NOW, tied_by=frozenset())
    idr = office.send(replies.build_idr_no_match(office.request, nameless), tcn=OTHER_TCN)
    sre, asking = orphan(office), InboxDesk(desk.casework)

    async def story() -> tuple[Any, Any]:
        await waiting(desk, digest, idr, sre)
        with pytest.raises(ViewRefused):
            await asking.settle(rid_of(idr), TIE, SUPERVISOR)
        with pytest.raises(ViewRefused):
            await asking.shown(rid_of(idr), Viewer("officer-07", SUPERVISOR, "to see what waits"))
        return await asking.waiting(SUPERVISOR), await asking.waiting(LIAISON)

    supervisor, liaison = asyncio.run(story())
    assert [one["rid"] for one in supervisor] == [rid_of(sre)]
    assert {one["rid"] for one in liaison} == {rid_of(sre), rid_of(idr)}


def test_a_message_is_read_for_a_reason_and_the_view_is_on_record(desk: Desk, office: Office, digest: str) -> None:
    message, noise, asking = orphan(office), b"noise", InboxDesk(desk.casework)

    async def story() -> tuple[Any, Any]:
        await waiting(desk, digest, message, noise)
        with pytest.raises(ViewRefused, match="reason"):
            await asking.shown(rid_of(message), Viewer("officer-07", LIAISON, ""))
        viewer = Viewer("officer-07", LIAISON, "to find its booking")
        return await asking.shown(rid_of(message), viewer), await asking.shown(rid_of(noise), viewer)

    proven, unproven = asyncio.run(story())
    assert (proven["source"], proven["kind"]) == ("SIB-TRAINING", "SRE")
    assert proven["clues"] == {
        "its control number": "SIB-0000000009",
        "name": "TESTER,TESS",
        "born": "19900101",
        "search result (SRF)": "N",
    }
    assert "not proven" in unproven["text"]
    assert [view.of for view in desk.casework.views(None)] == [rid_of(message)]


def test_a_decision_needs_words(desk: Desk, office: Office, digest: str) -> None:
    message, asking = orphan(office), InboxDesk(desk.casework)

    async def story() -> None:
        await waiting(desk, digest, message)
        with pytest.raises(NotSettled, match="reason"):
            await asking.settle(rid_of(message), Decision(Deed.TIED, Ground.CONTENT, "o", BOOKING, words=" "), LIAISON)

    asyncio.run(story())


@pytest.fixture(scope="module")
def letters(office: Office, digest: str) -> list[tuple[str, Letter]]:
    """An orphan in two envelopes, an SRE of ours in two, a receipt, noise."""
    data = [orphan(office), orphan(office), office.sre(), office.sre(), office.receipt(digest), b"noise"]
    return [(f"{index:064x}", read_letter(one, office.keys.station, NOW)) for index, one in enumerate(data)]


@settings(max_examples=40, deadline=None)
@given(
    order=st.lists(st.integers(0, 5), min_size=1, max_size=14),
    decisions=st.lists(st.tuples(st.integers(0, 13), st.sampled_from([TIE, ASIDE])), max_size=5),
)
def test_whatever_comes_and_is_decided_in_any_order_each_effect_is_there_once_and_nothing_is_lost(
    letters: list[tuple[str, Letter]], digest: str, order: list[int], decisions: list[tuple[int, Decision]]
) -> None:
    db = _empty()
    for kind in (EventKind.CAPTURED, EventKind.QUALITY_PASSED, EventKind.CHECKED):
        cases.add(db, BOOKING, CaseEvent(kind, NOW))
    cases.add(db, BOOKING, CaseEvent(EventKind.SEALED, NOW, TCN, digest, "e" * 64), once="e" * 64)
    for place, index in enumerate(order):
        rid, letter = letters[index]
        inbox.arrive(db, rid, NOW)
        if inbox.find(db, rid).taken is None:  # type: ignore[union-attr]
            inbox.settle(db, rid, letter, NOW, b"key")
        for _, decision in [one for one in decisions if one[0] == place]:
            for one in inbox.manual(db)[:1]:
                settling.settle(db, one, dict(letters)[one.rid], decision, NOW)
    counts = [event.content_sha256 for event in cases.events_of(db, BOOKING) if event.rid]
    assert len(counts) == len(set(counts)), "one effect for each source, id and content"
    rows = db.execute(
        "SELECT rid, manual, (SELECT deed FROM case_settled WHERE rid = case_inbound.rid) AS deed FROM case_inbound"
    ).fetchall()
    assert {row["rid"] for row in rows} == {letters[index][0] for index in order}, "every message has its row"
    assert not [row["rid"] for row in rows if row["manual"] and row["deed"]], "what was decided waits no more"


def test_receipt_kinds_are_not_replies(office: Office) -> None:
    """An orphan sealed as a receipt is no reply of anybody."""
    data = office.send(b"{}", MessageKind.RECEIPT)
    assert type(read_letter(data, office.keys.station, NOW)).__name__ == "Unusable"
