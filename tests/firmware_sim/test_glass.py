"""What lies on the glass is in every picture, the empty platen can be taken, and pictures come at 1000 ppi: seen on the wire."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from firmware_sim.bench import Bench
from tests.firmware_sim import fap60_host as fap
from tests.firmware_sim.conftest import SMALL, Way
from tests.firmware_sim.fap60_host import Host, HostFrame
from tests.firmware_sim.usbip_client import Client

EMPTY, RIGHT_FOUR, ROLL = 6, 5, 1
FOUR = {2, 3, 4, 5}
WHOLE = (1520, 1640)  # rows, columns


def empty(host: Host, token: int = 1) -> HostFrame:
    taken = host.capture(token, EMPTY, set())
    assert (taken.mode, taken.pixels.shape, taken.fingers, taken.corner) == (EMPTY, WHOLE, 0, (0, 0))
    return taken


def dark(frame: HostFrame) -> int:
    return int(np.count_nonzero(frame.pixels < 200))


def test_the_empty_platen_is_taken_at_once_and_no_finger_comes(host: Host) -> None:
    assert dark(empty(host)) == 0
    host.until_state(fap.READY)
    assert host.states() == [fap.AWAIT_CLEAR, fap.ARMED, fap.TAKING, fap.RESULT, fap.READY]
    assert [event for event in host.events if event.kind == fap.FINGERS] == []


def test_a_finger_that_lies_there_is_waited_for(bench: Bench, host: Host) -> None:
    bench.place("right-four")
    host.arm(2, EMPTY, set())
    assert host.state()[0] == fap.AWAIT_CLEAR
    bench.lift()
    assert dark(host.until_result()) == 0


def test_dirt_stays_until_the_glass_is_wiped(bench: Bench, host: Host) -> None:
    bench.faults.arm("dirt-on-glass", {"percent": 50})
    assert dark(empty(host, 1)) == pytest.approx(dark(empty(host, 2)), rel=0.02)
    assert dark(empty(host, 3)) > 10_000
    bench.faults.clear("dirt-on-glass")
    assert dark(empty(host, 4)) == 0


def test_a_finger_leaves_its_print_where_it_lay(bench: Bench, host: Host) -> None:
    bench.faults.arm("prints-left-on-glass", {"percent": 80})
    laid = host.capture(1, RIGHT_FOUR, FOUR)
    left = empty(host, 2)
    rows, columns = laid.pixels.shape
    there = left.pixels[laid.corner[1] : laid.corner[1] + rows, laid.corner[0] : laid.corner[0] + columns]
    assert dark(left) == np.count_nonzero(there < 200) > 1000
    assert there.min() > laid.pixels.min()
    assert np.corrcoef(there.ravel(), laid.pixels.ravel())[0, 1] > 0.8


def test_a_roll_leaves_its_print_in_the_middle_of_the_platen(bench: Bench, host: Host) -> None:
    bench.faults.arm("prints-left-on-glass", {"percent": 80})
    host.capture(1, ROLL, {3})
    rows, columns = np.nonzero(empty(host, 2).pixels < 200)
    assert (rows.mean(), columns.mean()) == (pytest.approx(760, abs=20), pytest.approx(820, abs=20))


def test_a_scanner_that_takes_a_latent_for_fingers_shows_it_in_previews_and_result(bench: Bench, host: Host) -> None:
    bench.faults.arm("prints-left-on-glass", {"percent": 80})
    laid = host.capture(1, RIGHT_FOUR, FOUR)
    bench.faults.arm("latent-for-fingers")
    fooled = host.capture(2, RIGHT_FOUR, FOUR)
    assert (fooled.fingers, fooled.pixels.shape) == (4, laid.pixels.shape)
    assert np.corrcoef(fooled.pixels.ravel(), laid.pixels.ravel())[0, 1] > 0.8
    assert any(dark(frame) for frame in host.frames if frame.kind == 1)


def test_a_result_says_where_on_the_platen_it_lies(host: Host) -> None:
    laid = host.capture(1, RIGHT_FOUR, FOUR)
    rows, columns = laid.pixels.shape
    assert laid.corner == ((1640 - columns) // 2, (1520 - rows) // 2)


def test_a_thousand_ppi_is_the_same_picture_twice_as_large(host: Host) -> None:
    native, fine = host.capture(1, RIGHT_FOUR, FOUR), host.capture(2, RIGHT_FOUR, FOUR, ppi=1000)
    assert (native.ppi, fine.ppi) == (500, 1000)
    assert fine.pixels.shape == tuple(2 * side for side in native.pixels.shape)
    assert fine.corner == tuple(2 * side for side in native.corner)
    rows, columns = native.pixels.shape
    halved = fine.pixels.reshape(rows, 2, columns, 2).mean(axis=(1, 3))
    assert np.corrcoef(halved.ravel(), native.pixels.ravel())[0, 1] > 0.97
    assert {frame.ppi for frame in host.frames if frame.kind == 1} <= {500}


def test_raw_roll_frames_come_at_the_ppi_of_the_result(make_bench: Callable[..., Bench]) -> None:
    with Client(make_bench(speed=5).address) as client:
        host = Host(client)
        result = host.capture(3, ROLL, {3}, flags=5, ppi=1000)
        strips = [frame for frame in host.frames if frame.kind == 3]
        assert {(frame.ppi, frame.pixels.shape) for frame in [*strips, result]} == {(1000, (1600, 1680))}
        assert SMALL[Way.ROLLED, 3].shape[0] < 1600
