"""The fuzz corpus as plain tests: seeds and their simple mutations keep every promise."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from agent.nist.codec import parse
from tests.fuzz.promises import one_input, repaired

CORPUS = sorted((Path(__file__).parent / "nist_corpus").iterdir())


@pytest.mark.parametrize("seed", CORPUS, ids=[path.name for path in CORPUS])
def test_seed_and_its_mutations(seed: Path) -> None:
    original = seed.read_bytes()
    one_input(original)
    rng = random.Random(seed.name)
    for _ in range(40):
        mutated = bytearray(original)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(mutated))
            mutated[at : at + rng.choice((0, 1, 1, 2))] = rng.choice((b"\x1d", b"\x1e", b"\x1f", b"0", b"A", b"", rng.randbytes(1)))
        one_input(bytes(mutated))


def test_repaired_text_is_read() -> None:
    assert len(parse(repaired(b"1.001:9\x1d1.002:0502\x1d1.003:x\x1d1.004:SRE\x1c2.001:1\x1d2.002:00\x1c")).records) == 2


def test_corpus_is_small() -> None:
    assert sum(path.stat().st_size for path in CORPUS) < 64_000
