"""Sentences as they stand in the source, by a walk of its syntax: of errors what they say, and of some modules whatever is a sentence."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAID_BY = ("what", "means", "do")
_SENTENCE = re.compile(r"[A-Z'`{].*\s.*[.?!]", re.DOTALL)
_SQL = re.compile(r"(?:SELECT|UPDATE|DELETE|INSERT)\b|.*\bWHERE\b.*=")
_BEGINS_ERRORS = frozenset({"LivescanError", "DeviceError", "LinkError"})
Tree = ast.Module


def trees(*packages: str) -> Mapping[str, Tree]:
    """By path from the root: "agent/kiosk/site.py"."""
    paths = [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text("utf-8")) for path in paths}


def errors_in(found: Mapping[str, Tree]) -> frozenset[str]:
    """Names of the classes that are raised with what, means and do."""
    bases: dict[str, set[str]] = {}
    for tree in found.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                bases.setdefault(node.name, set()).update(_name(base) for base in node.bases)
    errors = set(_BEGINS_ERRORS)
    while more := {name for name, of in bases.items() if of & errors} - errors:
        errors |= more
    return frozenset(errors)


def raised(tree: Tree, errors: frozenset[str]) -> Iterator[str]:
    """Templates of what the errors of a module say: {} where something is filled in."""
    constants = _constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (_name(node.func) in errors or _is_error_of_super(node)):
            for given in (*node.args[:1], *(one.value for one in node.keywords if one.arg in SAID_BY)):
                yield from _templates(given, constants)
        if isinstance(node, ast.ClassDef) and node.name in errors:
            for line in node.body:
                if isinstance(line, ast.Assign) and _name(line.targets[0]) in SAID_BY:
                    yield from _templates(line.value, constants)


def literals(tree: Tree) -> Iterator[str]:
    """Templates of whatever is a sentence in a module, but for its docstrings, its log and its SQL."""
    leave = {id(inner) for node in ast.walk(tree) if _is_left_out(node) for inner in ast.walk(node)}
    leave |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) not in leave and isinstance(node, ast.Constant | ast.JoinedStr):
            for text in _templates(node, {}):
                if _SENTENCE.fullmatch(text) and not _SQL.match(text):
                    yield text


def unfilled(text: str) -> str:
    """A template whose values have no name any more: "{n} of {of}" and f"{done} of {total}" are one."""
    return re.sub(r"\{[^{}]*\}", "{}", text)


def _templates(node: ast.expr, constants: Mapping[str, ast.expr]) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield unfilled(text)
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from (*_templates(one, constants), *_templates(other, constants))
        case ast.BoolOp(values=several):
            for one in several:
                yield from _templates(one, constants)
        case ast.Name(id=name) if name in constants:
            yield from _templates(constants[name], {})
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from (first + second for first in _templates(left, constants) for second in _templates(right, constants))


def _constants(tree: Tree) -> dict[str, ast.expr]:
    """What a module's names stand for, one step deep."""
    return {_name(node.targets[0]): node.value for node in tree.body if isinstance(node, ast.Assign)}


def _is_left_out(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _name(node.func.value) == "log"


def _is_error_of_super(call: ast.Call) -> bool:
    """super().__init__("…", means="…"): how an error says the same each time."""
    return (
        isinstance(call.func, ast.Attribute) and call.func.attr == "__init__" and any(one.arg in ("means", "do") for one in call.keywords)
    )


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
