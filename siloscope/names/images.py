"""Container images as `oci://registry/repository`; tag and digest are attributes, not names.

Grammar and Docker Hub defaults: github.com/distribution/reference.
"""

import re

from siloscope.names.context import Context, Parser
from siloscope.names.parts import authority

_REPOSITORY = re.compile(
    r"[a-z0-9]+(?:(?:\.|__?|-{1,10})[a-z0-9]+)*+(?:/[a-z0-9]+(?:(?:\.|__?|-{1,10})[a-z0-9]+)*+){0,12}"
).fullmatch
_TAG = re.compile(r"\w[\w.-]{0,127}").fullmatch
_VERSION = re.compile(r"(?:v?\d+\.\d[\w.-]*|latest|alpine|slim)").fullmatch
REGISTRY_SUFFIXES = (
    ".azurecr.io", "gcr.io", "ghcr.io", "quay.io", "docker.io", "public.ecr.aws", "mcr.microsoft.com", ".pkg.dev",
    "nvcr.io", "registry.gitlab.com", "registry.k8s.io", "registry.redhat.io", "docker.elastic.co",
)  # fmt: skip
_ECR = re.compile(r"\d{12}\.dkr\.ecr(?:-fips)?\.[a-z0-9-]{5,30}\.(?:amazonaws\.com(?:\.cn)?|on\.aws)").fullmatch


def is_registry(name: str) -> bool:
    """Whether a host is a well-known public or cloud registry."""
    return bool(_ECR(name)) or any(
        name == suffix or name.endswith(suffix if suffix.startswith(".") else "." + suffix)
        for suffix in REGISTRY_SUFFIXES
    )


def image(text: str) -> str | None:
    """The repository of anything that is known to be an image reference: `python:3.12`, `ml/train@sha256:...`."""
    text = text.strip()
    for prefix in ("docker://", "docker-pullable://", "oci://", "https://", "http://"):
        text = text.removeprefix(prefix)
    if not text or len(text) > 512:
        return None
    text = text.partition("@")[0]
    head, _, last = text.rpartition("/")
    last, _, tag = last.partition(":")
    if tag and not _TAG(tag):
        return None
    path = f"{head}/{last}" if head else last
    first, slash, rest = path.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, rest = "docker.io", path
    known = _place(first)
    if known == "docker.io" and "/" not in rest:
        rest = f"library/{rest}"
    return f"oci://{known}/{rest}" if known and _REPOSITORY(rest) else None


def _place(text: str) -> str | None:
    try:
        known = authority(text)
    except ValueError:
        return None
    if known is None or not ("." in known or ":" in known or known == "localhost"):
        return None
    return "docker.io" if known in {"index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"} else known


def clear(text: str) -> str | None:
    """An image in a form that is nothing else: a known registry, `library/x`, a digest, or a dotted version tag."""
    first, slash, _ = text.partition("/")
    if slash and is_registry(first.partition(":")[0].lower()):
        return image(text)
    body, at, digest = text.partition("@")
    if at:
        return image(text) if digest.startswith("sha256:") else None
    name, _, tag = body.rpartition(":")
    if body.startswith("library/") or (
        name[:1].isalpha() and _VERSION(tag) and "//" not in body and body.count(":") == 1
    ):
        return image(text)
    return None


def _oci(_scheme: str, rest: str, _context: Context) -> str | None:
    path = rest.removeprefix("//")
    if _scheme == "oci" and "/" not in path.rstrip("/") and rest.startswith("//"):
        known = _place(path.rstrip("/"))
        return f"oci://{known}" if known else None
    return image(path)


SCHEMES: dict[str, Parser] = {"oci": _oci, "docker": _oci, "docker-pullable": _oci}
