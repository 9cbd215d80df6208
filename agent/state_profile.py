"""Which state's rules hold at a station: a name in `config/profiles`, or the path of such a file."""

from __future__ import annotations

from pathlib import Path

from agent.errors import ConfigError, LivescanError
from agent.nist.profiles import StateProfile, read_profile
from agent.settings import config_dir, read_toml


def load_state(name: str, unknown: type[LivescanError] = ConfigError) -> StateProfile:
    """Raises `unknown` where there is no such profile, ConfigError where it is wrong."""
    shipped = config_dir() / "profiles" / f"{name}.toml"
    path = shipped if shipped.is_file() else Path(name)
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in shipped.parent.glob("*.toml")))
        raise unknown(f"There is no state profile {name}.", do=f"Use one of {known}, or the path of a profile.")
    return read_profile(read_toml(path), str(path))
