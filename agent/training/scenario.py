"""What the training bureau is told to do: when it answers, in which order, and how often. Frozen; a run has one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Scenario:
    """Delays count from the commit of the transaction; their order is the order of the answers."""

    receipt_after: timedelta = timedelta(0)
    sre_after: timedelta = timedelta(milliseconds=300)
    idr_after: timedelta = timedelta(milliseconds=600)
    identified: bool = False  # 2.059 SRF of the SRE
    copies: int = 1  # each reply is sealed and sent so many times: the same content in different envelopes


PLAIN = Scenario()
"""Receipt, SRE, IDR, each once, within a second."""

IDR_FIRST = Scenario(sre_after=timedelta(milliseconds=600), idr_after=timedelta(milliseconds=200))
DUPLICATED = Scenario(copies=2)
