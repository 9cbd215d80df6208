"""The driver of the guide against the same suite as those that are shipped."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest

from agent.rig.conformance.suite import Verdict, run
from agent.rig.target import Rung, Target

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "folder_scanner.py"


@pytest.fixture(scope="module")
def example() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("folder_scanner", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["folder_scanner"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["folder_scanner"]


class Bench:
    """Whoever stands at the folder: lays a finger on it, takes it away, pulls the cable."""

    can = frozenset({"place", "lift", "by-itself", "unplug", "plug"})
    exact = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._by_itself = True
        self._hand = threading.Lock()  # one deed at a time: nothing is laid down after it was said to be lifted
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()

    def close(self) -> None:
        self._over.set()
        self._watching.join()

    def _watch(self) -> None:
        """Lays a finger down while the light is on, and takes it away when it is out."""
        while not self._over.wait(0.02):
            with self._hand:
                if self._by_itself:
                    self._place() if (self._folder / "light").exists() else self._lift()

    def do(self, word: str, what: str = "", values: Mapping[str, Any] | None = None) -> None:
        device = self._folder / "device.json"
        if word in ("place", "lift", "by-itself"):
            with self._hand:
                self._by_itself = word == "by-itself"
                self._place() if word == "place" else self._lift()
        elif word == "unplug":
            device.unlink(missing_ok=True)
        else:
            device.write_text(json.dumps({"model": "FOLDER-1", "serial": "F-0001"}))

    def _place(self) -> None:
        y, x = np.mgrid[0:400, 0:300]
        ridges = (127 + 100 * np.sin(np.hypot(x - 150, y - 200) / 1.5)).astype(np.uint8)
        done = self._folder / "glass.part.png"
        cv2.imwrite(str(done), ridges)
        done.replace(self._folder / "glass.png")

    def _lift(self) -> None:
        (self._folder / "glass.png").unlink(missing_ok=True)


@pytest.fixture
def target(example: ModuleType, tmp_path: Path) -> Iterator[Target]:
    bench = Bench(tmp_path)
    bench.do("plug")
    there = tmp_path / "device.json"
    yield Target(
        "folder", Rung.IN_PROCESS, "F-0001", lambda: example.FolderScanner(tmp_path), there.exists, bench,
        absent=lambda: example.FolderScanner(tmp_path / "nothing"),
    )  # fmt: skip
    bench.close()


def test_the_driver_of_the_guide_passes_the_conformance_suite(target: Target) -> None:
    score = run(target)
    failed = [f"{one.name}: {one.why}" for one in score.cases if one.verdict is Verdict.FAILED]
    assert failed == []
    assert score.passed >= 20


def test_rubbish_on_the_wire_is_said_to_be_rubbish(example: ModuleType, tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.close()
    bench.do("plug")
    scanner = example.FolderScanner(tmp_path)
    scanner.open()
    for rubbish in (b"", b"\x89PNG", b"\xff" * 4000):
        (tmp_path / "glass.png").write_bytes(rubbish)
        with pytest.raises(example.Garbled):
            scanner.platen_clear()
    scanner.close()
