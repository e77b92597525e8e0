"""Repositories and hubs: Git in all its spellings as `git://host/path`, Hugging Face as `hf://org/model`."""

import re

from siloscope.names.context import Context, Parser
from siloscope.names.parts import constant, host, split_port

_SCP = re.compile(r"(?:[\w.-]{1,64}@)?([\w.-]{1,253}):(?!//)(?!\d{1,5}/)([\w./~+ -]{1,500})").fullmatch
_FORGES = frozenset({"github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitea.com"})
_FORGE_LABELS = frozenset({"git", "gitlab", "github", "bitbucket", "gitea", "forgejo"})
# Paths of a forge that are no repositories.
_PAGES = frozenset(
    "api apps settings features topics search marketplace orgs users login explore notifications rest about "
    "pricing sponsors collections trending enterprise contact site security join new organizations".split()
)
# Where the repository's own pages begin.
_INSIDE = frozenset(
    "blob tree raw issues pull pulls commit commits releases actions wiki archive compare branches tags src "
    "edit blame discussions projects browse merge_requests workflows info contributors graphs network".split()
)


def repository(name: str, path: str) -> str | None:
    """`git://host/group/project`; without `.git`, revision and the pages of the forge.

    GitHub, GitLab and Bitbucket Cloud fold owner and repository to one case; other hosts may not.
    """
    path = constant(path.partition("@")[0].strip("/").partition("/-/")[0])
    parts = [part for part in path.split("/") if part]
    for at, part in enumerate(parts):
        if part == ".git":
            parts = parts[:at]
            break
        if part.endswith(".git"):
            parts = [*parts[:at], part.removesuffix(".git").rstrip()]
            break
        if at >= 2 and part in _INSIDE:
            parts = parts[:at]
            break
    parts = [part.strip() for part in parts if part.strip()]
    if name in {"github.com", "bitbucket.org"}:
        parts = parts[:2]
    if name.removeprefix("ssh.") == "dev.azure.com":
        name, parts = "dev.azure.com", _azure(parts)
    if not parts or " " in parts[0] or not parts[-1]:
        return None
    joined = "/".join(parts)
    return f"git://{name}/{joined.lower() if name in _FORGES else joined}"


def _azure(parts: list[str]) -> list[str]:
    """Azure Repos: `org/project/_git/repo` and SSH `v3/org/project/repo` are one."""
    parts = parts[1:] if parts[:1] == ["v3"] else [part for part in parts if part != "_git"]
    return parts[:3]


def forge(name: str, path: str) -> str | None:
    """A web address of a repository on a known forge, or at a host named after one; "" when it is none."""
    if name in {"raw.githubusercontent.com", "codeload.github.com"}:
        parts = path.strip("/").split("/")
        return repository("github.com", "/".join(parts[:2])) if len(parts) > 1 else ""
    if ".git/" in path or path.rstrip("/").endswith(".git"):
        return repository(name, path) or ""
    if name == "dev.azure.com":
        return repository(name, path) if "/_git/" in path else ""
    if name not in _FORGES and name.partition(".")[0] not in _FORGE_LABELS:
        return ""
    parts = [part for part in constant(path).split("/") if part]
    if len(parts) < 2 or parts[0].lower() in _PAGES or parts[0].startswith("-"):
        return ""
    return repository(name, path)


def scp(text: str) -> str | None:
    """`git@git.corp:ml/fraud.git`: Git's scp-like form; needs a user, `.git`, or a host named after a forge."""
    found = _SCP(text)
    if not found or " " in text:
        return None
    name = host(found[1])
    clear = text.startswith("git@") or text.endswith(".git") or found[1].lower() in _FORGES
    return repository(name, found[2]) if clear and name and "/" in found[2] else None


def _git(_scheme: str, rest: str, _context: Context) -> str | None:
    if not rest.startswith("//"):
        # pip: git+git@host:path
        return scp(rest)
    where, _, path = rest[2:].partition("/")
    name = host(split_port(where.rpartition("@")[2])[0])
    return repository(name, path) if name and path else (f"git://{name}" if name else None)


def _ssh(_scheme: str, rest: str, context: Context) -> str | None:
    return _git("git", rest, context) if ".git" in rest or ("@" in rest and "git@" in rest) else None


def _hf(_scheme: str, rest: str, _context: Context) -> str | None:
    return hub("/" + rest.removeprefix("//")) if rest.startswith("//") else None


def hub(path: str) -> str | None:
    """`hf://org/model`, `hf://datasets/org/name`, `hf://spaces/org/name`; revision and file are attributes.

    huggingface_hub docs, "Filesystem API": hf://[<repo_type_prefix>]<repo_id>[@<revision>]/<path>
    """
    parts = [bare for part in constant(path).split("/") if (bare := part.partition("@")[0].strip())]
    if parts[:2] in (["api", "models"], ["api", "inference"]) or parts[:1] == ["models"]:
        parts = parts[2:] if parts[0] == "api" else parts[1:]
    elif parts[:1] == ["api"]:
        parts = parts[1:]
    kind = parts[:1] if parts and parts[0] in {"datasets", "spaces", "buckets"} else []
    rest = parts[len(kind) :]
    if not rest or (not kind and rest[0] in _HUB_PAGES):
        return ""
    if len(rest) > 1 and rest[1] in {"tree", "resolve", "blob", "raw"}:
        rest = rest[:1]
    return "hf://" + "/".join([*kind, *rest[:2]])


_HUB_PAGES = frozenset({"docs", "blog", "papers", "settings", "join", "login", "pricing", "tasks", "learn", "api",
                        "collections", "organizations", "oauth", "inference", "new", "chat", "posts"})  # fmt: skip

SCHEMES: dict[str, Parser] = {
    "git": _git,
    "git+https": _git,
    "git+http": _git,
    "git+ssh": _git,
    "git+git": _git,
    "ssh": _ssh,
    "hf": _hf,
}
