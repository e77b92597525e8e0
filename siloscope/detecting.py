"""A first siloscope.toml from what is lying around: profiles, environment variables, exports in the folder."""

from __future__ import annotations

import configparser
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_MOST_FILES = 2000
_CATALOGS = ("catalog-info.yaml", "catalog-info.yml")


def draft(folder: Path, environ: Mapping[str, str], home: Path, store: str | None = None) -> tuple[str, list[str]]:
    """The text of a configuration for `folder`, and one line for each thing found."""
    sources = [*_aws(environ, home), *_servers(environ), *_azure(environ), *_exports(folder)]
    blocks = [_block(each) for each, _ in sources]
    if not blocks:
        blocks = [
            _commented({"name": "aws-prod", "type": "aws", "regions": ["eu-west-1"]}),
            _commented({"name": "flows", "type": "n8n", "path": "exports/n8n"}),
        ]
    text = _HEAD.format(store=json.dumps(store or "siloscope.db")) + "\n".join(blocks) + _TAIL
    return text, [told for _, told in sources]


Found = tuple[dict[str, Any], str]


def _aws(environ: Mapping[str, str], home: Path) -> Iterator[Found]:
    """Profiles of ~/.aws/config and ~/.aws/credentials, or keys in the environment."""
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "eu-west-1"
    if "AWS_ACCESS_KEY_ID" in environ or "AWS_PROFILE" in environ:
        yield {"name": "aws", "type": "aws", "regions": [region]}, "AWS credentials in the environment"
        return
    profiles: dict[str, str] = {}
    for file in (home / ".aws" / "config", home / ".aws" / "credentials"):
        parser = configparser.ConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue
        for section in parser.sections():
            if not section.startswith(("sso-session", "services")):
                profiles.setdefault(section.removeprefix("profile ").strip(), parser[section].get("region", region))
    for name in sorted(profiles):
        yield (
            {"name": f"aws-{name}", "type": "aws", "profile": name, "regions": [profiles[name]]},
            f"AWS profile {name}",
        )


def _servers(environ: Mapping[str, str]) -> Iterator[Found]:
    """Servers that well-known variables point to."""
    url: str | None = environ.get("MLFLOW_TRACKING_URI", "")
    if url and url.startswith(("http://", "https://")) and "@" not in url:
        row = {"name": "mlflow", "type": "mlflow", "url": url}
        if "MLFLOW_TRACKING_TOKEN" in environ:
            row["token"] = "env:MLFLOW_TRACKING_TOKEN"  # noqa: S105 - a reference
        yield row, "an MLflow server in MLFLOW_TRACKING_URI"
    if (url := environ.get("N8N_URL")) and "N8N_API_KEY" in environ:
        yield {"name": "n8n", "type": "n8n", "url": url, "api_key": "env:N8N_API_KEY"}, "n8n in N8N_URL"
    if (url := environ.get("UIPATH_URL")) and "@" not in url:
        yield (
            {"name": "uipath", "type": "uipath", "url": url, "token": "env:UIPATH_ACCESS_TOKEN"},
            "UiPath in UIPATH_URL",
        )


def _azure(environ: Mapping[str, str]) -> Iterator[Found]:
    if "AZURE_TENANT_ID" in environ and "AZURE_CLIENT_ID" in environ:
        row = {
            "name": "azure",
            "type": "azure",
            "tenant_id": environ["AZURE_TENANT_ID"],
            "client_id": environ["AZURE_CLIENT_ID"],
            "client_secret": "env:AZURE_CLIENT_SECRET",
        }
        yield row, "an Azure service principal in the environment"


def _exports(folder: Path) -> Iterator[Found]:
    """Folders that hold exports: the topmost folder of each kind."""
    tops: dict[str, Path] = {}
    files = sorted(
        each
        for pattern in ("*.json", *_CATALOGS)
        for each in folder.rglob(pattern)
        if not any(part.startswith(".") for part in each.relative_to(folder).parts)
    )
    for file in files[:_MOST_FILES]:
        kind = _kind(file)
        if kind:
            known = tops.get(kind)
            tops[kind] = file.parent if known is None else _common(known, file.parent)
    for kind in sorted(tops):
        relative = tops[kind].relative_to(folder).as_posix()
        yield {"name": f"{kind}-files", "type": kind, "path": relative}, f"{kind} exports in {relative}"


def _kind(file: Path) -> str | None:
    if file.name == "manifest.json":
        return "dbt"
    if file.name in _CATALOGS:
        return "backstage"
    if file.stat().st_size > 2_000_000:
        return None
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if isinstance(value, dict):
        if isinstance(value.get("nodes"), list) and "connections" in value:
            return "n8n"
        return "openlineage" if "eventTime" in value and "producer" in value else None
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return (
            "node-red"
            if {"id", "type"} <= value[0].keys()
            and any(each.get("type") == "tab" for each in value if isinstance(each, dict))
            else None
        )
    return None


def _common(a: Path, b: Path) -> Path:
    while a not in (b, *b.parents):
        a = a.parent
    return a


def _block(row: Mapping[str, Any]) -> str:
    lines = "\n".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in row.items())
    return f"[[source]]\n{lines}\n"


def _commented(row: Mapping[str, Any]) -> str:
    return "".join(f"# {line}\n" for line in _block(row).splitlines())


_HEAD = """\
# What siloscope looks at. Secrets are references, "env:NAME" or "file:PATH"; a literal secret is refused.
# `siloscope sources` lists every type, `siloscope permissions TYPE` the least privilege it needs.

[store]
url = {store}                     # or "neo4j://neo4j@host:7687/neo4j" with password = "env:NEO4J_PASSWORD"

"""
_TAIL = """
# Whose is it? The first match wins; match on tag, account, folder, workspace, owner or source; values are globs.
# [[department]]
# name = "Risk"
# match = { tag = "cost-center", values = ["cc-17*"] }

# What DNS, a proxy or a naming habit hides: two names of one thing.
# [[alias]]
# name = "postgres://reports.internal:5432"
# same = "postgres://prod-reports.abc.eu-west-1.rds.amazonaws.com:5432"

# What need not be looked at, why, and until when.
# [[accepted-gap]]
# source = "aws-prod"
# listing = "bedrock.*"
# reason = "not used yet"
# until = "2027-01-31"
"""
