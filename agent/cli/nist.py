"""`livescan nist`: look into ANSI/NIST-ITL files, check them, compare them, take them apart and build them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from agent.cli.conformance import conformance
from agent.cli.nist_files import find_state, print_json, read_file, write_new
from agent.cli.screen import err, out, write_line
from agent.errors import UsageError

if TYPE_CHECKING:
    from agent.nist.findings import Finding
    from agent.nist.show import ShownField

app = typer.Typer(help="ANSI/NIST-ITL files: look, check, compare, take apart, build.", no_args_is_help=True)

app.command("conformance")(conformance)

FILE = Annotated[Path, typer.Argument(help="an ANSI/NIST-ITL file, - for standard input")]
JSON = Annotated[bool, typer.Option("--json", help="one JSON document instead of tables")]
FORCE = Annotated[bool, typer.Option("--force", help="write over files that exist")]
STATE = Annotated[str | None, typer.Option(help="a state's rules: a name in config/profiles, or the path of such a file")]
EDITION = Annotated[str, typer.Option(help="edition of EBTS: 9.1, 10.0 or 11.0; a state's profile has its own")]


@app.command("show")
def show(
    file: FILE,
    as_json: Annotated[bool, typer.Option("--json", help="the readable form, which `build` turns into the same bytes")] = False,
    images: Annotated[bool, typer.Option(help="image data in the JSON document")] = True,
) -> None:
    """Print a file record by record."""
    data = read_file(file)
    if as_json:
        from agent.nist.readable import as_json as readable

        print_json(readable(data, images=images))
        return
    if out.is_terminal:
        _show_tables(data)
        return
    from agent.nist.show import lines

    for line in lines(data):
        write_line(line)


@app.command("check")
def check(
    file: FILE,
    profile: Annotated[str, typer.Option(help="what it should be: car, sre or errt; without it what the file says it is")] = "",
    edition: EDITION = "11.0",
    state: STATE = None,
    as_json: JSON = False,
) -> None:
    """List everything that the FBI or the bureau would reject or question. Exits with 1 when something stands in the way of sending."""
    from agent.nist.check import check as findings_of
    from agent.nist.codec import parse
    from agent.nist.dictionary import RECORDS
    from agent.nist.findings import errors

    tx = parse(read_file(file))
    tot = (profile or (tx.tot if tx.tot in RECORDS else "CAR")).upper()
    found = findings_of(tx, tot, edition, state=find_state(state), today=_today())
    if as_json:
        print_json({"profile": tot, "errors": len(errors(found)), "findings": [finding.as_json() for finding in found]})
    else:
        _print_findings(tot, found)
    if errors(found):
        raise typer.Exit(1)


@app.command("diff")
def diff(a: FILE, b: Annotated[Path, typer.Argument(help="the file to compare with")], as_json: JSON = False) -> None:
    """Compare two files field by field. Exits with 1 when they differ."""
    from agent.nist.diff import diff as differences_of
    from agent.nist.show import visible

    found = differences_of(read_file(a), read_file(b))
    if as_json:
        print_json({"same": not found, "differences": [asdict(difference) for difference in found]})
    elif found:
        table = Table("record", "field", "", Column(Text(visible(a.name))), Column(Text(visible(b.name))))
        for d in found:
            table.add_row(d.record, d.tag, d.mnemonic, *(_value(value) for value in (d.a, d.b)))
        out.print(table)
    else:
        out.print("The same bytes.")
    if found:
        raise typer.Exit(1)


@app.command("extract")
def extract(file: FILE, to: Annotated[Path, typer.Option("--out", help="folder")], force: FORCE = False, as_json: JSON = False) -> None:
    """Write every image as it stands in the file (WSQ, JPEG 2000, JPEG) and as PNG, with its resolution set."""
    from agent.cli.nist_extract import extract as extract_images

    found = extract_images(read_file(file), to, force=force)
    if as_json:
        print_json([asdict(image) for image in found])
    else:
        table = Table("record", "image", "ppi", "files")
        for image in found:
            table.add_row(image.record, Text(image.what), str(image.ppi or "-"), Text(image.problem or ", ".join(image.files)))
        out.print(table)
    if any(image.problem for image in found):
        err.print("Not every image could be read; what stands in the file was written as it is.")
        raise typer.Exit(1)


@app.command("build")
def build(
    form: Annotated[Path, typer.Argument(help="the JSON document of `show --json`, perhaps changed; - for standard input")],
    to: Annotated[Path, typer.Option("--out", help="the file to write")],
    force: FORCE = False,
    as_json: JSON = False,
) -> None:
    """Build a file from its readable form. Lengths and counts are computed where they no longer hold."""
    from agent.nist.codec import build as bytes_of
    from agent.nist.from_readable import from_json

    try:
        document = json.loads(read_file(form))
    except (ValueError, RecursionError) as error:
        raise UsageError("This is no JSON document.", do="Make one with `livescan nist show --json`.") from error
    tx = from_json(document)
    data = bytes_of(tx)
    write_new(to, data, force=force)
    if as_json:
        print_json({"file": str(to), "bytes": len(data), "records": len(tx.records)})
    else:
        out.print(Text(f"{to}: {len(data)} bytes, {len(tx.records)} records"))


@app.command("roundtrip")
def roundtrip(files: Annotated[list[Path], typer.Argument(help="ANSI/NIST-ITL files")], as_json: JSON = False) -> None:
    """Read and write again. Exits with 0 only when that gives the same bytes, for every file."""
    results = [{"file": str(file), **_roundtrip(read_file(file))} for file in files]
    if as_json:
        print_json(results)
    else:
        for result in results:
            out.print(Text(f"{result['file']}: {'same bytes' if result['same'] else result['why']}"))
    if not all(result["same"] for result in results):
        raise typer.Exit(1)


def _roundtrip(data: bytes) -> dict[str, Any]:
    from agent.nist.codec import build as bytes_of
    from agent.nist.codec import parse
    from agent.nist.errors import NistError

    try:
        same = bytes_of(parse(data)) == data
    except NistError as error:
        return {"same": False, "bytes": len(data), "why": error.what, "offset": error.offset, "field": error.field}
    return {"same": same, "bytes": len(data), "why": "" if same else "other bytes"}


def _show_tables(data: bytes) -> None:
    from agent.nist.show import show as fields_of

    rows: list[ShownField] = []
    for field in fields_of(data):
        if rows and field.record != rows[0].record:
            _show_table(rows)
            rows = []
        rows.append(field)
    _show_table(rows)


def _show_table(rows: list[ShownField]) -> None:
    table = Table("field", "", "what it is", "value", title=f"Record {rows[0].record + 1}, Type-{rows[0].type}", title_justify="left")
    for field in rows:
        table.add_row(field.tag, field.mnemonic, field.name, _value(field.value))
    out.print(table)


def _value(value: str | None) -> Text:
    """Already one printable line; `Text` keeps rich from reading markup in it."""
    from agent.nist.show import MAX_TEXT

    if value is None:
        return Text("-", style="dim")
    return Text(value if len(value) <= MAX_TEXT else f"{value[:MAX_TEXT]} ... ({len(value)} characters)")


def _print_findings(tot: str, found: list[Finding]) -> None:
    """Two lines each, readable in eighty columns: severity, rule, where it is mended; then the sentence and its clause."""
    from agent.nist.findings import Severity, errors

    for finding in found:
        style = "bold red" if finding.severity is Severity.ERROR else "yellow"
        head = Text.assemble((f"{finding.severity.value:<7} ", style), (f"{finding.id:<20} ", "bold"), (finding.form, "cyan"))
        out.print(head, Padding(Text.assemble(finding.sentence, (f" [{finding.clause}]", "dim")), (0, 0, 0, 8)), sep="\n")
    if found:
        out.print(
            f"{len(errors(found))} in the way of sending as {tot}, {len(found) - len(errors(found))} to be questioned.", highlight=False
        )
    else:
        out.print(f"Nothing stands against it as {tot}.")


def _today() -> Any:
    from agent.clock import SystemClock

    return SystemClock().now().date()
