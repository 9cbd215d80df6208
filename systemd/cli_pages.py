"""Man pages and bash completion out of the command line itself: `cli_pages.py SITE-PACKAGES MAN-FOLDER COMPLETION-FILE`.

One page for `livescan`, one for each command and group beside it (`livescan-keys`). The completion is a table of words: it starts no
Python at a press of the key.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAME = "livescan"
FOOTER = """.SH EXIT STATUS
0 done; 1 what was asked for is not so, or could not be done; 64 called wrongly; 69 a device or service is not there; 70 a fault in the
program; 78 settings, keys or installed files are wrong.
.SH FILES
.TP
.I /etc/livescan/agent.toml, /etc/livescan/conf.d/*.toml
the station's settings; every key and its default stands in station\\-defaults.toml of the program
.SH ENVIRONMENT
.TP
.B LIVESCAN_CONFIG
the settings file, where \\-\\-config is not given
.SH SEE ALSO
.BR livescan (1),
.I /usr/share/doc/livescan\\-agent
"""


def main(site: str, pages: str, completion: str) -> None:
    sys.path.insert(0, site)
    import typer  # noqa: PLC0415  of the environment that is being packaged

    from agent.cli.main import app  # noqa: PLC0415  as above

    root = typer.main.get_command(app)
    for path, command in walk(root, ()):
        if len(path) < 2:
            name = "-".join((NAME, *path))
            (Path(pages) / f"{name}.1").write_text(page(name, path, command), "utf-8")
    Path(completion).write_text(completed(root), "utf-8")


def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with the words that lead to it."""
    yield path, command
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        yield from walk(inner, (*path, name))


def page(name: str, path: tuple[str, ...], command: Any) -> str:
    summary = first_sentence(command.help)
    lines = [f'.TH "{name.upper()}" 1 "" "livescan-agent" "User commands"', ".SH NAME", f"{roff(name)} \\- {roff(summary)}", ".SH SYNOPSIS"]
    lines += [f".B {roff(' '.join((NAME, *path)))}", roff(usage(command)), ".SH DESCRIPTION", paragraphs(command.help)]
    lines += described(command)
    for inner_path, inner in walk(command, path):
        if inner is not command and (path or len(inner_path) == 1):
            lines += [f".SS {roff(' '.join((NAME, *inner_path)))} {roff(usage(inner))}", paragraphs(inner.help), *described(inner)]
    return "\n".join(lines) + "\n" + FOOTER


def described(command: Any) -> list[str]:
    lines: list[str] = []
    for one in command.params:
        if getattr(one, "hidden", False) or not getattr(one, "help", None):
            continue
        names = ", ".join(one.opts) if one.param_type_name == "option" else (one.metavar or one.name).upper()
        lines += [".TP", f".B {roff(names)}", roff(one.help)]
    return lines


def usage(command: Any) -> str:
    words = ["[OPTIONS]"] if any(one.param_type_name == "option" for one in command.params) else []
    words += [(one.metavar or one.name).upper() for one in command.params if one.param_type_name == "argument"]
    return " ".join(words + (["COMMAND"] if getattr(command, "commands", None) else []))


def completed(root: Any) -> str:
    rows = "\n".join(f'        "{" ".join(path)}") words="{" ".join(words(command))}" ;;' for path, command in walk(root, ()))
    return f"""# bash completion for livescan; made from its command line
_livescan() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" path="" word words=""
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        [[ $word == -* ]] || path="${{path:+$path }}$word"
    done
    while :; do
        words=""
        case "$path" in
{rows}
        esac
        [[ -n $words || -z $path ]] && break
        [[ $path == *" "* ]] && path="${{path% *}}" || path=""
    done
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _livescan livescan
"""


def words(command: Any) -> list[str]:
    options = [name for one in command.params if one.param_type_name == "option" for name in one.opts if name.startswith("--")]
    return [*sorted(getattr(command, "commands", {})), *options, "--help"]


def first_sentence(text: str | None) -> str:
    return (text or "").strip().split("\n\n")[0].replace("\n", " ").split(". ")[0].rstrip(".")


def paragraphs(text: str | None) -> str:
    return "\n.PP\n".join(roff(one.replace("\n", " ")) for one in (text or "").strip().split("\n\n"))


def roff(text: str) -> str:
    """Text as groff takes it: backslashes and hyphens kept, no line that looks like a request."""
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in safe.splitlines())


if __name__ == "__main__":
    main(*sys.argv[1:])
