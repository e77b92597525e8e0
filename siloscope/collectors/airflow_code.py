"""What the Python source of a DAG file says, without the source: names, started and awaited DAGs, connections.

Only string constants count (docstrings and comments do not), so nothing is executed and nothing but names
is kept. A formatted string is a name as far as it is constant: `f"s3://lake/{day}/x"` is `s3://lake`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from siloscope.model import digest
from siloscope.names import Context, extract, extract_text, is_expression

LONGEST = 1_000_000
_KEYWORDS = {"trigger_dag_id": "starts", "external_dag_id": "awaits"}


def outline(text: str, context: Context) -> dict[str, Any]:
    """`names`, `starts`, `awaits` and `connections`, each `[{"name", "line"}]`, and a `fingerprint` of the code.

    Code that cannot be parsed (a newer syntax, a DAG factory's YAML) yields the names in its text.
    """
    try:
        tree = ast.parse(text[:LONGEST])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        rows = {(mention.name, 0) for mention in extract_text(text[:LONGEST], context)}
        return {"names": _rows(rows), "fingerprint": digest(" ".join(text.split()))}
    quiet = _inner(tree)
    found: dict[str, set[tuple[str, int]]] = {"names": set(), "starts": set(), "awaits": set(), "connections": set()}
    for node in ast.walk(tree):
        for key, value, line in _arguments(node):
            if not is_expression(value):
                found[key].add((value, line))
        if id(node) not in quiet:
            for mention in extract(_text(node), context):
                found["names"].add((mention.name, getattr(node, "lineno", 0)))
    return {
        **{key: _rows(rows) for key, rows in found.items() if rows},
        "fingerprint": digest(ast.dump(tree)),
    }


def _rows(found: set[tuple[str, int]]) -> list[dict[str, Any]]:
    """Each name once, where it stands first, in the order of lines."""
    first: dict[str, int] = {}
    for name, line in sorted(found, key=lambda row: (row[1], row[0])):
        first.setdefault(name, line)
    return [{"name": name, "line": line} for name, line in first.items()]


def _inner(tree: ast.AST) -> set[int]:
    """Strings that are no values: docstrings and the pieces of formatted strings."""
    out: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            out.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            out.update(id(each) for each in node.values)
    return out


def _text(node: ast.AST) -> str:
    """The text of a string, with `{}` for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
    return ""


def _arguments(node: ast.AST) -> Iterator[tuple[str, str, int]]:
    """(what, value, line) of the arguments by which operators, sensors and hooks point to other things."""
    if isinstance(node, ast.keyword):
        key = _KEYWORDS.get(node.arg or "") or ("connections" if (node.arg or "").endswith("conn_id") else "")
        value = _text(node.value) if isinstance(node.value, ast.Constant) else ""
        if key and value:
            yield key, value, node.value.lineno
    elif isinstance(node, ast.arguments):
        named = [*zip(node.args[len(node.args) - len(node.defaults) :], node.defaults, strict=True)]
        named += [(a, b) for a, b in zip(node.kwonlyargs, node.kw_defaults, strict=True) if b is not None]
        for argument, default in named:
            if argument.arg.endswith("conn_id") and isinstance(default, ast.Constant) and _text(default):
                yield "connections", _text(default), default.lineno
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        value = _text(node.args[0]) if isinstance(node.args[0], ast.Constant) else ""
        if node.func.attr == "get_connection" and value:
            yield "connections", value, node.lineno
