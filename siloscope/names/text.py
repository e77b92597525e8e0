"""Names in free text: configuration files, scripts, prose, expressions. Linear in the length of the text.

Each kind of spelling is found by a literal that it cannot do without, then measured by a bounded pattern; there is
no pattern that tries every position of the text at unbounded cost. What is found goes through `canonical`.
"""

import re
from collections.abc import Iterator

from siloscope.names.canonical import canonical, parser_of
from siloscope.names.context import EMPTY, Context, Mention
from siloscope.names.engines import MANAGED_SUFFIXES
from siloscope.names.images import REGISTRY_SUFFIXES
from siloscope.names.streams import KAFKA_PORTS

Span = tuple[int, int, str]

_BODY = re.compile(r"[^\s\"'<>`]{1,4096}")
_SCHEME_BEFORE = re.compile(r"(?:jdbc(?:-secretsmanager)?:)?[A-Za-z][A-Za-z0-9+._-]*(?::[a-z0-9]{1,16})?$")
_NEXT_NAME = re.compile(r"[,;|](?=[A-Za-z][\w+.-]{1,20}:)")
_ARN = re.compile(r"arn:aws[a-z-]{0,20}:[^\s\"'<>`,;()\[\]|\\]{5,2048}")
_ARM = re.compile(r"/subscriptions/[0-9a-f-]{36}[^\s\"'<>`,;(){}|\\]{0,1024}", re.IGNORECASE)
_JDBC = re.compile(r"jdbc:[a-z0-9]{2,20}:[^\s\"'<>`]{3,4000}")
_RELATIVE = re.compile(r"(?<![\w.:/-])(?:models|runs|mlflow-artifacts|dbfs):/[^/\s\"'<>`,;][^\s\"'<>`,;]{0,1024}")
_CONNECTION = re.compile(
    r"(?<![\w.-])(?:DefaultEndpointsProtocol|AccountEndpoint|AccountName|BlobEndpoint|Endpoint|Server|Data Source|"
    r"Driver|Host|Provider|Addr|Database|Initial Catalog|User ID|Uid)\s?=[^\r\n\"<>`]{3,2000}",
    re.IGNORECASE,
)
_DSN_VALUE = r"(?:'(?:[^'\\]|\\.){0,200}+'|[^\s'\";]{1,200}+)"
_DSN = re.compile(
    rf"(?<![\w.-])(?:host|dbname|user|port|password)=(?={_DSN_VALUE}\s){_DSN_VALUE}"
    rf"(?:[ \t]{{1,3}}[a-z_]{{2,30}}={_DSN_VALUE}){{1,20}}+"
)
_BOOTSTRAP = re.compile(r"bootstrap[._-]?servers?[\"']?\s{0,3}[=:]\s{0,3}[\"'\[]{0,2}[^\"'\s\]]{3,4000}", re.IGNORECASE)
_MANAGED = re.compile(
    r"(?:" + "|".join(re.escape(suffix) for suffix in MANAGED_SUFFIXES) + r")(?::\d{2,5})?(?![\w.-]\w)", re.IGNORECASE
)
_PORT = re.compile(
    r":(?:5432|3306|1433|1521|5439|6379|27017|27018|9042|5433|26257|7687|"
    + "|".join(sorted(KAFKA_PORTS))
    + r")(?![\d.])"
    r"(?:,[\w.-]{1,253}:\d{2,5}){0,64}+"
)
_HOST_BEFORE = re.compile(r"(?<![\w.@/:-])[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$")
_IMAGE = re.compile(
    r"(?:\.dkr\.ecr\.[a-z0-9-]{5,30}\.amazonaws\.com(?:\.cn)?|"
    + "|".join(re.escape(suffix) for suffix in REGISTRY_SUFFIXES)
    + r")/[a-z0-9][a-z0-9._/-]{0,255}"
)
_CAI = re.compile(r"(?<![:\w])//[a-z]{2,40}\.googleapis\.com/projects/[^\s\"'<>`,;]{3,1024}")
_PROJECTS = re.compile(
    r"(?<![\w/.-])projects/[a-z0-9][a-z0-9.:-]{1,62}/(?:topics|subscriptions|datasets|secrets|locations)/[\w/.@-]{1,512}"
)
_SCP = re.compile(r"(?<![\w.@/-])git@[\w.-]{1,253}:[\w./~-]{1,300}")
_BACKTICK = re.compile(
    r"(?i:from|join|into|update|table)\s{1,20}`([a-z][a-z0-9-]{4,28}[a-z0-9])\.(\w{1,300})\.([\w$*-]{1,300})`"
)


# XML and JSON schema namespaces look like addresses and name no service.
NAMESPACES = tuple(f"https://{host}" for host in (
    "www.w3.org/", "schemas.openxmlformats.org", "schemas.xmlsoap.org", "schemas.microsoft.com", "json-schema.org",
    "schema.management.azure.com", "purl.org", "xmlns.", "schemas.android.com", "ns.adobe.com",
))  # fmt: skip


def extract_text(text: str, context: Context = EMPTY, where: str = "") -> Iterator[Mention]:
    """The names in a text, in its order, each once. Bare words, tables and paths are left to callers who know."""
    seen: set[str] = set()
    for name in names_in(text, context):
        if name not in seen:
            seen.add(name)
            yield Mention(name, where)


def names_in(text: str, context: Context) -> Iterator[str]:
    """Canonical names in the order of their first character; what lies inside an accepted name is not another."""
    done = 0
    bare = Context(context.instance, context.account, context.region, context.partition, context.engine)
    for start, end, spelling in sorted(_spans(text, context)):
        if start < done:
            continue
        name = canonical(spelling, bare)
        if name:
            done = end
            if not name.startswith(NAMESPACES):
                yield name


def _spans(text: str, context: Context) -> Iterator[Span]:
    if "://" in text:
        yield from _urls(text)
    if "arn:aws" in text:
        yield from _matches(_ARN, text)
    if "jdbc:" in text:
        yield from _jdbc(text)
    if "ubscriptions/" in text:
        yield from _matches(_ARM, text)
    if context.instance and ":/" in text:
        yield from _matches(_RELATIVE, text)
    if "=" in text:
        yield from _connections(text)
    if "ootstrap" in text:
        yield from _matches(_BOOTSTRAP, text)
    if ":" in text:
        yield from _before(_PORT, text, 260)
    if "git@" in text:
        yield from _matches(_SCP, text)
    if ".com" in text or ".net" in text or ".io/" in text or ".aws/" in text or ".dev/" in text or ".tech" in text:
        yield from _before(_MANAGED, text, 260)
        yield from _before(_IMAGE, text, 80)
    if "projects/" in text:
        yield from _matches(_PROJECTS, text)
        yield from _matches(_CAI, text)
    if "`" in text:
        for found in _BACKTICK.finditer(text):
            yield found.start(), found.end(), f"bigquery://{found[1]}/{found[2]}.{found[3]}"


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    for found in pattern.finditer(text):
        spelling = _trim(found[0])
        yield found.start(), found.start() + len(spelling), spelling


def _urls(text: str) -> Iterator[Span]:
    at = text.find("://")
    while at >= 0:
        after = at + 3
        before = _SCHEME_BEFORE.search(text, max(0, at - 40), at)
        at = text.find("://", after)
        # A URL ends before the scheme of the next one; JDBC has its own pattern.
        if before and not before[0].lower().startswith("jdbc") and parser_of(before[0]):
            body = _BODY.match(text, after, at if at >= 0 else len(text))
            spelling = _url(text, before[0], body, inner=body.end() == at) if body else None
            if spelling:
                yield before.start(), before.start() + len(spelling), spelling


def _url(text: str, scheme: str, body: re.Match[str], *, inner: bool) -> str | None:
    rest = body[0]
    if inner and (following := _SCHEME_BEFORE.search(rest, max(0, len(rest) - 40))):
        rest = rest[: following.start()]
    found = _NEXT_NAME.search(rest)
    if found:
        rest = rest[: found.start()]
    if "\\" in rest and scheme != "host":
        rest = rest.partition("\\")[0]
    rest = rest.partition("|")[0]
    if "&quot;" in rest:
        rest = rest.partition("&quot;")[0]
    rest = _trim(rest)
    if len(rest) == len(body[0]) and _continues(text, body.end()):
        # "https://api/v1/or" + x: the last segment is only the beginning of one.
        rest, slash, _ = rest.rpartition("/")
        if not slash:
            return None
    return f"{scheme}://{rest}" if rest else None


def _continues(text: str, at: int) -> bool:
    """Whether a quoted literal that ends at `at` is glued to something that may extend its last segment."""
    tail = text[at : at + 12]
    found = re.match(r"[\"'`]\s{0,4}\+\s{0,4}(?P<next>[\"'`][/?#])?", tail)
    return bool(found and not found["next"])


def _trim(text: str) -> str:
    """Without the punctuation of the sentence or the bracket around it."""
    if ")" in text:
        depth = 0
        for at, char in enumerate(text):
            depth += (char == "(") - (char == ")")
            if depth < 0:
                text = text[:at]
                break
    return text.rstrip(".,;:!?'\"]*_~\\")


def _jdbc(text: str) -> Iterator[Span]:
    for found in _JDBC.finditer(text):
        spelling = _trim(found[0].replace("\\\\", "\\"))
        yield found.start(), found.end(), spelling


def _connections(text: str) -> Iterator[Span]:
    if ";" in text:
        for found in _CONNECTION.finditer(text):
            spelling = found[0]
            quote = text[found.start() - 1 : found.start()]
            spelling = spelling.partition(quote)[0] if quote == "'" else spelling
            yield found.start(), found.start() + len(spelling), spelling.replace("\\\\", "\\")
    if "host=" in text or "dbname=" in text:
        for found in _DSN.finditer(text):
            yield found.start(), found.end(), found[0]


def _before(pattern: re.Pattern[str], text: str, reach: int) -> Iterator[Span]:
    """Matches of a literal together with the host that ends before them."""
    done = 0
    for found in pattern.finditer(text):
        if found.start() < done:
            continue
        owner = _HOST_BEFORE.search(text, max(done, found.start() - reach), found.start())
        start = owner.start() if owner else found.start()
        if not owner and not found[0][:1].isalnum():
            continue
        spelling = _trim(text[start : found.end()])
        done = found.end()
        yield start, start + len(spelling), spelling
