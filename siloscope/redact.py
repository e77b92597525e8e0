"""The one place where secrets are taken out of what platforms say.

`scrub` runs on every document before a reader or a recorder sees it, so nothing downstream (store,
recordings, exports, maps, error texts) can hold what it removed. It works by key (`password`,
`clientSecret`, ...), by shape (key ids, tokens, private keys, user info in URLs, signed query
strings, assignments in text) and, for fields that a listing declares `opaque` (environment
variables, job arguments), by keeping the names found in a value and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from siloscope.names import extract_text

MASK = "***"

_SENSITIVE = (
    r"passw(?:or)?d|passwd|passphrase|pwd|secret|token|api[_-]?key|apikey|access[_-]?key|account[_-]?key"
    r"|private[_-]?key|license[_-]?key|signature|credential|authorization|auth[_-]?header|bearer|sas|cookie"
    r"|client[_-]?secret|(?:secret|auth|hmac|ssh|subscription|functions?|principal|master|admin|signing|storage|host)[_-]?key"
    r"|(?:primary|secondary)key"
    r"|connection[_-]?string|sasl[._-]?jaas|shared[_-]?access|session[_-]?key|encryption[_-]?key|pin[_-]?code|otp"
)
# A key is secret when it ends in a secret word: `db_password`, `SECRET_KEY`, `X-Api-Key`; a pointer to
# a secret (`secretArn`, `tokenUrl`, `credentialStoreId`, `hasPassword`) is a fact worth keeping.
_SECRET_KEY = re.compile(
    rf"(?:^|[^a-z])(?:{_SENSITIVE})s?(?:[_-]?(?:value|text|string|hash|base64|b64|plain))?$", re.IGNORECASE
)
_SECRET_CAMEL = re.compile(
    r"(?:Password|Passwd|Secret|Token|ApiKey|AccessKey|AccountKey|PrivateKey|LicenseKey|SecretKey|Signature"
    r"|ConnectionString|(?:Subscription|Functions?|Principal|Primary|Secondary|Master|Admin|Signing|Storage)Key|Passphrase|Credential|SharedAccessKey|AuthHeader|Authorization)s?(?:Value|Text|String|Hash|Plain)?$"
)
_HARMLESS_KEY = re.compile(
    r"(?:next|page|paging|continuation|skip|cursor|sync|etag).?token$|^(?:next|page|max|prompt|completion|total|input|output|num).?tokens?$"
    r"|tokens?_?(?:count|limit|used)$|^credentials$|^max.*tokens$",
    re.IGNORECASE,
)

# Every pattern starts with something rare and has bounded repetition: the work is linear in the text.
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}-----|\Z)"), MASK),
    # user info in a URL, also with a password that holds "/" or "@"; abfss://container@account is no user info
    (re.compile(r"(?<=://)[^\s/@:'\"<>|]{0,256}:[^\s'\"<>]{0,256}@(?=[^\s@/'\"]+)"), ""),
    (re.compile(r"(?<!abfss://)(?<!abfs://)(?<!wasbs://)(?<!wasb://)(?<=://)(?:[^\s/@:'\"<>]{1,256}@)+"), ""),
    (re.compile(r"(?<=:thin:)[^\s/@:'\"<>]{1,128}/[^\s'\"<>]{1,256}@(?=[^\s@]+)"), "@"),
    (
        re.compile(
            r"(?<=\s)((?:-u|--user|--proxy-user)[\s=]{1,4}['\"]?[^\s:'\"]{1,128}:)(?!\d+(?:\s|$))[^\s'\"]{1,256}"
        ),
        rf"\1{MASK}",
    ),
    # well-known shapes of keys and tokens
    (re.compile(r"\b(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{12,}\b"), MASK),
    (re.compile(r"\b[spr]k[-_](?:live|test|proj|ant|or)?[-_]?[A-Za-z0-9_\-]{16,}"), MASK),
    (
        re.compile(
            r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abposr]-|shpat_|dapi|hf_|npm_|pypi-|AIza|ya29\.|SG\.|EAA|dop_v1_"
            r"|lin_api_|ntn_|secret_|key-)[A-Za-z0-9_\-.]{10,}"
        ),
        MASK,
    ),
    (re.compile(r"\bey[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{4,}(?:\.[A-Za-z0-9_\-]*)?"), MASK),
    (re.compile(r"\b\d{8,10}:AA[A-Za-z0-9_\-]{30,}"), MASK),
    (re.compile(r"(?<=hooks\.slack\.com/)(?:services|workflows)/[^\s'\"<>]+"), MASK),
    (re.compile(r"(?<=/webhooks/)\d{5,}/[\w\-]{20,}"), MASK),
    (re.compile(r"(?i)\b(bearer)\s+[A-Za-z0-9+/_\-.=~]{8,}"), rf"\1 {MASK}"),
    # "Basic onboarding" and "Token Validation" are names; credentials mix digits or upper case in
    (
        re.compile(
            r"\b((?i:basic|token|apikey))\s+(?=[A-Za-z+/_\-.=~]{0,400}\d|[A-Za-z0-9]{1,400}[a-z][A-Z]|[A-Za-z]{1,400}=)"
            r"[A-Za-z0-9+/_\-.=~]{8,}"
        ),
        rf"\1 {MASK}",
    ),
    # assignments: password=..., "secret": "...", PASSWORD '...'
    (
        re.compile(
            rf"(?i)(?<!:)((?:{_SENSITIVE})[\"'\\\])]{{0,4}}\s{{0,8}}(?:=>|:=|=|:)\s{{0,8}})"
            r"(?!\{\{|\$\{|=\{\{|env:|file:)(?:(?:bearer|basic|token|apikey|digest)\s{1,4})?"
            r"(\\?\"(?:[^\"\\]|\\.){0,2000}\"|\\?'(?:[^'\\]|\\.){0,2000}'|[^\s,;&'\"}\])]{1,2000})[^\s,;&'\"}\])]{0,2000}"
        ),
        rf"\1{MASK}",
    ),
    (re.compile(rf"(?i)((?:{_SENSITIVE})\s{{1,8}})(?:'[^']{{1,2000}}'|\"[^\"]{{1,2000}}\")"), rf"\1{MASK}"),
    (re.compile(rf"(?i)(--[\w\-]{{0,40}}(?:{_SENSITIVE})\s{{1,8}})(?!--)[^\s]{{1,2000}}"), rf"\1{MASK}"),
    # signed or tokened query strings keep their keys only
    (
        re.compile(
            rf"(?i)([?&](?:sig|se|sp|sv|key|code|access_token|x-amz-[\w\-]+|x-goog-[\w\-]+"
            rf"|[\w\-]{{0,40}}(?:{_SENSITIVE}))=)[^&\s'\"<>]+"
        ),
        rf"\1{MASK}",
    ),
)
# Cheap test that a string may hold anything of the above: most strings do not, and regexes cost.
_MARKS = (
    "passw", "passphrase", "pwd", "secret", "token", "license", "signature", "credential", "authorization",
    "auth-header", "auth_header", "authheader", "bearer", "sas", "cookie", "connection", "jaas", "shared", "session",
    "encryption", "pin", "otp", "-----begin", "akia", "asia", "aida", "aroa", "sk-", "sk_", "pk-", "pk_", "rk-",
    "rk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat", "glpat", "xox", "shpat", "dapi", "hf_", "npm_",
    "pypi-", "aiza", "ya29", "sg.", "eaa", "dop_v1", "lin_api", "ntn_", "eyj", ":aa", "hooks.slack", "/webhooks/",
    "basic", "sig=", "code=", "se=", "sp=", "sv=", "x-amz", "x-goog", " -u ", "--user", "--proxy", ":thin:", "key",
)  # fmt: skip
# Long runs that mix upper case, lower case and digits, and what an AWS secret key looks like.
_DENSE = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Za-z0-9+]*[a-z])(?=[A-Za-z0-9+]*[A-Z])(?=[A-Za-z0-9+]*\d)[A-Za-z0-9+]{24,}={0,2}(?![A-Za-z0-9])"
    r"|(?<![\w/+:.\-])(?=[\w/+]*[a-z])(?=[\w/+]*[A-Z])[A-Za-z0-9/+]{40}(?![\w/+=.:\-])"
)
_WORD = re.compile(r"[A-Za-z][a-z]{2,}")


def secret_key(key: str) -> bool:
    """Whether a field of this name holds a secret rather than a pointer to one."""
    if _HARMLESS_KEY.search(key):
        return False
    return bool(_SECRET_KEY.search(key) or _SECRET_CAMEL.search(key))


def scrub_text(text: str, *, identifier: bool = False) -> str:
    """`text` with every part that looks like a secret replaced by `***`.

    An `identifier` (the value of a field such as `Arn` or `WorkflowId`) may hold long mixed runs by right.
    """
    if len(text) < 8:
        return text
    return _scrubbed_short(text, identifier) if len(text) < 200 else _scrubbed(text, identifier)


def _scrubbed(text: str, identifier: bool) -> str:
    low = text.lower()
    if ("@" in low and "://" in low) or any(mark in low for mark in _MARKS):
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
    if len(text) >= 24 and not identifier:
        text = _DENSE.sub(_mask_dense, text)
    return text


_scrubbed_short = lru_cache(maxsize=32768)(_scrubbed)


def _mask_dense(match: re.Match[str]) -> str:
    run = match.group()
    return run if _wordy(run) else MASK


def _wordy(run: str) -> bool:
    """Whether a long run is made of words (`CustomerChurnModelV2-staging-eu`) rather than of random characters."""
    return sum(len(word) for word in _WORD.findall(run)) >= 0.4 * len(run)


# In code, any quoted literal that mixes letters and digits may be a secret under an innocent name.
_CODE = ("jscode", "pythoncode", "functioncode", ".code", ".func", "script", "sourcecode")
_LITERAL = re.compile(r"""(['"`])(?=[^\s'"`]{0,200}\d)(?=[^\s'"`]{0,200}[A-Za-z])[\w!@#$%^&*+=~?-]{8,200}\1""")
_IDENTIFYING = ("arn", "id", "name", "uri", "etag", "digest", "sha256")


def scrub(value: Any, opaque: tuple[str, ...] = (), path: str = "") -> Any:
    """A copy of JSON-like `value` without secrets.

    `opaque` are glob patterns of paths (`Environment.Variables.*`) whose values yield only the names
    in them. Keys survive, so a reader still sees which variables exist.
    """
    if isinstance(value, str):
        value = _whole(value)
        if opaque and _matches(path, opaque):
            return only_names(value)
        low = path.lower()
        clean = scrub_text(value, identifier=low.endswith(_IDENTIFYING))
        return _LITERAL.sub(rf"\1{MASK}\1", clean) if low.endswith(_CODE) else clean
    if isinstance(value, Mapping):
        named = _named_secret(value)
        out: dict[str, Any] = {}
        for key, each in value.items():
            spot = f"{path}.{key}" if path else str(key)
            secret = secret_key(str(key)) or (named and key in _VALUE_KEYS)
            out[scrub_text(_whole(str(key)))] = _mask(each) if secret else scrub(each, opaque, spot)
        return out
    if isinstance(value, list | tuple):
        return [
            _mask(each)
            if at and _is_flag(value[at - 1]) and not str(each).startswith("--")
            else scrub(each, opaque, path)
            for at, each in enumerate(value)
        ]
    return value


def _whole(text: str) -> str:
    """`text` as UTF-8 can hold it: half a surrogate pair, from JSON or a file name of other bytes, is spelled out."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text


def _is_flag(argument: Any) -> bool:
    """Whether an argument of a command line says that the next one is a secret: `["--db-password", ...]`."""
    return isinstance(argument, str) and argument.startswith("-") and "=" not in argument and secret_key(argument)


_NAME_KEYS = ("name", "Name", "key", "Key", "ParameterKey")
_VALUE_KEYS = ("value", "Value", "ParameterValue", "StringValue")


def _named_secret(row: Mapping[str, Any]) -> bool:
    """Whether a row of the form `{"name": "db_password", "value": ...}` names a secret."""
    return any(isinstance(row.get(key), str) and secret_key(row[key]) for key in _NAME_KEYS)


def _mask(value: Any) -> Any:
    """Mask scalars below a secret key; names in a connection string stay, its secrets do not."""
    if isinstance(value, Mapping):
        return {str(key): _mask(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_mask(each) for each in value]
    if isinstance(value, str) and value:
        return only_names(value)
    return value if isinstance(value, bool) or value is None or value == "" else MASK


def only_names(text: str) -> str:
    """The canonical names in `text`, separated by spaces, or `***` when there are none."""
    found = sorted({mention.name for mention in extract_text(text)})
    return " ".join(found) if found else (MASK if text.strip() else text)


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)
