"""`livescan keys enrol`: the first certificates of a station, from its authority's EST server (RFC 7030 4.2.1, simpleenroll).

What `livescan init` asked for is sent there instead of being carried, with a word that the authority gave for once. Every answer is checked
like one that was carried. Later certificates are asked for by the station itself, with the certificate that it has then.
"""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import keys
from agent.cli.config import CONFIG, settings
from agent.cli.screen import out
from agent.errors import UsageError

if TYPE_CHECKING:
    from agent.settings import Settings
    from agent.signing.renewal import Request

app = keys.app  # one command group, in two files
_LONGEST_WORD = 256  # characters


@app.command("enrol")
def enrol(
    word: Annotated[Path, typer.Option("--word-file", help="file with the word that the authority gave this station for once")],
    est: Annotated[str, typer.Option(help="https://HOST/.well-known/est; without it, trust.est of the settings")] = "",
    config: CONFIG = None,
    as_json: keys.JSON = False,
) -> None:
    """Have the keys that wait certified by the authority's EST server, and put them in use."""
    from agent.signing.renewal import pending
    from agent.signing.slots import Use

    of = settings(config)
    folders = dict.fromkeys((of.paths.keys, of.paths.tls_keys))
    waiting = [(folder, one) for folder in folders for one in pending(folder / "station", *Use)]
    if not waiting:
        raise UsageError("No key waits for a certificate.", do="`livescan init` or `livescan keys request` makes one.")
    installed = [_enrolled(of, folder, one, est or of.trust.est, _word(word)) for folder, one in waiting]
    keys._given_back(None, config)
    if as_json:
        out.print_json(json.dumps({"installed": installed}))
        return
    out.print(f"In use: {', '.join(installed)}. Destroy the word; it is not needed again.", highlight=False)


def _enrolled(of: Settings, folder: Path, one: Request, est: str, word: str) -> str:
    """Raises AuthorityError, RenewalError: what was installed before stays so, and asking again goes on with the rest."""
    from agent.clock import SystemClock
    from agent.delivery.authority import Door, enroll
    from agent.signing.enrol import install_answer

    if not est.startswith("https://"):
        raise UsageError("No EST server is named.", do="Give --est https://HOST/.well-known/est, or set trust.est.")
    context = ssl.create_default_context(cafile=str(folder / "ca" / "ca.crt"))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    answer = enroll(Door.parse(est), one.der, context, user=of.station.id, password=word)
    install_answer(folder, one.use, answer, SystemClock().now())
    return str(one.use)


def _word(path: Path) -> str:
    try:
        word = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The file {path} cannot be read.", do="Name the file with the authority's word.") from error
    if not 0 < len(word) <= _LONGEST_WORD or ":" in word or "\n" in word:
        raise UsageError("The file does not hold one word.", do="Write the authority's word into it, and nothing else.")
    return word
