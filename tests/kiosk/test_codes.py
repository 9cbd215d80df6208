"""What codes mean and what the checks of a form say, in Spanish; the codes that are sent are the same in every language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from agent.booking.facts import Facts, facts_from_python
from agent.casework.detainer_forms import forms as detainer_forms
from agent.clock import SetClock
from agent.kiosk import forms
from agent.kiosk.asking import Form
from agent.kiosk.pickers import LISTS
from agent.kiosk.spoken import spoken
from agent.kiosk.words import CODES, languages, words
from agent.nist.dictionary import lookup
from agent.nist.form_places import PLACES as PLACES_OF_FIELDS
from agent.sealed_to import check_for
from agent.settings import config_dir, read_toml
from agent.submission.build import StationIdentity

SPANISH = words("es")
SHORT = ("sex", "race", "eyes", "hair")
HERE = StationIdentity(ori="NB0000000", dai="NBNSP0000", cri=("NB0000000",), agency_name=None, time_zone=ZoneInfo("America/Chicago"))
CHECK = check_for(HERE, SetClock(datetime(2026, 11, 24, 18, tzinfo=UTC)))
RIGHT = {
    "subject.name": "DOE,JOHN",
    "subject.date_of_birth": "19850214",
    "subject.sex": "M",
    "subject.race": "U",
    "subject.height": "509",
    "subject.weight": "170",
    "subject.eyes": "BRO",
    "subject.hair": "BLK",
    "subject.place_of_birth": "TX",
    "arrest.date_of_arrest": "2026-11-24",
    "charge.literal": "TRAINING",
    "charge.day": "",
}
BEFORE = facts_from_python(
    {
        "subject": {key.partition(".")[2]: value for key, value in RIGHT.items() if key.startswith("subject.")},
        "arrest": {"date_of_arrest": "2026-11-24", "charges": [{"literal": "TRAINING"}]},
    }
)
PLACES = [asked.place for asked in (*forms.PERSON, *forms.ARREST)] + ["charge.literal", "charge.day"]
RUBBISH = (
    *("", "x", "é", "A" * 400, "1", "00", "99999999", "20991231", "20200230", "DOE JOHN", "A B,", "N10", "512", "311", "MM", "QQ"),
    *("TX123-", "AF-AB", "AB", ".", " .a", "a\tb", "\x1f", "12345678901234567890", "5707", "9998"),
    "\n".join(f"X{n}" for n in range(12)),
)


@pytest.mark.parametrize("name", SHORT)
def test_every_code_of_a_short_list_has_its_spanish_meaning(name: str) -> None:
    assert all(SPANISH.code(name, code, word) != word for code, word in LISTS[name].items())


def test_only_codes_that_there_are_have_a_meaning_and_none_says_what_the_list_says() -> None:
    said = tomllib.loads((CODES / "es.toml").read_text("utf-8"))
    lists = {**LISTS, "glossary": read_toml(config_dir() / "glossary.toml")}
    for name, meanings in said.items():
        assert not meanings.keys() - lists[name].keys(), name
        assert not [code for code, meaning in meanings.items() if meaning == lists[name][code]], name
        assert len(set(meanings.values())) >= len(meanings) - 1, f"{name}: two codes that look the same"


@pytest.mark.parametrize(
    ("ending", "part", "spanish"), [("CALF", "calf", "pantorrilla"), ("ELB", "elbow", "codo"), ("EYE", "eye", "ojo|ceja")]
)
def test_a_mark_s_words_name_the_part_that_its_code_names(ending: str, part: str, spanish: str) -> None:
    """The published table repeats a neighbour's words in five rows: whoever picks by word would send another part's code."""
    of_part = {code: word for code, word in LISTS["marks"].items() if code.endswith(ending)}
    assert of_part and all(part in word for word in of_part.values())
    plain = [code for code in of_part if code.split()[0] in ("SC", "TAT", "RTAT", "MOLE", "NM", "DISC", "FRC", "HFR", "MISS")]
    assert all(re.search(spanish, SPANISH.code("marks", code, "")) for code in plain)


def test_every_term_of_the_procedure_is_explained_in_spanish() -> None:
    assert all(SPANISH.code("glossary", term, means) != means for term, means in read_toml(config_dir() / "glossary.toml").items())


def test_every_language_but_the_lists_own_has_its_meanings() -> None:
    assert {path.stem for path in CODES.glob("*.toml")} == set(languages()) - {"en"}


def test_a_country_means_the_same_as_birthplace_and_as_citizenship() -> None:
    assert SPANISH.code("citizenships", "MM", "Mexico") == SPANISH.code("places", "MM", "Mexico") == "México (el país)"
    assert SPANISH.code("places", "XC", "Bad River Band") == "Bad River Band", "a nation's own name"


def wrong_of(**typed: str) -> Iterator[forms.Wrong]:
    facts, unread = forms.typed(Form({place: [value] for place, value in (RIGHT | typed).items()}), BEFORE)
    yield from (*unread, *forms.wrong_of(CHECK(facts)))


def test_a_form_that_is_right_is_right() -> None:
    assert not list(wrong_of())


@pytest.mark.parametrize("place", PLACES)
def test_whatever_is_typed_the_rule_is_said_in_spanish(place: str) -> None:
    found = {one.sentence for rubbish in RUBBISH for one in wrong_of(**{place: rubbish})}
    assert found or place in ("subject.residence", "arrest.attention", "arrest.caution", "charge.day"), "rubbish that is taken"
    assert not [one for one in found if spoken(SPANISH, one) == one]


def test_a_rule_names_its_field_in_spanish_and_its_code_as_it_is() -> None:
    (one,) = wrong_of(**{"subject.marks": "NO MARK"})
    assert spoken(SPANISH, one.sentence) == "SMT (cicatrices, marcas, tatuajes) lleva un código que no está en su lista."
    assert "delitos del arresto, fecha del delito" in spoken(SPANISH, "ASL (arrest offenses, date of offense) needs 8 characters.")


def test_the_names_of_fields_are_those_of_the_dictionary() -> None:
    typed_in = [row for field in PLACES_OF_FIELDS if field.startswith("2.") and (row := lookup(2, int(field[2:])))]
    assert {row.name for row in typed_in} <= {text for key, text in words("en").texts.items() if key.startswith("fact.")}


def facts_of(marks: str) -> Facts:
    return forms.typed(Form({place: [value] for place, value in (RIGHT | {"subject.marks": marks}).items()}), BEFORE)[0]


def test_a_chosen_line_leaves_its_code_whatever_language_it_was_chosen_in() -> None:
    assert facts_of("TAT L ARM · tatuaje").subject.marks == facts_of("TAT L ARM").subject.marks == ("TAT L ARM",)


def test_what_a_form_of_ice_says_has_a_rendering_beside_it() -> None:
    for form in detainer_forms().values():
        for text in (form.title, *form.checklist):
            assert spoken(SPANISH, text) != text
