"""Every sentence of the station that a page can show is in the catalogue, by its template: one that is reworded fails here, not in Spanish.

A sentence comes to a page as English text (`agent.kiosk.spoken`). What the errors of the rooms behind the pages say, and whatever is a
sentence in the modules that make some, is looked for among the templates. A module that no page hears of is named with the reason.
"""

from __future__ import annotations

import ast
import re

import pytest

from agent.kiosk.words import words
from agent.web.signing_in import NOTICE
from tests.kiosk.sentences import ROOT, errors_in, literals, raised, trees, unfilled

TREES = trees("agent", "drivers")
ERRORS = errors_in(TREES)
TEMPLATES = frozenset(unfilled(text) for key, text in words("en").texts.items() if key.startswith("spoken."))
_ENDS = re.compile(r"(?<=[.?!]) ")

ROOMS = (
    *("access", "audit", "booking", "capture", "casework", "decoding", "gallery", "kiosk", "store", "submission", "web"),
    *("counter.py", "device_desk.py", "policy.py", "sealed_to.py", "settings_desk.py", "station_views.py", "workers.py"),
    *("signing/ring.py", "signing/seal.py"),
)
COMMAND, START, PROGRAM = "a command's", "the station does not start, or its settings are not taken", "a program's interface, no page's"
NO_PAGE = {
    "agent/access/breached.py": START,
    "agent/access/programs.py": COMMAND,
    "agent/audit/evidence.py": COMMAND,
    "agent/booking/from_file.py": COMMAND,
    "agent/capture/settings.py": START,
    "agent/casework/desk.py": "the handover's, and `livescan inbox`",
    "agent/casework/inbox_desk.py": COMMAND,
    "agent/casework/receipts.py": "the log's: a receipt that proves nothing",
    "agent/casework/report_desk.py": COMMAND,
    "agent/casework/roster.py": PROGRAM,
    "agent/casework/settling.py": COMMAND,
    "agent/casework/suspension.py": COMMAND,
    "agent/decoding/wire.py": "the log's: what a decoder answered",
    "agent/gallery/policy.py": START,
    "agent/gallery/store.py": START,
    "agent/store/alone.py": START,
    "agent/store/migration.py": START,
    "agent/submission/replies.py": "the training bureau's",
    **{f"agent/web/{name}.py": PROGRAM for name in ("api", "auditing", "capturing", "client", "files", "gallery", "inbox")},
    **{f"agent/web/{name}.py": PROGRAM for name in ("liaison", "programs", "reports", "signing_in", "v1")},
    "agent/web/serve.py": START,
}
# whatever is a sentence there is for a page
MAKERS = (
    *("agent/booking/queue_view.py", "agent/delivery/link_causes.py", "agent/delivery/sender.py", "agent/audit/chain.py"),
    *("agent/casework/clocks.py", "agent/casework/error_actions.py", "agent/casework/tasks.py", "agent/casework/thread.py"),
    *("agent/casework/timeline.py", "agent/casework/iaq.py", "drivers/fap60_words.py", "drivers/zfm_line.py", "agent/capture/advice.py"),
)
FILLED = frozenset({"{}: {}.", "{} {}.", "{}", ""})  # nothing but what is filled in
NO_SENTENCE = frozenset({"submission", "identification", "immigration response", "detainer"})  # the regions of a state, filled in
IN_PARTS = frozenset({"Seen: {}{}.", "{} was drafted; nothing is sent from here."})  # each way to fill them has its template: test_spoken


def behind_pages() -> list[str]:
    rooms = tuple(f"agent/{one}" if one.endswith(".py") else f"agent/{one}/" for one in ROOMS)
    return [path for path in TREES if path.startswith((*rooms, "drivers/")) and path not in NO_PAGE]


def unsaid(texts: list[str]) -> list[str]:
    """Those, or sentences of them, that have no template."""
    whole = [text for text in texts if text not in TEMPLATES | FILLED | NO_SENTENCE | IN_PARTS]
    return [part for text in whole for part in _ENDS.split(text) if part not in TEMPLATES | FILLED]


@pytest.mark.parametrize("room", [*(f"agent/{one}" for one in ROOMS), "drivers"])
def test_what_the_errors_of_a_room_say_is_in_the_catalogue(room: str) -> None:
    wanting = {path: unsaid(list(raised(TREES[path], ERRORS))) for path in behind_pages() if path.startswith(room)}
    assert not {path: found for path, found in wanting.items() if found}, "add them to strings/en.toml and es.toml, [spoken]"


@pytest.mark.parametrize("path", MAKERS)
def test_whatever_is_a_sentence_in_a_module_that_makes_some_is_in_the_catalogue(path: str) -> None:
    found = list(literals(TREES[path]))
    assert found, "a module that makes none any more"
    assert not unsaid(found), "add them to strings/en.toml and es.toml, [spoken]"


def test_the_notice_before_sign_in_is_said_in_spanish_beside_its_own_text() -> None:
    assert not unsaid(list(NOTICE))


def test_a_module_that_no_page_hears_of_is_there_and_says_something_of_its_own() -> None:
    for path, reason in NO_PAGE.items():
        assert unsaid(list(raised(TREES[path], ERRORS))), f"{path} ({reason}): nothing is left out by leaving it out"


REWORDED = """
class Broken(LivescanError):
    do = "Clean the lens."

WHY = "Nothing was painted."

def fail(count):
    log.warning("Not a sentence for a page at all.")
    raise Broken(f"There are {count} elephants.", means=WHY if count else "Clean the glass.", do="Plug it in.")
"""


def test_a_sentence_that_was_reworded_is_found() -> None:
    tree = ast.parse(REWORDED)
    errors = errors_in({"x": ast.parse("class LivescanError(Exception): ...")} | {"y": tree})
    assert sorted(unsaid(list(raised(tree, errors)))) == ["Clean the lens.", "Nothing was painted.", "There are {} elephants."]
    assert sorted(unsaid(list(literals(tree)))) == ["Clean the lens.", "Nothing was painted.", "There are {} elephants."]


def test_no_page_says_a_sentence_of_its_own_in_its_template() -> None:
    """Words between tags: what is no expression of Jinja and has a letter."""
    for path in sorted((ROOT / "agent/kiosk/templates").glob("*.html")):
        shown = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<(script|style).*?</\1>", " ", path.read_text("utf-8"), flags=re.DOTALL)
        between = re.findall(r">([^<>]*)<", shown)
        assert not [text for text in between if re.search(r"[a-zA-Z]{2}", text.replace("&nbsp;", ""))], path.name
