"""Where a key in a token is: a URI of RFC 7512 in its key file.

    pkcs11:token=livescan;object=signing?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=/etc/livescan/token.pin

`pin-source` is a file of mode 0600 that holds the PIN, or `credential:NAME`; a PIN in the URI is refused.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from agent.errors import ConfigError

_NAME = re.compile(r"[ -~]{1,64}")


@dataclass(frozen=True)
class TokenUri:
    token: str
    object: str
    module: Path
    pin_source: Path

    @classmethod
    def parse(cls, text: str) -> TokenUri:
        """Raises ConfigError."""
        try:
            path, _, query = text.removeprefix("pkcs11:").partition("?")
            parts = dict(_pairs(path, ";")) | dict(_pairs(query, "&"))
            if "pin-value" in parts or not all(_NAME.fullmatch(parts[name]) for name in ("token", "object")):
                raise ValueError("a PIN in the URI, or a name that is none")
            return cls(parts["token"], parts["object"], Path(parts["module-path"]), Path(parts["pin-source"].removeprefix("file:")))
        except (KeyError, ValueError) as error:
            raise ConfigError(
                "A key file has a PKCS#11 URI that cannot be used.",
                means="Nothing can be sealed or opened.",
                do="Write pkcs11:token=…;object=…?module-path=…&pin-source=FILE; the PIN itself does not stand in it.",
            ) from error

    def with_object(self, name: str) -> str:
        """The URI of another key in the same token."""
        return f"pkcs11:token={self.token};object={name}?module-path={self.module}&pin-source={self.pin_source}"


def token_name(uri: str) -> str:
    """For people; never raises."""
    try:
        return f"PKCS#11 token {TokenUri.parse(uri).token}"
    except ConfigError:
        return "PKCS#11, with an unusable URI"


def tokens() -> Any:
    """The module `agent.signing.tokens`: a station whose keys are in files does not need what it imports. Raises ConfigError."""
    try:
        return importlib.import_module("agent.signing.tokens")
    except ImportError as error:
        raise ConfigError(
            "A key is in a PKCS#11 token, and python-pkcs11 is not installed.",
            means="Nothing can be sealed or opened.",
            do="Install the extra: pip install 'livescan-agent[token]'.",
        ) from error


def _pairs(text: str, separator: str) -> Iterator[tuple[str, str]]:
    for part in filter(None, text.split(separator)):
        name, _, value = part.partition("=")
        yield name, unquote(value)
