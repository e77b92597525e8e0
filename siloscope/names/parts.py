"""Building blocks of every parser: hosts, ports, authorities, path segments, and what must not survive.

A path is kept as far as it is a constant: it ends before the first segment that holds a wildcard, an
expression, a control or direction mark, or key material. What is left is a true container of what was meant.
"""

import re
from ipaddress import IPv6Address
from urllib.parse import unquote

MAX_NAME = 8192
"""Longer strings are not names. S3 keys end at 1,024 bytes, ARNs at 2,048, practical URLs below 8,192."""

_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]{0,251}[a-z0-9_])?").fullmatch
# Anything but a plain space that is not a visible constant character, and what globs and templates use.
_UNSEEN = (
    r"\x00-\x1f\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\uffff"
    r"\ud800-\udfff\U000e0000-\U000e0fff"
)
_STOP = re.compile(rf"[?#*{{}}<>\"`|^\\${_UNSEEN}]")
_VARIABLE = re.compile(r"\$[A-Za-z_({]").match
_SIMPLE = re.compile(r"([a-z0-9_](?:[a-z0-9._-]{0,251}[a-z0-9_])?)(?::([1-9]\d{0,3}|[1-5]\d{4}))?").fullmatch
_UNSAFE = re.compile(rf"[%/?#*{{}}<>\"`|^\\${_UNSEEN}]")
_TOKEN_PREFIX = re.compile(
    r"eyJ|gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|xapp-|sk-[A-Za-z0-9]|[sr]k_(?:live|test)_|AKIA|ASIA|AIza|SG\.|"
    r"ya29\.|dapi[0-9a-f]{16}|hf_[A-Za-z]|shp(?:at|ss)_|npm_|whsec_|pat-[a-z]{2}\d-|AKfycb|EAA[A-Z]"
)
_HEX = re.compile(r"[0-9a-fA-F-]+").fullmatch
UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}").fullmatch
_CLASSES = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "a" * 26 + "A" * 26 + "0" * 10
)
_CHANGES = ("aA", "Aa", "a0", "0a", "A0", "0A")


def host(text: str) -> str | None:
    """A host in its one spelling, or None: lower case, no trailing dot, IPv6 compressed, IDN as IDNA 2003."""
    text = text.lower()
    if _HOST(text) and ".." not in text:
        return text
    if text.endswith(".") and len(text) > 1:
        return host(text[:-1])
    if text.startswith("[") and text.endswith("]"):
        return f"[{IPv6Address(text[1:-1].partition('%')[0]).compressed}]"
    if text.isascii() or len(text) > 253 or _STOP.search(text):
        return None
    # UnicodeError is a ValueError: `canonical` answers None for it.
    ascii_form = text.encode("idna").decode("ascii").lower()
    return ascii_form if _HOST(ascii_form) else None


def authority(text: str, default: int | None = None) -> str | None:
    """`host[:port]` in its one spelling, with the default port of a known engine filled in."""
    simple = _SIMPLE(text)
    if simple and ".." not in text:
        return f"{text}:{default}" if default and simple[2] is None else text
    name, port = split_port(text)
    known = host(name)
    if known is None or port is None:
        return None
    if port == "":
        return f"{known}:{default}" if default else known
    return f"{known}:{port}"


def split_port(text: str) -> tuple[str, str | None]:
    """(host, port); the port is "" when there is none and None when it is not a port number."""
    if text.startswith("["):
        name, bracket, rest = text.partition("]")
        name += bracket
        if rest and not rest.startswith(":"):
            return name, None
        port = rest[1:]
    else:
        name, _, port = text.partition(":")
    if not port:
        return name, ""
    if not (port.isascii() and port.isdigit() and len(port) <= 6 and 0 < int(port) < 65536):
        return name, None
    return name, str(int(port))


def constant(path: str) -> str:
    """The part of a path that is certainly constant, without trailing slashes and wildcards.

    A query or fragment is cut where it starts; any other stop takes its whole segment with it.
    """
    found = _STOP.search(path)
    while found and found[0] == "$" and not _VARIABLE(path, found.start()):
        found = _STOP.search(path, found.end())
    if found:
        at = found.start()
        path = path[:at] if path[at] in "?#" else path[: path.rfind("/", 0, at) + 1]
    return path.rstrip("/ ")


def keyless(path: str) -> str:
    """An object key or similar path up to the first segment that looks like key material.

    Content hashes, UUIDs and run ids (hexadecimal) are identifiers here and stay.
    """
    if len(path) < 20:
        return path
    at = 0
    for segment in path.split("/"):
        if len(segment) >= 20 and token_like(segment):
            return path[:at].rstrip("/ ")
        at += len(segment) + 1
    return path


def token_like(segment: str) -> bool:
    """Whether a path segment of 20 characters or more reads like a generated secret rather than a word.

    Either a vendor's token prefix, or letters and digits that change their class in two of five places;
    words, camel case, dates and hexadecimal ids stay well below.
    """
    if _TOKEN_PREFIX.match(segment):
        return True
    changed = segment.translate(_CLASSES)
    changes = sum(map(changed.count, _CHANGES))
    return changes >= 0.4 * len(segment) and not _HEX(segment)


def segment(text: str) -> str:
    """One path segment of a name from an arbitrary identifier: what would break the path is percent-encoded."""
    text = text.strip()
    if text in {".", ".."}:
        return text.replace(".", "%2E")
    return _UNSAFE.sub(lambda found: _percent(found[0]), text)


def _percent(char: str) -> str:
    known = "\ufffd" if "\ud800" <= char <= "\udfff" else char
    return "".join(f"%{byte:02X}" for byte in known.encode())


def plain(text: str) -> str:
    """The identifier that `segment` encoded."""
    return unquote(text, errors="replace") if "%" in text else text


def compose(scheme: str, place: str, *segments: str) -> str:
    """A name from its parts: `compose("mlflow", "mlflow.risk.example", "model", name)`; any text is a safe segment."""
    return "/".join([f"{scheme}://{place}", *(segment(each) for each in segments if each.strip())])


def without_user(rest: str) -> str:
    """What follows the credentials in the part of a URL after `//`, for schemes whose users do not encode passwords.

    RFC 3986 wants `/`, `?`, `#` and `@` of a password encoded, people paste them raw. So the last `@` before the
    query ends the credentials; an `@` behind a `?` does only where no query can have begun.
    """
    head, mark, tail = rest.partition("?")
    if "@" in tail and (":" in head or "@" in head) and "=" not in tail.partition("@")[0]:
        return without_user(tail)
    return head.rpartition("@")[2] + mark + tail


def place_and_path(rest: str) -> tuple[str, str]:
    """(hosts, path) of what follows `//`, without credentials, query and fragment; neither holds an `@`."""
    if "@" in rest:
        rest = without_user(rest)
    where, _, path = rest.partition("?")[0].partition("#")[0].partition("/")
    return where, path


def query(text: str) -> dict[str, str]:
    """Parameters of a query string or of `;`-separated properties; keys in lower case, values decoded."""
    pairs = (each.partition("=") for each in re.split("[&;]", text) if "=" in each)
    return {key.strip().lower(): unquote(value, errors="replace").strip() for key, _, value in pairs}
