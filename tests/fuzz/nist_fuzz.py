"""The promises of `agent.nist` under a coverage-guided fuzzer (atheris on libFuzzer): `make fuzz`.

    python -m tests.fuzz.nist_fuzz NEW_FOLDER tests/fuzz/nist_corpus [-max_total_time=60] [libFuzzer's other options]

What it finds goes into the first folder; an input that breaks a promise is kept and printed.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["agent.nist", "agent.imaging.wsq_header"]):
    from tests.fuzz.promises import one_input


def main() -> None:
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
