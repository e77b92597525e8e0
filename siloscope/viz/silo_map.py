"""The silo map as one HTML file: no request leaves it, and no name in it can become code.

All data sits in a JSON script element whose markup characters are escaped; the viewer writes text
only. A content security policy admits exactly the one script and the one style of this page by
their hashes. The same payload gives the same bytes.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

SCRIPTS = (
    "data.js",
    "theme.js",
    "pen.js",
    "view.js",
    "state.js",
    "coast.js",
    "sea.js",
    "ground.js",
    "labels.js",
    "dom.js",
    "evidence.js",
    "side.js",
    "export.js",
    "main.js",
    "input.js",
)
"""The viewer's sources, in the order they are joined."""


def silo_map_html(payload: Mapping[str, Any]) -> str:
    """The page for a payload of `siloscope.viz.payload.payload`, to be written as UTF-8."""
    script, style = _script(), _static("map.css")
    fields = {
        "policy": escape(_policy(script, style), quote=True),
        "title": escape(str(payload.get("title", "Silo map"))),
        "style": style,
        "script": script,
        "data": json_for_html(payload),
    }
    # One pass, so that nothing in the data is ever taken for a placeholder.
    return re.sub(r"\{\{(\w+)\}\}", lambda match: fields[match[1]], _static("page.html"))


def json_for_html(value: Any) -> str:
    """JSON that is safe inside a script element: no `<`, `>`, `&`, line separators or lone surrogates."""
    document = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return re.sub("[<>&\u2028\u2029\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", document)


def _policy(script: str, style: str) -> str:
    return (
        f"default-src 'none'; script-src '{content_hash(script)}'; style-src '{content_hash(style)}'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def content_hash(source: str) -> str:
    """The hash by which a content security policy admits an inline script or style."""
    return f"sha256-{b64encode(sha256(source.encode()).digest()).decode()}"


@cache
def _script() -> str:
    parts = "\n".join(_static(name) for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}\nstart();\n}})();\n'


@cache
def _static(name: str) -> str:
    return files("siloscope.viz").joinpath("static", name).read_text(encoding="utf-8")
