"""How the booking room tells what happens: JSON values, identities and numbers, nothing of the person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Say = Callable[[Mapping[str, Any]], None]
