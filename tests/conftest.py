"""What holds for all tests: no property is judged by the clock, since speed belongs to `livescan bench`."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("no clock", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no clock")
