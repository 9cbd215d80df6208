"""Sentences of the capture room and of refusals, said in Spanish; English where a page is English."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from agent.booking.leaving import UNDONE_WORDS
from agent.capture import advice, autocapture, places, platen
from agent.capture.plan import plan
from agent.casework import clocks, error_actions, tasks, timeline
from agent.kiosk.spoken import spoken
from agent.kiosk.words import words
from agent.model.fingers import Position
from agent.quality import hygiene, verdict
from agent.quality.verdict import several
from drivers import errors

SPANISH = words("es")
WHO = several((Position.RIGHT_RING, Position.RIGHT_LITTLE))


def made() -> Iterator[str]:
    """What these parts say of a capture, each sentence once."""
    yield from (text for _, text in advice._LIVE)
    yield from (text for text, _ in autocapture._SAY.values())
    yield from (*verdict._ADVICE.values(), verdict._ROLL_AGAIN, platen._STILL, platen._NOTHING, platen._LEFT, hygiene._LATENT)
    yield from (text for text in hygiene._ADVICE.values() if text)
    yield from (text.format(other=WHO, asked=WHO) for text in places._SAY.values())
    yield from (f"Accepted, but the {{}} {are} {what}." for are in ("is", "are") for what in verdict._REMARK.values())
    for kind in (errors.DeviceError, errors.Gone, errors.Busy, errors.Timeout, errors.Garbled, errors.Refused):
        yield from (kind.means, kind.do)
    yield UNDONE_WORDS
    yield from (*timeline.WORDS.values(), *tasks.TASK_WORDS.values(), *clocks.EXPIRED.values(), *error_actions.WORDS.values())


@pytest.mark.parametrize("english", sorted({text.format(WHO) for text in made()}))
def test_a_sentence_is_said_in_spanish_and_names_its_fingers_so(english: str) -> None:
    said = spoken(SPANISH, english)
    assert said != english
    assert "right" not in said and "{" not in said
    assert (WHO in english) == ("el anular derecho y el meñique derecho" in said)
    assert spoken(words("en"), english) == english


def test_every_impression_that_is_asked_for_has_its_name() -> None:
    for step in plan():
        assert "the " not in spoken(SPANISH, f"Lay the {several(step.fingers)} on the glass.")
        assert "finger" not in spoken(SPANISH, f"The print of the {verdict.words(step.position)} could not be checked: take it again.")


def test_several_sentences_are_said_each_and_what_nobody_knows_as_it_came() -> None:
    lost = errors.Gone("The scanner is no longer there.")
    assert spoken(SPANISH, str(lost)).startswith("El escáner ya no está conectado. Los dedos ya tomados están a salvo")
    assert spoken(SPANISH, "The glass hums. Clean the glass now.") == "The glass hums. Limpie el cristal ahora."
    assert spoken(SPANISH, "") == ""


def test_a_value_is_kept_as_it_is() -> None:
    assert spoken(SPANISH, "To be mended first: 3.") == "Por corregir primero: 3."
    assert spoken(SPANISH, "Only 3 of 4 fingers are seen: lay the right four fingers flat on the glass, a little apart.").startswith(
        "Solo se ven 3 de 4"
    )


FILLED_IN = {
    "Seen: identification.": "Visto: la identificación.",
    "Seen: immigration response, for OFFICER-7.": "Visto: la respuesta migratoria, para OFFICER-7.",
    "An answer to ICE was drafted; nothing is sent from here.": "Se redactó una respuesta a ICE; nada se envía desde aquí.",
    "A name-based query was drafted; nothing is sent from here.": "Se redactó una consulta por nombre; nada se envía desde aquí.",
    "Detainer I-247A: hold started.": "Solicitud de retención I-247A: Habría salido.",
    "Expected within 3 h 05 min. Counted from: the network took it.": "Se espera en 3 h 05 min. Se cuenta desde: que la red lo tomó.",
    "The same prints as booking 20261124-7K3M9Q2X, 3 days ago, under another name: is this arrest booked twice?": (
        "Las mismas huellas que el ingreso 20261124-7K3M9Q2X, hace 3 días, con otro nombre: ¿se ingresó dos veces este arresto?"
    ),
    "The right index of this booking looks like a finger of officer OFFICER-7.": (
        "De este ingreso, el índice derecho parece un dedo del oficial OFFICER-7."
    ),
    "That cannot be written down: 'planned' is wanting; 'mode' is none of in_person, phone, video.": (
        "Eso no se puede anotar: falta «Prevista para»; «Cómo» no es ninguno de estos: in_person, phone, video."
    ),
    "The audit record cannot be written: The disk refused: No space left on device.": (
        "No se puede escribir el registro de auditoría: El disco se negó: No space left on device."
    ),
    "The uplink cannot send LS-0001-A: payload missing.": "El programa de envío no puede enviar LS-0001-A: falta su contenido.",
}


@pytest.mark.parametrize("english", FILLED_IN)
def test_what_is_filled_in_is_said_in_spanish_too_where_it_is_words_of_ours(english: str) -> None:
    assert spoken(SPANISH, english) == FILLED_IN[english]


def test_a_sentence_has_one_template() -> None:
    texts = [re.sub(r"\{\w+\}", "{}", text) for key, text in words("en").texts.items() if key.startswith("spoken.")]
    assert sorted(text for text in set(texts) if texts.count(text) > 1) == []
