"""1000 ppi: JPEG 2000 with its resolution, the filter to 500 ppi, and pictures told by their first bytes."""

from __future__ import annotations

import io
import multiprocessing

import cv2
import numpy as np
import pytest
import wsq  # noqa: F401 - registers with Pillow
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from agent.imaging.codec import decode_wsq, encode_wsq, psnr
from agent.imaging.jpeg2000 import encode_jp2, read_ppi, resolution_box, with_resolution
from agent.imaging.pictures import decode_image
from agent.imaging.scale import halved
from agent.imaging.wsq_comment import MOST, comment, with_comment
from agent.imaging.wsq_header import ImageError, read_wsq_header
from tests.imaging.test_codec import ridges

FINE = cv2.resize(ridges(300, 400), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)


def test_fine_print_is_ten_to_one_and_states_its_resolution() -> None:
    data = encode_jp2(FINE, 1000, "livescan-agent 0.1.0")
    assert FINE.size / len(data) == pytest.approx(10, rel=0.02)
    assert read_ppi(data) == 1000
    assert psnr(decode_image(data), FINE) > 35
    assert encode_jp2(FINE, 1000, "livescan-agent 0.1.0") == data


def test_another_reader_finds_resolution_comment_and_pixels() -> None:
    with Image.open(io.BytesIO(encode_jp2(FINE, 1000, "livescan-agent 0.1.0"))) as picture:
        assert picture.size == (800, 600)
        assert picture.info["dpi"] == pytest.approx((1000, 1000), abs=0.01)
        assert picture.info["comment"] == b"livescan-agent 0.1.0"


def code_stream_marker(data: bytes, marker: bytes) -> bytes:
    at = data.index(marker)
    return data[at + 2 : at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")]


def test_code_stream_has_the_parameters_of_the_profile() -> None:
    """COD: Scod, then progression 2 = RPCL, one layer, no colour transform, 6 decompositions, blocks of 2^(4+2), wavelet 0 = 9/7."""
    cod = code_stream_marker(encode_jp2(FINE, 1000), b"\xff\x52")
    assert (cod[3], int.from_bytes(cod[4:6], "big"), cod[7], cod[8], cod[9], cod[11]) == (2, 1, 6, 4, 4, 0)


def test_resolution_box_is_that_of_the_standard() -> None:
    assert resolution_box(1000) == bytes.fromhex("0000001a 72657320 00000012 72657363 99ca 0001 99ca 0001 00 00")
    assert read_ppi(b"no box") is None
    with pytest.raises(ImageError):
        with_resolution(b"\x00\x00\x00\x00", 1000)


def test_half_of_a_fine_print_looks_like_the_print_taken_at_500() -> None:
    small = halved(FINE)
    assert small.shape == (300, 400)
    assert psnr(small[8:-8, 8:-8], ridges(300, 400)[8:-8, 8:-8]) > 20
    assert halved(np.full((7, 9), 200, np.uint8)).shape == (4, 5)
    assert set(halved(np.full((7, 9), 200, np.uint8)).ravel()) == {200}


def test_fine_detail_that_500_ppi_cannot_hold_is_filtered_not_folded() -> None:
    """Stripes of one pixel would become a flat field or coarse bands by decimation alone."""
    stripes = np.tile(np.array([0, 255], np.uint8), (64, 32))
    assert np.ptp(stripes[::2, ::2]) == 0
    assert stripes[::2, ::2].mean() == 0
    assert halved(stripes).mean() == pytest.approx(127, abs=10)


def test_wsq_carries_our_comment_first_and_the_same_pixels() -> None:
    plain, ours = encode_wsq(ridges(100, 90)), encode_wsq(ridges(100, 90), comment(500, "livescan-agent 0.1.0"))
    assert np.array_equal(decode_wsq(plain), decode_wsq(ours))
    comments = read_wsq_header(ours).comments
    assert comments[0] == b"PPI 500\nSOFTWARE livescan-agent 0.1.0\n"
    assert comments[1:] == read_wsq_header(plain).comments
    with Image.open(io.BytesIO(ours)) as picture:
        assert picture.size == (90, 100)
        assert np.array_equal(np.asarray(picture.convert("L")), decode_wsq(plain))


def test_a_comment_fits_or_is_refused() -> None:
    data = encode_wsq(ridges(64, 64))
    assert len(with_comment(data, "x" * MOST)) == len(data) + 4 + MOST
    with pytest.raises(ImageError):
        with_comment(data, "x" * (MOST + 1))
    with pytest.raises(ImageError):
        with_comment(data[1:], "x")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "JPEG2000"])
def test_pictures_are_told_by_their_first_bytes(form: str) -> None:
    out = io.BytesIO()
    Image.fromarray(ridges(60, 80)).save(out, form)
    assert decode_image(out.getvalue()).shape == (60, 80)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8\xff", b"\x00\x00\x00\x0cjP  ", b"\x89PNG\r\n\x1a\n"], ids=repr)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(ImageError):
        decode_image(data)


def decoded_or_refused(files: list[bytes]) -> bool:
    for data in files:
        try:
            decode_image(data)
        except ImageError:
            continue
    return True


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=8))
@settings(max_examples=30, deadline=None)
def test_mutated_fine_print_is_decoded_or_refused_in_a_process_of_its_own(changes: list[tuple[int, int]]) -> None:
    data = bytearray(encode_jp2(FINE[:128, :128], 1000))
    for at, value in changes:
        data[at % len(data)] = value
    assert decoded_or_refused([bytes(data)])


def test_worker_functions_are_importable_by_name() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(decode_image, (encode_wsq(ridges(64, 64)),)).shape == (64, 64)
