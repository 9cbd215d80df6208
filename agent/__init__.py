"""The daemon of a booking station, one package per stage of a booking's life; see ARCHITECTURE.md."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's, read once: our arrays are small, its second thread only waits, at full load
