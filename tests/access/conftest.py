"""Passwords are hashed cheaply here; that the product's own cost is RFC 9106's is a case of its own."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from agent.access import passwords

COSTLY = passwords._ARGON2


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_ARGON2", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
