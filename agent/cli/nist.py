"""`livescan nist`: look into ANSI/NIST-ITL files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.screen import out
from agent.errors import LivescanError

app = typer.Typer(help="Look into ANSI/NIST-ITL files.", no_args_is_help=True)


@app.command("show")
def show(
    file: Annotated[Path, typer.Argument(help="an ANSI/NIST-ITL file")],
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document instead of tables")] = False,
) -> None:
    """Print a file record by record."""
    from agent.nist.show import as_json as to_json
    from agent.nist.show import lines

    try:
        data = file.read_bytes()
    except OSError as error:
        raise LivescanError(f"Cannot read {file}: {error.strerror}.") from error
    if as_json:
        out.print_json(json.dumps(to_json(data)))
        return
    for line in lines(data):
        out.print(line, markup=False, highlight=False, soft_wrap=True)
