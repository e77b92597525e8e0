"""The silo map as one HTML file: no request leaves it, and no name in it can become code.

All data sits in a script element that is never run: JSON whose markup characters are escaped, or, when large, as gzip
in base64. The viewer writes text only. A content security policy admits exactly the one script and the one style of
this page by their hashes. The same payload gives the same bytes.
"""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

PLAIN_LIMIT = 100_000
"""Characters of JSON from which on the data is compressed."""
NOSCRIPT = "The silo map is drawn by a script of this page; it asks no network and needs scripts to be allowed."
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<noscript>{noscript}</noscript>
<script type="{kind}" id="data">{data}</script>
<script type="application/json" id="notes">{{}}</script>
<script>{script}</script>
</body>
</html>
"""


def silo_map_html(payload: Mapping[str, Any], *, served: bool = False) -> str:
    """The page for a payload of `siloscope.viz.payload`, to be written as UTF-8.

    `served` allows the page to ask the server it came from, and nobody else.
    """
    script, style = static("viewer.js"), static("viewer.css")
    text = json_for_html(payload)
    kind = "application/json"
    if len(text) > PLAIN_LIMIT:
        kind, text = "application/gzip", compressed(json_text(payload))
    return _PAGE.format(
        policy=escape(policy(script, style, served=served)),
        title=escape(str(payload.get("title", "Silo map"))),
        style=style,
        noscript=NOSCRIPT,
        kind=kind,
        data=text,
        script=script,
    )


def json_text(value: Any) -> str:
    """Compact JSON; lone surrogates, which UTF-8 cannot hold, are escaped."""
    document = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", document)


def json_for_html(value: Any) -> str:
    """JSON that is safe inside a script element: no `<`, `>`, `&`, line separators or lone surrogates."""
    return re.sub("[<>&\u2028\u2029]", lambda match: f"\\u{ord(match[0]):04x}", json_text(value))


def compressed(text: str) -> str:
    """Text as gzip in base64; no time and no name in it, so that the same text gives the same bytes."""
    return b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def policy(script: str, style: str, *, served: bool = False) -> str:
    """The content security policy of a page with this script and this style."""
    connect = "connect-src 'self'; " if served else ""
    return (
        f"default-src 'none'; script-src '{content_hash(script)}'; style-src '{content_hash(style)}'; {connect}"
        "img-src data: blob:; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def content_hash(source: str) -> str:
    """The hash by which a content security policy admits an inline script or style."""
    return f"sha256-{b64encode(sha256(source.encode()).digest()).decode()}"


@cache
def static(name: str) -> str:
    """A file of the built viewer."""
    return files("siloscope.viz").joinpath("static", name).read_text(encoding="utf-8")
