"""A state's rules over the common ones."""

from __future__ import annotations

import pytest

from agent.capture.settings import CaptureRules, CaptureSettings
from agent.errors import ConfigError
from agent.settings import config_dir, read_toml

SHIPPED = read_toml(config_dir() / "capture.toml")


def test_without_a_state_the_common_rules_hold() -> None:
    assert CaptureSettings.from_toml(SHIPPED).rules == CaptureRules()


def test_a_states_own_table_lies_over_them() -> None:
    assert CaptureSettings.from_toml(SHIPPED, "example-state").rules == CaptureRules(second_officer=True, hand_again=True)
    partly = {"rules": {"hand_again": True}, "state": {"here": {"second_officer": True}}}
    assert CaptureSettings.from_toml(partly, "here").rules == CaptureRules(second_officer=True, hand_again=True)


@pytest.mark.parametrize(
    ("table", "state", "said"),
    [
        (SHIPPED, "nowhere", "'nowhere' has no rules"),
        ({"rules": {"third_officer": True}}, "", "'third_officer'"),
        ({"rules": {"hand_again": 1}}, "", "'hand_again'"),
        ({"waits_most": 0}, "", "'waits_most'"),
        ({"ppi": 600}, "", "'ppi' must be 500 or 1000"),
    ],
)
def test_what_is_no_rule_is_an_error(table: dict[str, object], state: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        CaptureSettings.from_toml(table, state)
