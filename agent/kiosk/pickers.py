"""Code lists for the form: code and meaning, searched as one types. Long ones are fetched once; they never change while a program runs."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agent.kiosk.frame import words_of
from agent.nist import codes
from agent.nist.ncic_marks import MARKS
from agent.nist.ncic_offenses import OFFENSES, words
from agent.nist.ncic_places import CITIZENSHIPS, PLACES

LISTS: Mapping[str, Mapping[str, str]] = {
    "sex": codes.SEX,
    "race": codes.RACE,
    "eyes": codes.EYES,
    "hair": codes.HAIR,
    "places": PLACES,
    "citizenships": CITIZENSHIPS,
    "marks": MARKS,
    "offenses": OFFENSES,
}


async def code_list(request: Request) -> Response:
    """[[code, meaning, what is left in the field or null, the list's own word], …] of one list, in the page's language. Of an offense its
    words are sent, so they stay as they are.
    """
    name = request.path_params["name"]
    found = LISTS.get(name)
    if found is None:
        return JSONResponse([], 404)
    t = words_of(request)
    rows = [[code, t.code(name, code, word), words(code) if name == "offenses" else None, word] for code, word in found.items()]
    return JSONResponse(rows, headers={"Cache-Control": "private, max-age=3600", "Vary": "Cookie"})


def meaning(name: str, code: str) -> str:
    """Of one code; "" of what is none."""
    return LISTS[name].get(code, "")
