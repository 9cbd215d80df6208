"""The card as others see it: poppler draws it, and the prints are where and as large as they must be, pixel for pixel."""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from agent.card.content import read
from agent.card.draw import Decoded, draw
from agent.card.front import boxes
from agent.card.places import FIRST_ROLLS, LEFT, PLAIN, ROLL, WIDTH
from agent.card.prints import CardPrint, Wanted, card_print, fitted
from agent.card.render import card_pdf, pages_png
from agent.card.sheet import Sheet, printable, wrapped
from agent.imaging.codec import decode_wsq, encode_wsq
from agent.model.booking import Booking, Charge
from agent.model.fingers import MissingReason, Position
from agent.model.photo import Photo, PhotoKind
from agent.nist.errors import NistError
from agent.submission.build import build_car
from agent.submission.images import EncodedImage, encode_print
from agent.submission.pictures import fingers
from agent.submission.profiles import CAR_14, CAR_14_1000
from agent.workers import Workers
from tests.data import need_debian, testdata
from tests.nist.samples import ARREST, MADE_AT, STATION, SUBJECT, TCN, a_booking, car_bytes, images_without
from tests.prints import nist_card

DPI = 500


def of_card() -> dict[Position, EncodedImage]:
    """The images of NIST's inked card, as the file has them."""
    pictures = fingers(read(testdata("prints/nist/type-4-tpcard.an2").read_bytes()).pictures)
    return {position: EncodedImage(bytes(p.data), p.width, p.height) for position, p in pictures.items()}


@pytest.fixture(scope="module")
def workers() -> Iterator[tuple[Workers, asyncio.Runner]]:
    pool, loop = Workers(2), asyncio.Runner()
    yield pool, loop
    pool.close()
    loop.close()


def drawn(data: bytes, workers: tuple[Workers, asyncio.Runner]) -> bytes:
    return workers[1].run(card_pdf(data, workers[0]))


@pytest.fixture(scope="module")
def card(workers: tuple[Workers, asyncio.Runner]) -> tuple[bytes, bytes]:
    """A CAR with the prints of NIST's card, and its card."""
    data = car_bytes(images=of_card())
    return data, drawn(data, workers)


def poppler(pdf: bytes, folder: Path, *arguments: str, page: int = 1, dpi: int = DPI) -> NDArray[np.uint8]:
    """A page as pdftoppm draws it, grey."""
    (folder / "card.pdf").write_bytes(pdf)
    program = need_debian("poppler-utils", "pdftoppm")
    command = [
        program,
        "-r",
        str(dpi),
        "-f",
        str(page),
        "-l",
        str(page),
        "-gray",
        *arguments,
        str(folder / "card.pdf"),
        str(folder / "page"),
    ]
    subprocess.run(command, check=True, timeout=60)
    (path,) = folder.glob("page*.pgm")
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)


def text_of(pdf: bytes, folder: Path) -> str:
    (folder / "card.pdf").write_bytes(pdf)
    program = need_debian("poppler-utils", "pdftotext")
    return subprocess.run(
        [program, "-layout", str(folder / "card.pdf"), "-"], check=True, capture_output=True, text=True, timeout=60
    ).stdout


def place(page: NDArray[np.uint8], part: NDArray[np.uint8]) -> tuple[float, float, float]:
    """Where a part of a print stands on the page: left, top in pixels, and how alike it is there, 0..1."""
    found = cv2.matchTemplate(page, part, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(found)
    return float(x), float(y), float(best)


@pytest.mark.parametrize("position", [1, 8, 13, 14])
def test_a_print_is_on_paper_as_large_as_the_finger(card: tuple[bytes, bytes], tmp_path: Path, position: int) -> None:
    """Two patches of the print, far apart, are found on poppler's page; their distance there is their distance in the print."""
    page, pixels = poppler(card[1], tmp_path), nist_card()[position]
    rows, columns = pixels.shape
    patches = [(int(columns * 0.25), int(rows * 0.2)), (int(columns * 0.6), int(rows * 0.7))]
    places = [place(page, pixels[y : y + 100, x : x + 100]) for x, y in patches]
    assert min(alike for *_, alike in places) > 0.99
    on_paper = np.subtract(places[1][:2], places[0][:2])
    in_print = np.subtract(patches[1], patches[0])
    assert np.abs(on_paper / in_print - 1).max() < 0.002


def test_every_print_stands_in_its_own_box(card: tuple[bytes, bytes], tmp_path: Path) -> None:
    page = poppler(card[1], tmp_path)
    for position, box in boxes(read(card[0])).items():
        window = page[round(box.top * DPI) : round(box.bottom * DPI), round(box.left * DPI) : round(box.right * DPI)]
        pixels = nist_card()[position]
        middle = pixels[pixels.shape[0] // 2 - 60 : pixels.shape[0] // 2 + 60, pixels.shape[1] // 2 - 60 : pixels.shape[1] // 2 + 60]
        assert place(window, middle)[2] > 0.99, position


def test_pages_are_letter_and_text_is_embedded(card: tuple[bytes, bytes], tmp_path: Path) -> None:
    (tmp_path / "card.pdf").write_bytes(card[1])
    info = subprocess.run(
        [need_debian("poppler-utils", "pdfinfo"), tmp_path / "card.pdf"], check=True, capture_output=True, text=True
    ).stdout
    assert "Pages:           2" in info
    assert "612 x 792 pts (letter)" in info
    fonts = subprocess.run([need_debian("poppler-utils", "pdffonts"), tmp_path / "card.pdf"], check=True, capture_output=True, text=True)
    assert all(line.split()[-5] == "yes" for line in fonts.stdout.splitlines()[2:])


def test_the_ruler_is_four_inches(card: tuple[bytes, bytes], tmp_path: Path) -> None:
    """Its line is the longest black one below the prints."""
    page = poppler(card[1], tmp_path)
    below = page[round((PLAIN + 2.1) * DPI) : round(10.2 * DPI)]
    longest = max(int(np.flatnonzero(row < 100)[-1] - np.flatnonzero(row < 100)[0]) for row in below if (row < 100).sum() > 1500)
    assert longest / DPI == pytest.approx(4.0, abs=0.01)


def test_the_card_says_whose_bytes_it_shows(card: tuple[bytes, bytes], tmp_path: Path) -> None:
    text = text_of(card[1], tmp_path)
    digest = hashlib.sha256(card[0]).hexdigest()
    assert text.count(" ".join(digest[i : i + 8] for i in range(0, 64, 8))) == 2  # on both pages
    for image in of_card().values():
        assert hashlib.sha256(image.data).hexdigest() in text


def test_the_card_says_what_the_file_says(card: tuple[bytes, bytes], tmp_path: Path) -> None:
    text = text_of(card[1], tmp_path)
    for value in (
        SUBJECT.name, *SUBJECT.aliases, "1980-02-29", "NY New York", "US United States", "6'01\"", "182 lb", "BRO brown", "BLK black",
        "MISS L TOE", "123456AB7", "NY12345678", "900000000", "PP-1234567890P", SUBJECT.residence, "PLUMBER", "2026-11-23",
        "BURGLARY OF A DWELLING", "2026-11-22", "RESISTING ARREST", "MEDICAL CONDITION", "RECORDS DESK", TCN, "TRAINING COUNTY JAIL",
        "NY0303000", "NYSIB0000", "TRAINING FAP60-SIM LS60-0001", "20261124-7K3M9Q2X",
    ):  # fmt: skip
        assert str(value) in text, value


def test_the_same_bytes_give_the_same_card(card: tuple[bytes, bytes], workers: tuple[Workers, asyncio.Runner]) -> None:
    assert drawn(card[0], workers) == card[1]


def test_png_pages_state_their_scale_and_carry_the_prints_pixel_for_pixel(card: tuple[bytes, bytes]) -> None:
    pages = pages_png(card[1])
    assert len(pages) == 2
    with Image.open(io.BytesIO(pages[0])) as page:
        assert page.size == (4250, 5500)
        assert page.info["dpi"] == pytest.approx((500, 500), abs=0.02)
        grey = np.asarray(page.convert("L"))
    patch = nist_card()[2][300:460, 300:460]
    x, y, _ = place(grey, patch)
    window = grey[int(y) : int(y) + 160, int(x) : int(x) + 160]
    assert np.abs(window.astype(int) - patch).max() <= 1
    assert (LEFT + ROLL[0]) * DPI < x < (LEFT + 2 * ROLL[0]) * DPI
    assert FIRST_ROLLS * DPI < y < (FIRST_ROLLS + ROLL[1]) * DPI


# what else may be in a file


def text_for(booking: Booking, images: dict[Position, EncodedImage], workers: tuple[Workers, asyncio.Runner], folder: Path) -> str:
    return text_of(drawn(car_bytes(booking, images), workers), folder)


def test_a_missing_finger_is_said_in_its_box(workers: tuple[Workers, asyncio.Runner], tmp_path: Path) -> None:
    missing = {Position.LEFT_RING: MissingReason.AMPUTATED, Position.RIGHT_THUMB: MissingReason.UNPRINTABLE}
    gone = images_without(Position.LEFT_RING, Position.RIGHT_THUMB, Position.PLAIN_RIGHT_THUMB)
    text = text_for(a_booking(missing=missing), gone, workers, tmp_path)
    assert text.count("AMPUTATED") == 1
    assert text.count("UNABLE TO PRINT") == 2  # the roll and the plain thumb
    assert "9 left ring: amputated" in text


def test_an_image_that_is_none_is_named_and_the_others_are_drawn(workers: tuple[Workers, asyncio.Runner], tmp_path: Path) -> None:
    images = {**of_card(), Position.RIGHT_RING: EncodedImage(b"\xff\xa0\xff\xa4" + bytes(60), 776, 752)}
    assert text_for(a_booking(), images, workers, tmp_path).count("IMAGE CANNOT BE DECODED") == 1


def test_charges_beyond_the_page_go_on_another(workers: tuple[Workers, asyncio.Runner], tmp_path: Path) -> None:
    charges = tuple(Charge(f"OFFENSE NUMBER {n} " + "WITH MANY WORDS " * 15) for n in range(60))
    text = text_for(replace(a_booking(), arrest=replace(ARREST, charges=charges)), of_card(), workers, tmp_path)
    assert re.findall(r"page (\d+) of (\d+)", text)[-1] in {("3", "3"), ("4", "4"), ("5", "5")}
    assert all(f"OFFENSE NUMBER {n} " in text for n in range(60))


def test_type_14_of_1000_ppi_is_drawn_at_its_own_scale(workers: tuple[Workers, asyncio.Runner], tmp_path: Path) -> None:
    need_debian("poppler-utils", "pdftoppm")
    fine = cv2.resize(nist_card()[2], None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    image = encode_print(fine, 1000, 1000, "")
    booking = a_booking()
    impressions = {**booking.impressions, Position.RIGHT_INDEX: replace(booking.impressions[Position.RIGHT_INDEX], ppi=1000)}
    images = {**of_card(), Position.RIGHT_INDEX: image}
    data = build_car(
        replace(booking, impressions=impressions), tcn=TCN, made_at=MADE_AT, station=STATION, images=images, profile=CAR_14_1000
    )
    page = poppler(drawn(data, workers), tmp_path)
    patches = [(260, 220), (480, 480)]
    places = [place(page, nist_card()[2][y : y + 100, x : x + 100]) for x, y in patches]
    assert min(alike for *_, alike in places) > 0.95
    assert np.abs(np.subtract(places[1][:2], places[0][:2]) - np.subtract(patches[1], patches[0])).max() <= 1


def test_a_photo_stands_beside_the_person(workers: tuple[Workers, asyncio.Runner], tmp_path: Path) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (480, 600), (0, 0, 0)).save(picture, "JPEG")
    photo = Photo(PhotoKind.FACE, picture.getvalue(), 480, 600, MADE_AT)
    data = build_car(replace(a_booking(), photos=(photo,)), tcn=TCN, made_at=MADE_AT, station=STATION, images=of_card(), profile=CAR_14)
    page = poppler(drawn(data, workers), tmp_path, page=2, dpi=100)
    right = page[80:300, round((LEFT + WIDTH - 1.8) * 100) : round((LEFT + WIDTH) * 100)]
    assert (right < 20).mean() > 0.5


def test_a_card_of_two_thumbs_in_one_image_has_one_box_for_them(workers: tuple[Workers, asyncio.Runner], tmp_path: Path) -> None:
    data = testdata("prints/nist/type-14-amp-nqm-utf8.an2").read_bytes()
    assert Position.PLAIN_THUMBS in boxes(read(data))
    text = text_of(drawn(data, workers), tmp_path)
    assert "THUMBS TAKEN SIMULTANEOUSLY" in text
    assert "scanned from a card" in text


def test_what_is_no_transaction_has_no_card(workers: tuple[Workers, asyncio.Runner]) -> None:
    with pytest.raises(NistError):
        drawn(b"\x00" * 100, workers)


def test_a_decoder_that_dies_costs_one_print(
    workers: tuple[Workers, asyncio.Runner], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.card.render.card_print", dies_of_the_left_thumb)
    text = text_for(a_booking(), of_card(), workers, tmp_path)
    assert text.count("IMAGE KILLED ITS DECODER") == 1


def dies_of_the_left_thumb(wanted: Wanted) -> CardPrint:
    import os
    import signal

    if wanted.data == of_card()[Position.LEFT_THUMB].data:
        os.kill(os.getpid(), signal.SIGSEGV)
    return card_print(wanted)


# pure parts


def a_fingertip(rows: int, columns: int, at: tuple[int, int]) -> NDArray[np.uint8]:
    """Ridges in a disc of 150 pixels around `at` (x, y) on white."""
    y, x = np.mgrid[0:rows, 0:columns]
    waves = (128 + 110 * np.sin((x + 0.5 * y) * 2 * np.pi / 9)).astype(np.uint8)
    return np.where((x - at[0]) ** 2 + (y - at[1]) ** 2 < 150**2, waves, 255).astype(np.uint8)


def test_what_is_larger_than_its_box_is_cut_around_the_ridges() -> None:
    cut = fitted(a_fingertip(1000, 700, (500, 400)), 500, (0.8, 2.0))
    assert cut.pixels.shape == (1000, 400)
    assert not cut.cut
    assert (cut.pixels[:, 20:380] < 100).sum() == (a_fingertip(1000, 700, (500, 400)) < 100).sum()


def test_ridges_that_do_not_fit_are_said_to_be_cut() -> None:
    assert fitted(a_fingertip(1000, 700, (350, 400)), 500, (0.4, 2.0)).cut


def test_what_fits_is_untouched_and_a_blank_one_is_cut_in_the_middle() -> None:
    small = a_fingertip(400, 380, (190, 200))
    assert fitted(small, 500, (0.8, 2.0)).pixels is small
    assert fitted(np.full((900, 500), 255, np.uint8), 500, (0.8, 2.0)).pixels.shape == (900, 400)


@given(st.integers(40, 900), st.integers(40, 900), st.sampled_from([250, 500, 1000]), st.floats(0.2, 2.0), st.floats(0.2, 2.0))
@settings(max_examples=40, deadline=None)
def test_whatever_is_drawn_fits_its_box_and_is_part_of_the_image(rows: int, columns: int, ppi: int, wide: float, tall: float) -> None:
    image = np.arange(rows * columns, dtype=np.uint32).reshape(rows, columns).astype(np.uint8)
    cut = fitted(image, ppi, (wide, tall))
    assert cut.size[0] <= wide + 1 / ppi
    assert cut.size[1] <= tall + 1 / ppi
    assert cut.pixels.shape[0] == min(rows, int(tall * ppi + 0.5))
    assert cut.pixels.shape[1] == min(columns, int(wide * ppi + 0.5))


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted(b"", "NONE", 0, 0, 500, (1, 1)), "DECODED"),
        (Wanted(b"1234", "NONE", 3, 2, 500, (1, 1)), "DECODED"),
        (Wanted(b"1234", "NONE", 2, 2, 0, (1, 1)), "RESOLUTION"),
        (Wanted(encode_wsq(np.zeros((40, 50), np.uint8)), "WSQ20", 40, 50, 500, (1, 1)), "STATED SIZE"),
    ],
    ids=["nothing", "too few bytes", "no scale", "sizes exchanged"],
)
def test_what_cannot_be_drawn_is_a_problem_in_words(wanted: Wanted, said: str) -> None:
    assert said in card_print(wanted).problem


def test_uncompressed_pixels_are_drawn_as_they_are() -> None:
    assert card_print(Wanted(bytes(range(6)), "NONE", 3, 2, 500, (1, 1))).pixels.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_characters_that_the_font_has_not_are_shown_as_such() -> None:
    assert printable("DOE\u202e\x07 華 É") == "DOE\\u202e? ? É"


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=300), st.floats(0.3, 6.0))
@settings(max_examples=60, deadline=None)
def test_no_word_is_lost_in_wrapping(text: str, width: float) -> None:
    assert "".join(wrapped(text, 7.0, width)).replace(" ", "") == printable(text).replace(" ", "")


def test_a_sheet_without_a_clock_gives_the_same_bytes() -> None:
    first, second = (Sheet("x") for _ in range(2))
    assert first.finish() == second.finish()


def test_a_card_without_decoded_prints_can_be_drawn() -> None:
    assert draw(read(car_bytes()), Decoded()).startswith(b"%PDF")
    assert decode_wsq(of_card()[Position.RIGHT_THUMB].data).shape == (752, 804)
