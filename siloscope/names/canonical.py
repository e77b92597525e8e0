"""`canonical`: any spelling to its join key. A dictionary of parsers by scheme, then the few forms without one."""

import re

from siloscope.names import aws, azure, code, databases, gcp, images, jdbc, objects, streams, tools, web
from siloscope.names.context import EMPTY, Context, Parser
from siloscope.names.parts import MAX_NAME
from siloscope.names.strings import connection_string, keyword_dsn

SCHEMES: dict[str, Parser] = {
    **databases.SCHEMES,
    **objects.SCHEMES,
    **aws.SCHEMES,
    **azure.SCHEMES,
    **gcp.SCHEMES,
    **jdbc.SCHEMES,
    **streams.SCHEMES,
    **images.SCHEMES,
    **code.SCHEMES,
    **tools.SCHEMES,
    **web.SCHEMES,
}

_IDENTIFIER = r"(?:[A-Za-z_][\w$]{0,254}|\"[^\"\\/]{1,255}\"|`[^`\\/]{1,255}`|\[[^\]\\/]{1,255}\])"
_TABLE = re.compile(rf"{_IDENTIFIER}(?:\.{_IDENTIFIER}){{0,2}}").fullmatch


def canonical(spelling: str, context: Context = EMPTY) -> str | None:
    """The join key of a spelling, or None when it is not a name. Never raises; idempotent.

    Nothing of user info, query, fragment, SAS or key material is in the result. A spelling that is constant
    only up to some segment (wildcard, expression) gives the container that is certain.
    """
    if not isinstance(spelling, str) or len(spelling) > MAX_NAME:
        return None
    text = spelling.strip()
    if text[:1] in _QUOTES:
        text = text.strip(_QUOTES).strip()
    try:
        scheme, colon, rest = text.partition(":")
        if colon:
            parser = SCHEMES.get(scheme) or parser_of(scheme)
            if parser:
                return parser(scheme.lower(), rest, context) or None
        return _bare(text, context) if text else None
    except ValueError:  # bad IPv6 literals and IDN labels: not a name
        return None


_QUOTES = "\"'`=<"


def parser_of(scheme: str) -> Parser | None:
    """The parser of a scheme in any case, with or without a driver."""
    scheme = scheme.lower()
    found = SCHEMES.get(scheme)
    if found is None and "+" in scheme:
        found = databases.SCHEMES.get(scheme.partition("+")[0])
    return found


def _bare(text: str, context: Context) -> str | None:
    """Forms that carry no scheme, told apart by how they begin or by a character that no other form has."""
    first = text[0]
    if first == "/":
        if text.startswith("//"):
            return gcp.full(text)
        return azure.arm(text) if text[:15].lower() == "/subscriptions/" else None
    if first == "\\":
        return objects.unc(text) if text.startswith("\\\\") else None
    if "=" in text:
        if ";" in text:
            return connection_string(text, context)
        found = streams.bootstrap(text, "")
        return found or keyword_dsn(text, context)
    if text.startswith("projects/"):
        return gcp.relative(text)
    if text[:14].lower() == "subscriptions/":
        return azure.arm(text)
    return _server_or_image(text, context) or _table(text, context)


def _server_or_image(text: str, context: Context) -> str | None:
    if " " in text.replace(", ", ",") or len(text) > 2000:
        return None
    text = text.replace(", ", ",")
    if "://" in text:
        # Kafka lists with listener protocols whose scheme is not ours.
        return None
    return (
        (streams.bootstrap(text, context.engine) if ":" in text or context.engine == "kafka" else None)
        or images.clear(text)
        or (code.scp(text) if ":" in text else None)
        or (databases.server(text, context) if "." in text or ":" in text or context.engine else None)
    )


def _table(text: str, context: Context) -> str | None:
    """A bare table name, qualified by the context's database."""
    if not context.database or not _TABLE(text):
        return None
    from siloscope.names.sql import qualify

    parts = [part.strip('"`[]') for part in re.findall(_IDENTIFIER, text)]
    return qualify(parts, context)
