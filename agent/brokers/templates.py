"""The templates of config/brokers, filled in. `${name}` stands for a value; a template that asks for one that is not given is an error."""

from __future__ import annotations

from string import Template

from agent.errors import ConfigError
from agent.settings import config_dir


def fill(template: str, /, **values: str) -> str:
    """template: path below config/brokers. Raises ConfigError when this installation lacks the template or a value."""
    try:
        return Template((config_dir() / "brokers" / template).read_text("utf-8")).substitute(values)
    except (OSError, KeyError, ValueError) as error:
        raise ConfigError(f"The broker template {template} cannot be used: {error}.", do="Install livescan-agent again.") from error
