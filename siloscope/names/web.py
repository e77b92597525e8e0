"""Web addresses: known services by host, everything else as `https://host/path` without what could be key material.

`http`, `https`, `ws` and `wss` of one host are one name; ports 80 and 443 are dropped, other ports stay.
"""

import re

from siloscope.names import aws, azure, code, gcp
from siloscope.names.context import Context, HostParser, Parser
from siloscope.names.databases import is_databricks, snowflake
from siloscope.names.images import image, is_registry
from siloscope.names.parts import UUID, authority, constant, keyless, place_and_path, split_port, token_like

_HEX_KEY = re.compile(r"[0-9a-fA-F]{32,}").search
_AUTHORITY_END = re.compile(r"[/?#\\]").search
_PERCENT = re.compile(r"%([0-9a-fA-F]{2})?")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# After these a generated identifier is the credential of whoever calls.
_HOOKS = frozenset(
    "webhook webhooks webhook-test webhook-waiting webhookb2 hook hooks incomingwebhook form form-test catch "
    "callback trigger triggers invoke in incoming".split()
)
# The segment after these is a key whatever it looks like.
_KEYS = frozenset(
    "key token apikey api_key api-key secret access_token accesstoken password passwd pwd sig signature".split()
)
_KEY_PART = re.compile(
    r"(?:key|token|secret|password|passwd|pwd|sig|signature|jsessionid)=|^bot\d{5,}|^[^/:@]+:[^/@]+@", re.IGNORECASE
).search
# Sharing of documents is integration: their ids stay, unless published to the web (`/d/e/`).
_DOCUMENTS = re.compile(
    r"/(?:spreadsheets|document|presentation|forms|file|drive/folders)(?:/u/\d+)?/(?:d/)?(?!e/)([\w-]{20,100})"
)


def web(_scheme: str, rest: str, context: Context) -> str | None:
    """A web address; `rest` begins with `//`."""
    if not rest.startswith("//"):
        return None
    found_end = _AUTHORITY_END(rest, 2)
    at = found_end.start() if found_end else len(rest)
    where, path = rest[2:at], rest[at:]
    if "@" in where:
        where = where.rpartition("@")[2]
    elif "@" in path and ":" in where:
        # A raw password that holds a slash: https://user:pa/ss@host/x
        where, _, path = rest[2:].partition("?")[0].rpartition("@")[2].partition("/")
        path = "/" + path
    known = authority(where)
    if known is None:
        return None
    name, port = split_port(known)
    if port in {"80", "443"}:
        known = name
    path = constant(path.replace("\\", "/")) if path else ""
    if "%" in path:
        path = _PERCENT.sub(_encoding, path)
    found = _known(name, path, context)
    if found == "":
        kept = _without_keys(path)
        # A path that has become shorter may be one that a service knows.
        found = _known(name, kept, context) if kept != path else ""
        return found if found != "" else f"https://{known}{kept}"
    return found


def _known(name: str, path: str, context: Context) -> str | None:
    """What a known service's address names; "" when the general rule applies."""
    labels = name.rsplit(".", 2)
    reader = _HOSTS.get(".".join(labels[-2:]))
    if reader:
        found = reader(name, path, "", context)
        if found != "":
            return found
    if is_databricks(name):
        return _databricks(name, path)
    if path and (code_found := code.forge(name, path)):
        return code_found
    return ""


def _without_keys(path: str) -> str:
    """A path without dot segments, empty segments and parameters, up to the first that could be a credential."""
    kept: list[str] = []
    hook = False
    document = _DOCUMENTS.match(path) if len(path) > 30 else None
    for each in path.split("/"):
        part = each.partition(";")[0] if ";" in each else each
        if not part or part == ".":
            continue
        if part == "..":
            kept = kept[:-1]
            continue
        word = part.lower()
        suspect = len(part) >= 12 or "=" in part or ":" in part or "@" in part or word.startswith("bot")
        if suspect and not (document and part == document[1]) and _is_key(part, hook):
            break
        kept.append(part)
        if word in _KEYS:
            break
        hook = hook or word in _HOOKS
    return "/".join(["", *kept]).rstrip("/ ") if kept else ""


def _is_key(part: str, hook: bool) -> bool:
    if _KEY_PART(part) or _HEX_KEY(part) or (len(part) >= 20 and not UUID(part) and token_like(part)):
        return True
    # Behind a hook a UUID or any long mix of letters and digits is the credential; words are a path.
    return hook and (bool(UUID(part)) or (any(c.isdigit() for c in part) and part.isalnum()))


def _encoding(found: re.Match[str]) -> str:
    """RFC 3986 6.2.2: unreserved characters plain, the rest in upper case; a stray `%` becomes `%25`."""
    digits = found[1]
    if digits is None:
        return "%25"
    value = int(digits, 16)
    return chr(value) if value in _UNRESERVED else f"%{digits.upper()}"


def _cut(prefix: str) -> HostParser:
    """A service whose paths are credentials behind `prefix`."""

    def read(name: str, path: str, _query: str, _context: Context) -> str | None:
        if path.startswith(prefix):
            return f"https://{name}{prefix}".rstrip("/")
        return ""

    return read


def _telegram(name: str, path: str, _query: str, _context: Context) -> str:
    return f"https://{name}" if re.match(r"/(?:file/)?bot", path, re.IGNORECASE) else ""


def _discord(name: str, path: str, _query: str, _context: Context) -> str:
    return f"https://{name}/api/webhooks" if re.match(r"/api/(?:v\d+/)?webhooks/", path) else ""


def _slack(name: str, path: str, _query: str, _context: Context) -> str:
    found = re.match(r"/(services|workflows|triggers)/", path) if name.startswith("hooks.") else None
    return f"https://{name}/{found[1]}" if found else ""


def _hugging_face(name: str, path: str, _query: str, _context: Context) -> str:
    return (
        code.hub(path) or ""
        if name in {"huggingface.co", "www.huggingface.co", "hf.co", "api-inference.huggingface.co"}
        else ""
    )


def _databricks(name: str, path: str) -> str:
    """A workspace address: the endpoint, job, pipeline or warehouse it opens, else the workspace."""
    found = re.match(r"/(serving-endpoints|jobs|pipelines|sql/1\.0/warehouses|sql/warehouses)/([\w.-]{1,128})", path)
    if not found or found[2] in {"runs", "api"}:
        return f"databricks://{name}"
    kind = {"serving-endpoints": "endpoint", "jobs": "job", "pipelines": "pipeline"}.get(found[1], "warehouse")
    return f"databricks://{name}/{kind}/{found[2]}"


def _snowflake(name: str, _path: str, _query: str, _context: Context) -> str | None:
    return "" if name in {"docs.snowflakecomputing.com", "www.snowflakecomputing.com"} else snowflake(name)


def _logic_app(name: str, path: str, query: str, context: Context) -> str | None:
    # prod-00.region.logic.azure.com/workflows/{id}/triggers/...?sig=: the id is public, the signature is not.
    found = re.match(r"(?:/[\w-]+)*?(/workflows/[0-9a-fA-F]{32})(?:/|$)", path) if ".logic.azure.com" in name else None
    return f"https://{name}{found[1].lower()}" if found else azure.address(name, path, query, context)


def _power_automate(name: str, path: str, _query: str, _context: Context) -> str:
    found = re.match(r"/powerautomate/automations/direct/workflows/[0-9a-fA-F]{32}", path)
    return f"https://{name}{found[0]}" if found else ""


def _registry(name: str, path: str, _query: str, _context: Context) -> str | None:
    return image(name + constant(path).removeprefix("/v2")) if is_registry(name) and path.strip("/") else ""


_HOSTS: dict[str, HostParser] = {
    "amazonaws.com": aws.address,
    "com.cn": aws.address,
    "windows.net": azure.address,
    "azure.com": _logic_app,
    "azure.net": azure.address,
    "azureml.ms": lambda _name, path, _query, context: azure.machine_learning("azureml", path, context) or "",
    "usgovcloudapi.net": azure.address,
    "chinacloudapi.cn": azure.address,
    "powerplatform.com": _power_automate,
    "googleapis.com": gcp.address,
    "google.com": gcp.address,
    "huggingface.co": _hugging_face,
    "hf.co": _hugging_face,
    "slack.com": _slack,
    "telegram.org": _telegram,
    "discord.com": _discord,
    "discordapp.com": _discord,
    "office.com": _cut("/webhook"),
    "zapier.com": _cut("/hooks/catch"),
    "make.com": _cut("/"),
    "integromat.com": _cut("/"),
    "ifttt.com": _cut("/trigger"),
    "pipedream.net": _cut("/"),
    "webhook.site": _cut("/"),
    "snowflakecomputing.com": _snowflake,
    "azurecr.io": _registry,
    "pkg.dev": _registry,
    "gcr.io": _registry,
    "ghcr.io": _registry,
    "quay.io": _registry,
}


def _transfer(scheme: str, rest: str, _context: Context) -> str | None:
    """`sftp://host/path`, `ftp://host`, `ldap://host`, `smtp://host`: authority and constant path."""
    where, path = place_and_path(rest[2:])
    known = authority(constant(where))
    if not rest.startswith("//") or not known:
        return None
    name, port = split_port(known)
    known = name if port == _TRANSFER[scheme] else known
    path = keyless(constant(path).lstrip("/"))
    return f"{scheme}://{known}/{path}" if path else f"{scheme}://{known}"


_TRANSFER = {"sftp": "22", "ftp": "21", "ftps": "990", "ldap": "389", "ldaps": "636", "smtp": "25", "imap": "143"}

SCHEMES: dict[str, Parser] = {
    **dict.fromkeys(("http", "https", "ws", "wss"), web),
    **dict.fromkeys(_TRANSFER, _transfer),
}
