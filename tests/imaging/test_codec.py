"""WSQ, both ways."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.imaging.codec import MAX_SIDE, MIN_SIDE, decode_wsq, encode_wsq, psnr
from agent.imaging.wsq_header import ImageError, read_wsq_header
from agent.model.impression import GrayImage
from agent.nist.codec import parse
from agent.nist.records import BinaryRecord
from tests.data import testdata


def ridges(height: int, width: int) -> GrayImage:
    """Waves of nine pixels, about the ridge spacing at 500 ppi."""
    y, x = np.mgrid[0:height, 0:width]
    image: GrayImage = (128 + 90 * np.sin((x + 0.5 * y) * 2 * np.pi / 9)).astype(np.uint8)
    return image


def test_rolled_print_survives_within_wsq_loss() -> None:
    image = ridges(750, 800)
    data = encode_wsq(image)
    assert decode_wsq(data).shape == (750, 800)
    assert psnr(image, decode_wsq(data)) > 30
    assert len(data) < image.size / 8


def test_rows_and_columns_are_not_mixed_up() -> None:
    header = read_wsq_header(encode_wsq(ridges(100, 200)))
    assert (header.width, header.height) == (200, 100)


def test_same_pixels_same_bytes() -> None:
    assert encode_wsq(ridges(120, 90)) == encode_wsq(ridges(120, 90))


def test_slice_of_a_larger_image_is_encoded_as_itself() -> None:
    whole = ridges(200, 300)
    assert encode_wsq(whole[20:120, 30:130]) == encode_wsq(whole[20:120, 30:130].copy())


@pytest.mark.parametrize("position", [1, 13])
def test_print_of_the_card_is_decoded_to_its_stated_size_and_encoded_again(position: int) -> None:
    tx = parse(testdata("prints/nist/type-4-tpcard.an2").read_bytes())
    record = next(r for r in tx.of_type(4) if isinstance(r, BinaryRecord) and r.header and r.header.position == position)
    assert record.header is not None
    pixels = decode_wsq(record.image)
    assert pixels.shape == (record.header.height, record.header.width)
    assert psnr(pixels, decode_wsq(encode_wsq(pixels))) > 30


@pytest.mark.parametrize(
    ("height", "width"), [(30, 400), (400, 30), (0, 0), (MAX_SIDE + 1, 40), (40, 65535), (2, 65535), (4001, 4000), (65536, 65536)]
)
def test_size_that_would_crash_the_codec_is_refused(height: int, width: int) -> None:
    image = np.broadcast_to(np.zeros(1, np.uint8), (height, width))
    with pytest.raises(ImageError):
        encode_wsq(image)


@pytest.mark.parametrize("image", [np.zeros((64, 64), np.uint16), np.zeros((64, 64, 3), np.uint8)], ids=["16 bits", "color"])
def test_image_that_is_not_one_grey_plane_is_refused(image: GrayImage) -> None:
    with pytest.raises(ImageError):
        encode_wsq(image)


WHOLE = encode_wsq(ridges(64, 64))


@pytest.mark.parametrize(
    "data",
    {
        "nothing": b"",
        "a JPEG": b"\xff\xd8\xff\xe0\x00\x10JFIF",
        "only the start": WHOLE[:2],
        "no frame header": WHOLE[:60],
        "frame header cut": WHOLE[: WHOLE.index(b"\xff\xa2") + 9],
        "segment of length zero": b"\xff\xa0\xff\xa8\x00\x00" + WHOLE[2:],
        "size zero": WHOLE.replace(b"\x00\x40\x00\x40", b"\x00\x00\x00\x00", 1),
        "size of 65535": WHOLE.replace(b"\x00\x40\x00\x40", b"\xff\xff\xff\xff", 1),
    }.values(),
)
def test_file_that_is_refused_before_the_native_codec_sees_it(data: bytes) -> None:
    with pytest.raises(ImageError):
        decode_wsq(data)


@given(st.binary(max_size=200))
def test_any_bytes_have_a_header_or_are_refused(data: bytes) -> None:
    for candidate in (data, b"\xff\xa0" + data, WHOLE[:170] + data):
        try:
            read_wsq_header(candidate)
        except ImageError:
            continue


def test_header_reading_of_many_small_segments_is_linear() -> None:
    with pytest.raises(ImageError):
        read_wsq_header(b"\xff\xa0" + b"\xff\xa8\x00\x02" * 500_000)


@pytest.mark.parametrize(("height", "width"), [(MIN_SIDE, MIN_SIDE), (MIN_SIDE, MAX_SIDE), (MAX_SIDE, MIN_SIDE), (1500, 1600), (1000, 500)])
def test_shapes_at_the_limits_do_not_crash_a_process(height: int, width: int) -> None:
    assert _in_a_process(_encode_noise, height, width) == 0


@pytest.mark.long
def test_many_shapes_do_not_crash_a_process() -> None:
    rng = np.random.default_rng(7)
    for _ in range(30):
        height, width = (int(side) for side in np.exp(rng.uniform(np.log(MIN_SIDE), np.log(3000), 2)))
        assert _in_a_process(_encode_noise, height, width) == 0, (height, width)


def _in_a_process(work: Callable[..., None], *arguments: int) -> int | None:
    """Exit code of a process that does nothing else; negative when a signal ended it."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join(60)
    return process.exitcode


def _encode_noise(height: int, width: int) -> None:
    """Noise is the worst case for the codec's buffers; one it gives up on is refused in words."""
    noise = np.random.default_rng(height * 10_000 + width).integers(0, 256, (height, width), dtype=np.uint8)
    for image in (noise, ridges(height, width), np.full((height, width), 255, np.uint8)):
        try:
            decode_wsq(encode_wsq(image))
        except ImageError:
            continue


def test_psnr_of_equal_images_is_infinite() -> None:
    assert psnr(ridges(40, 40), ridges(40, 40)) == float("inf")


def test_psnr_of_one_grey_level_everywhere() -> None:
    assert psnr(np.zeros((40, 40), np.uint8), np.ones((40, 40), np.uint8)) == pytest.approx(48.13, abs=0.01)


def test_psnr_of_two_sizes_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        psnr(ridges(40, 40), ridges(40, 41))
