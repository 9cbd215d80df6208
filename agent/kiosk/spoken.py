"""Sentences that other parts of the station make in English, said in the page's language.

The station's log, its interface and what it keeps are English, whatever a page speaks, so such a sentence comes to a page as text. It is
found here by its template in the English catalogue (`spoken.KEY`), taken apart into key and values, and put together from the other
language's. What is in no template is said as it came.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from agent.kiosk.words import DEFAULT, Words, words

_FINGERS = frozenset({"fingers", "other", "asked"})  # what is filled in with names of fingers
_SENTENCES = frozenset({"why", "cause", "ago", "words"})  # with a sentence or a part of one, which may be one of ours
_LISTS = {"faults": "; ", "each": ", "}  # with several of them
_TABLES = {"what": "what", "answer": "asked", "deed": "deed"}  # with a word of that table of the catalogue
_TOGETHER = 4  # sentences that one template may have
_ENDS = re.compile(r"(?<=[.?!]) ")


def spoken(t: Words, text: str) -> str:
    """One sentence or several."""
    return text if t.language == DEFAULT or not text else _found(t.language, text)


@lru_cache(1024)  # a picture is spoken with fifteen times a second, mostly with the same sentence
def _found(language: str, text: str) -> str:
    t = words(language)
    return _whole(t, text) or _piece_by_piece(t, _ENDS.split(text))


def _piece_by_piece(t: Words, sentences: list[str]) -> str:
    """As many together as there is a template for."""
    said: list[str] = []
    while sentences:
        for taken in range(min(len(sentences), _TOGETHER), 0, -1):
            if found := _whole(t, " ".join(sentences[:taken])):
                break
        said.append(found or sentences[0])
        sentences = sentences[taken:]
    return " ".join(said)


def _whole(t: Words, text: str) -> str:
    for key, pattern in _patterns():
        if match := pattern.fullmatch(text):
            return t(key, **{name: _value(t, name, value) for name, value in match.groupdict().items()})
    return ""


def _value(t: Words, name: str, value: str) -> str:
    """What is filled in, in that language too where it is words of ours."""
    if name in _FINGERS:
        return _fingers(t, value)
    if name in _LISTS:
        return _LISTS[name].join(spoken(t, one) for one in value.split(_LISTS[name]))
    if name in _TABLES:
        return t.maybe(f"{_TABLES[name]}.{value.replace(' ', '_')}", value)
    return _fact(t, value) if name == "fact" else spoken(t, value) if name in _SENTENCES else value


def _fact(t: Words, text: str) -> str:
    """The name of a field of the file, or of one and its part: "arrest offenses, date of offense"."""
    if key := _facts().get(text):
        return t(key)
    field, _, part = text.partition(", ")
    return f"{_fact(t, field)}, {_fact(t, part)}" if part else text


@cache
def _facts() -> dict[str, str]:
    return {text: key for key, text in words(DEFAULT).texts.items() if key.startswith("fact.")}


def _fingers(t: Words, text: str) -> str:
    """'right ring and right little fingers': each by its name in that language."""
    each = [re.sub(r" fingers?$", "", one) for one in re.split(r", | and ", text)]
    named = {words(DEFAULT)(key): key for key in words(DEFAULT).texts if key.startswith("named.") and key != "named.and"}
    said = [t(named[one]) if one in named else one for one in each]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} {t('named.and')} {said[-1]}"


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Those with most words of their own first, so that a sentence is not taken for a shorter one with a long value."""
    found = [(key, text) for key, text in words(DEFAULT).texts.items() if key.startswith("spoken.")]
    found.sort(key=lambda one: len(re.sub(r"\{\w+\}", "", one[1])), reverse=True)
    return tuple((key, re.compile(_regex(text), re.DOTALL)) for key, text in found)


def _regex(template: str) -> str:
    parts = re.split(r"(\{\w+\})", template)
    return "".join(_hole(part[1:-1]) if part.startswith("{") else re.escape(part) for part in parts)


def _hole(name: str) -> str:
    """A value is no second sentence, unless it may be one of ours."""
    one = "." if name in _SENTENCES or name in _LISTS else r"(?![.?!] [A-Z])."
    return f"(?P<{name}>(?:{one}){{1,200}}?)"
