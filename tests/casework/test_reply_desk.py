"""Replies as pages show them: to whom, and as what."""

from __future__ import annotations

import io
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from PIL import Image

from agent.access.roles import Role
from agent.casework.reply_desk import NoSuchReply, ReplyDesk
from agent.casework.viewing import ViewRefused, What
from agent.decoding.desk import Decoder
from agent.model.photo import Photo, PhotoKind
from agent.submission import replies
from agent.submission.replies import Encounter
from agent.workers import Workers
from tests.casework.bench import BOOKING, NOW
from tests.casework.desks import EVERYONE, OFFICER, Desks, rid, run
from tests.procedure.case import LIAISON_LOOKS, OFFICER_LOOKS, Case, iar, no_match


def with_replies(case: Case, deed: Callable[[ReplyDesk], Coroutine[Any, Any, Any]]) -> Any:
    async def in_one_loop() -> Any:
        workers = Workers(1)
        try:
            return await deed(ReplyDesk(case.casework, Decoder(workers)))
        finally:
            workers.close()

    return run(in_one_loop())


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 40), (10, 200, 30)).save(out, "JPEG", comment=b"PLANTED")
    return out.getvalue()


def test_an_iar_is_shown_word_for_word_and_escaped_for_a_page(case: Case) -> None:
    office = case.seal()
    words = 'STATUS <script>alert("x")</script> & AS STATED\r\nSECOND LINE'
    data = iar(office, words)
    case.take(data)
    shown = with_replies(case, lambda desk: desk.shown(BOOKING, rid(data), LIAISON_LOOKS))
    assert shown["text"] == words
    assert "<script>" not in shown["html"]
    assert "&lt;script&gt;" in shown["html"]
    assert [(one.what, one.officer) for one in case.casework.views(BOOKING)] == [(What.IMMIGRATION, "officer-9")]


def test_a_photo_reaches_a_browser_as_pixels_of_ours_only(case: Case) -> None:
    office = case.seal()
    picture = Photo(PhotoKind.FACE, jpeg(), 30, 40, NOW)
    data = office.send(office.reply(replies.build_idr_match, "SIB-IDR-000002", encounters=[Encounter("TRAINING,ONE")], photos=[picture]))
    case.take(data)
    png = with_replies(case, lambda desk: desk.photo(BOOKING, rid(data), 1, LIAISON_LOOKS))
    assert png.startswith(b"\x89PNG")
    assert b"PLANTED" not in png
    assert Image.open(io.BytesIO(png)).size == (30, 40)
    with pytest.raises(NoSuchReply):
        with_replies(case, lambda desk: desk.photo(BOOKING, rid(data), 2, LIAISON_LOOKS))
    with pytest.raises(ViewRefused):
        with_replies(case, lambda desk: desk.photo(BOOKING, rid(data), 1, OFFICER_LOOKS))


def test_a_list_names_only_what_the_role_may_read(case: Case) -> None:
    office = case.seal()
    sre, idr = office.sre(), no_match(office)
    for data in (sre, idr):
        case.take(data)
    mine = with_replies(case, lambda desk: desk.listed(BOOKING, OFFICER))
    assert [one["rid"] for one in mine] == [rid(sre)]
    assert {one["rid"] for one in with_replies(case, lambda desk: desk.listed(BOOKING, EVERYONE))} == {rid(sre), rid(idr)}


def test_a_reply_of_another_booking_is_not_shown_under_this_one(case: Case) -> None:
    office = case.seal()
    data = office.sre()
    case.take(data)
    with pytest.raises(NoSuchReply):
        with_replies(case, lambda desk: desk.shown("20261124-OTHER001", rid(data), LIAISON_LOOKS))
    assert case.casework.views(BOOKING) == ()


def test_a_reply_is_unread_until_somebody_who_may_see_it_has_opened_it(case: Case, desks: Desks) -> None:
    office = case.seal()
    sre, idr = office.sre(), no_match(office)
    for data in (sre, idr):
        case.take(data)

    def waiting(roles: tuple[Role, ...]) -> set[str]:
        return {one["rid"] for one in with_replies(case, lambda desk: desk.unread(roles))}

    assert waiting(EVERYONE) == {rid(sre), rid(idr)} and waiting(OFFICER) == {rid(sre)}
    with pytest.raises(ViewRefused):
        case.read(idr, OFFICER_LOOKS)
    assert waiting(EVERYONE) == {rid(sre), rid(idr)}
    case.read(idr, LIAISON_LOOKS)
    assert waiting(EVERYONE) == {rid(sre)}
    listed = with_replies(case, lambda desk: desk.listed(BOOKING, EVERYONE))
    assert {one["rid"]: one["unread"] for one in listed} == {rid(sre): True, rid(idr): False}
