"""One's own file opened again before it is sealed."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from agent.imaging.codec import decode_wsq
from agent.imaging.wsq_header import ImageError
from agent.model.fingers import MissingReason, Position
from agent.model.impression import GrayImage
from agent.nist.codec import build
from agent.nist.findings import Rule
from agent.submission.profiles import CAR
from agent.submission.reopen import reopen
from tests.nist.samples import a_booking, a_car, a_print, car_bytes, changed, images_without, some_images, with_print


def test_right_car_is_opened_with_all_its_images() -> None:
    opened = reopen(car_bytes(), decode_wsq)
    assert opened.ok
    assert {finding.rule for finding in opened.findings} == {Rule.SIZE}  # the samples are small
    assert list(opened.images) == list(CAR.positions)
    difference = opened.images[Position.LEFT_INDEX].astype(int) - a_print(Position.LEFT_INDEX).pixels
    assert np.abs(difference).mean() < 12


def test_what_comes_back_can_cross_to_another_process() -> None:
    assert len(pickle.loads(pickle.dumps(reopen(car_bytes(), decode_wsq))).images) == 14  # noqa: S301


def test_damaged_file_has_one_problem() -> None:
    opened = reopen(car_bytes()[:-1], decode_wsq)
    assert not opened.ok
    assert len(opened.problems) == 1
    assert "damaged at byte" in opened.problems[0]


def test_error_of_the_check_is_a_problem_and_a_warning_is_not() -> None:
    assert reopen(build(changed(a_car(), 2, {20: "ZZ"})), decode_wsq).problems == (
        "2.020: POB (place of birth) holds a code that is not in its list.",
    )
    warned = reopen(build(changed(a_car(), 2, {29: "049"})), decode_wsq)
    assert warned.ok
    assert [finding.field for finding in warned.findings if finding.rule is not Rule.SIZE] == ["2.029"]


def test_image_that_cannot_be_decoded_is_a_problem() -> None:
    broken = some_images()[Position.RIGHT_RING].data[:-200]

    def decode(data: bytes) -> GrayImage:
        if data == broken:
            raise ImageError("the WSQ decoder gave up on it")
        return decode_wsq(data)

    opened = reopen(build(with_print(a_car(), 4, data=broken)), decode)
    assert len(opened.problems) == 1
    assert "right ring" in opened.problems[0]
    assert Position.RIGHT_RING not in opened.images


def test_image_that_decodes_to_another_size_is_a_problem() -> None:
    opened = reopen(car_bytes(), lambda _: np.zeros((10, 10), np.uint8))
    assert len(opened.problems) == 14


def test_image_of_no_finger_is_a_problem() -> None:
    opened = reopen(build(with_print(a_car(), 4, positions=(99, 255, 255, 255, 255, 255))), decode_wsq)
    assert any("no finger position" in problem for problem in opened.problems)


@pytest.mark.parametrize("reason", MissingReason)
def test_car_with_a_missing_finger_is_opened(reason: MissingReason) -> None:
    opened = reopen(car_bytes(a_booking(missing={Position.LEFT_LITTLE: reason}), images_without(Position.LEFT_LITTLE)), decode_wsq)
    assert opened.ok
    assert len(opened.images) == 13
