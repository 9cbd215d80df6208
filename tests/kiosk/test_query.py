"""A name-based query at the page: the liaison's alone, after a no match alone, with a reason, drafted by a person, sent by nobody here."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient

from agent.access.roles import Role
from agent.audit.entries import Entry, Event, Outcome
from agent.casework.viewing import What
from agent.errors import LivescanError
from agent.kiosk import queries, replies
from agent.kiosk.frame import Frame, csrf_of
from agent.kiosk.parts import Place
from agent.web.guard import COOKIE, Guard, Rules
from agent.web.page_door import PageDoor
from tests.access.counter import ORIGIN, Counter
from tests.casework.bench import BOOKING, Keys, Office
from tests.casework.conftest import training_keys  # noqa: F401  # a fixture
from tests.casework.desks import Desks, run, with_queries
from tests.procedure.case import Case, match, no_match

REASON = "wristband and papers disagree"
TYPED = {"reason": REASON, "ask": "yes", "phone": "555 0100", "custody": "yes", "offense": ""}


class Kiosk:
    """The pages of replies and queries over one case, behind the guard."""

    def __init__(self, folder: Path, keys: Keys, counter: Counter) -> None:
        self.counter = counter
        self.case = Case(folder, keys)
        self.desks = Desks(self.case)
        self.office: Office = self.case.seal()
        frame = Frame(self._parts())
        pages = (*queries.pages(frame), *replies.pages(frame))
        rules = Rules(self.counter.desk, self._note, True, ORIGIN, "NY0010000", pages=pages, refusal=_refusal)
        application = Starlette(routes=[page.route for page in pages], exception_handlers={LivescanError: _failed, HTTPException: _failed})
        self._door = PageDoor(Guard(application, rules), ORIGIN)

    def signed_in(self, role: Role, name: str = "") -> Officer:
        token = TOKENS[name or OFFICERS[role]]
        client = TestClient(self._door, base_url=ORIGIN, cookies={COOKIE: token}, headers={"origin": ORIGIN})
        asked = Request({"type": "http", "headers": [(b"cookie", f"{COOKIE}={token}".encode())]})
        return Officer(client, csrf_of(asked))

    def looks(self) -> list[tuple[What, str, str, str]]:
        return [(one.what, one.of, one.officer, one.reason) for one in self.case.casework.views(BOOKING)]

    def drafts(self) -> list[Any]:
        return list(self.desks.liaison._drafts.of_booking(BOOKING))

    def denied(self) -> list[tuple[str, Any]]:
        return [(one.who, one.facts["right"]) for one in self.counter.noted if one.outcome is Outcome.DENIED]

    async def _note(self, entry: Entry) -> None:
        self.counter.noted.append(entry)

    def _parts(self) -> Any:
        place = Place("LS-0001", "NY0010000", "TRAINING", True, ZoneInfo("UTC"))
        quiet = SimpleNamespace(there=False, busy=False)
        facts = SimpleNamespace(subject=SimpleNamespace(name="TESTER,TESS"))
        return SimpleNamespace(
            place=place, clock=self.case.clock, liaison=self.desks.liaison, note=self._note,
            intake=SimpleNamespace(name_of=_answers("TESTER,TESS"), facts=_answers(facts)),
            station=SimpleNamespace(booking=_answers({})), scanner=SimpleNamespace(present=_answers(quiet)),
            sending=SimpleNamespace(queue=_answers({"broker": True, "bureau": "", "items": [], "total": 0})),
            tasks=SimpleNamespace(timeline=_answers([])), cases=SimpleNamespace(owed=_answers({"clocks": [], "immigration_off": ""})),
            replies=SimpleNamespace(listed=_answers([]), unread=_answers([])),
        )  # fmt: skip


OFFICERS = {Role.RECORDS_LIAISON: "liaison-1", Role.BOOKING_OFFICER: "officer-7", Role.SUPERVISOR: "supervisor-7"}
TOKENS: dict[str, str] = {}  # by officer


class Officer:
    def __init__(self, client: TestClient, csrf: str) -> None:
        self.client = client
        self._csrf = csrf

    def look(self, path: str = "query") -> Any:
        return self.client.get(f"/booking/{BOOKING}/{path}")

    def do(self, path: str = "query", **said: str) -> Any:
        return self.client.post(path if path.startswith("/") else f"/booking/{BOOKING}/{path}", data={"csrf": self._csrf, **said})

    def asked(self, **changed: str) -> Any:
        return self.do(**{**TYPED, **changed})


def _answers(value: Any) -> Any:
    async def answer(*_: Any, **__: Any) -> Any:
        return value

    return answer


async def _failed(_: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), 400)


def _refusal(_: Request, error: LivescanError, status: int) -> Response:
    return PlainTextResponse(error.what, status)


def text_of(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", re.search(r"<pre[^>]*>(.*?)</pre>", page, re.S)[1]))  # type: ignore[index]


def hidden(page: str) -> tuple[str, Mapping[str, str]]:
    """Where the shown text is kept, and what goes with it."""
    form = re.search(r'<form id="form" method="post" action="([^"]+)".*?</form>', page, re.S)
    assert form is not None
    return form[1], dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """Four officers who are signed in."""
    made = Counter(tmp_path_factory.mktemp("access"))
    for role, name in (*OFFICERS.items(), (Role.RECORDS_LIAISON, "liaison-2")):
        made.officer(name, role)
        TOKENS[name] = made.sign_in(name)
    yield made
    made.store.close()


@pytest.fixture
def kiosk(tmp_path: Path, training_keys: Keys, counter: Counter) -> Iterator[Kiosk]:  # noqa: F811
    counter.noted.clear()
    made = Kiosk(tmp_path, training_keys, counter)
    yield made
    made.case.close()


@pytest.fixture
def allowed(kiosk: Kiosk) -> Kiosk:
    """The policy allows queries, and the bureau's own message says: no match."""
    with_queries(kiosk.case)
    kiosk.case.take(no_match(kiosk.office))
    return kiosk


def test_the_liaison_is_shown_word_for_word_what_would_be_asked_and_keeps_it(allowed: Kiosk) -> None:
    liaison = allowed.signed_in(Role.RECORDS_LIAISON)
    assert "Draft one, with a reason" in liaison.look("replies").text
    assert "TESTER" not in "".join(map(str, allowed.looks()))
    shown = liaison.asked()
    assert shown.status_code == 200
    assert text_of(shown.text).startswith("IAQ.NY0010000.AX.TXT\nPUR/C\nATN/liaison-1\nPHN/555 0100\nNAM/TESTER,TESS\n")
    assert "Sent to nobody." in shown.text
    assert allowed.drafts() == [], "what was looked at is not kept"
    path, said = hidden(shown.text)
    kept = liaison.do(path, **{name: value for name, value in said.items() if name != "csrf"})
    assert "Drafted by liaison-1" in kept.text
    (draft,) = allowed.drafts()
    assert (draft.text, draft.let_go_at) == (text_of(shown.text), None)
    let_go = liaison.do(path.replace("/keep", "/let-go"), draft=draft.id)
    assert "Released at the terminal by liaison-1" in let_go.text
    assert allowed.drafts()[0].let_go_by == "liaison-1"


def test_every_look_and_every_deed_is_on_record_with_its_reason(allowed: Kiosk) -> None:
    liaison = allowed.signed_in(Role.RECORDS_LIAISON)
    path, said = hidden(liaison.asked().text)
    assert allowed.looks() == [(What.QUERY, of, "liaison-1", REASON) for of in ("a text", "drafts")]
    (entry,) = [one for one in allowed.counter.noted if one.event is Event.HISTORY_SHOWN]
    assert (entry.who, entry.booking, entry.facts["purpose"], entry.door) == ("liaison-1", BOOKING, "immigration", "page")
    liaison.do(path, **{name: value for name, value in said.items() if name != "csrf"})
    assert [of for _, of, _, _ in allowed.looks()] == ["a text", "drafts", "a draft", "drafts"]
    asked = [one for one in allowed.counter.noted if one.event is Event.ASKED]
    assert [(one.who, one.booking, one.facts["right"]) for one in asked] == [("liaison-1", BOOKING, "draft_query")] * 2


@pytest.mark.parametrize("role", [Role.BOOKING_OFFICER, Role.SUPERVISOR])
def test_nobody_else_sees_anything_of_it_or_learns_of_a_no_match_by_asking(allowed: Kiosk, role: Role) -> None:
    officer = allowed.signed_in(role)
    page = officer.look("replies").text
    assert "IAQ" not in page and "query" not in page
    assert officer.look().status_code == officer.asked().status_code == 403
    assert officer.look("query/x").status_code == officer.do("query/x/keep", **TYPED).status_code == 403
    assert allowed.denied() == [(OFFICERS[role], "draft_query")] * 4
    assert allowed.drafts() == allowed.looks() == []


def test_what_is_seen_of_it_without_the_role_is_the_same_in_every_state(kiosk: Kiosk) -> None:
    officer = kiosk.signed_in(Role.BOOKING_OFFICER)
    before = officer.look("replies").text
    with_queries(kiosk.case)
    kiosk.case.take(no_match(kiosk.office))
    assert officer.look("replies").text == before


SILENCE = "may follow only a no-match IDR that was received; silence is not one."


def silent(kiosk: Kiosk) -> None:
    with_queries(kiosk.case)
    kiosk.case.sent_and_received()
    kiosk.case.after(hours=30)


def matched(kiosk: Kiosk) -> None:
    with_queries(kiosk.case)
    kiosk.case.take(match(kiosk.office))


def without_policy(kiosk: Kiosk) -> None:
    kiosk.case.take(no_match(kiosk.office))


def suspended(kiosk: Kiosk) -> None:
    with_queries(kiosk.case)
    kiosk.case.take(no_match(kiosk.office))
    procedure = kiosk.case.policy.procedure.model_copy(update={"suspended": "complaint"})
    kiosk.case.policy = kiosk.case.policy.model_copy(update={"procedure": procedure})


CLOSED = {
    "a day of silence": (silent, SILENCE),
    "a match": (matched, SILENCE),
    "a policy that allows none": (without_policy, "allows no name-based query."),
    "a suspension": (suspended, "The immigration features are suspended: complaint"),
}


@pytest.mark.parametrize("which", CLOSED)
def test_the_card_says_in_a_sentence_why_none_may_be_drafted_and_the_server_refuses_one_at(kiosk: Kiosk, which: str) -> None:
    happens, sentence = CLOSED[which]
    happens(kiosk)
    liaison = kiosk.signed_in(Role.RECORDS_LIAISON)
    for path in ("replies", "query"):
        page = html.unescape(liaison.look(path).text)
        assert "None may be drafted now." in page and sentence in page
        assert 'id="reason"' not in page and f'href="/booking/{BOOKING}/query"' not in page
    refused = liaison.asked()
    assert refused.status_code == 400 and sentence in html.unescape(refused.text)
    assert kiosk.drafts() == kiosk.looks() == []


WANTING = {
    "a reason": ({"reason": ""}, "needs a reason in words"),
    "a reason in words": ({"reason": "because"}, "needs a reason in words"),
    "whether the person is in custody": ({"custody": ""}, "in custody"),
    "a telephone number": ({"phone": "555\nNAM/OTHER"}, "has digits"),
    "an offense's code": ({"offense": "12a4"}, "four of them"),
}


def test_nothing_is_shown_where_something_is_wanting(allowed: Kiosk) -> None:
    liaison = allowed.signed_in(Role.RECORDS_LIAISON)
    for what, (changed, words) in WANTING.items():
        refused = liaison.asked(**changed)
        assert refused.status_code == 400 and words in refused.text, what
        assert "PUR/C" not in refused.text, what
    assert allowed.drafts() == allowed.looks() == []


def test_what_was_shown_is_kept_or_nothing(allowed: Kiosk) -> None:
    liaison = allowed.signed_in(Role.RECORDS_LIAISON)
    path, said = hidden(liaison.asked().text)
    typed = {name: value for name, value in said.items() if name != "csrf"}
    for changed in ({"custody": "no"}, {"shown": ""}, {"shown": "0" * 64}):
        assert "no longer what was shown" in liaison.do(path, **{**typed, **changed}).text
    suspended(allowed)
    assert "suspended: complaint" in liaison.do(path, **typed).text
    assert allowed.drafts() == []


def test_pressed_twice_is_one_draft(allowed: Kiosk) -> None:
    liaison = allowed.signed_in(Role.RECORDS_LIAISON)
    path, said = hidden(liaison.asked().text)
    for _ in range(2):
        liaison.do(path, **{name: value for name, value in said.items() if name != "csrf"})
    assert len(allowed.drafts()) == 1


def test_what_one_liaison_opened_is_open_for_nobody_else(allowed: Kiosk) -> None:
    path, said = hidden(allowed.signed_in(Role.RECORDS_LIAISON).asked().text)
    other = allowed.signed_in(Role.RECORDS_LIAISON, "liaison-2")
    typed = {name: value for name, value in said.items() if name != "csrf"}
    assert "not being read any more" in other.do(path, **typed).text
    assert allowed.drafts() == []


def test_drafts_are_looked_at_with_a_reason_when_no_new_one_may_be_drafted(allowed: Kiosk) -> None:
    liaison = allowed.signed_in(Role.RECORDS_LIAISON)
    path, said = hidden(liaison.asked().text)
    liaison.do(path, **{name: value for name, value in said.items() if name != "csrf"})
    suspended(allowed)
    assert "Look at the drafts, with a reason" in liaison.look("replies").text
    assert liaison.do(reason="").status_code == 400
    found = liaison.do(reason="what was asked in March")
    assert "NAM/TESTER,TESS" in found.text and "Keep as a draft" not in found.text


def test_a_query_is_let_go_by_nobody_who_could_draft_none(allowed: Kiosk) -> None:
    liaison = allowed.signed_in(Role.RECORDS_LIAISON)
    path, said = hidden(liaison.asked().text)
    liaison.do(path, **{name: value for name, value in said.items() if name != "csrf"})
    (draft,) = allowed.drafts()
    with pytest.raises(LivescanError, match="no such draft"):
        run(allowed.desks.liaison.let_go(BOOKING, draft.id, "supervisor-1", (Role.SUPERVISOR,)))
    assert allowed.drafts()[0].let_go_at is None
