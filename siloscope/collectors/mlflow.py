"""MLflow: experiments with their runs as aggregated use, dataset inputs, registered models, versions, aliases.

Contract: MLflow REST API 2.0 (mlflow.org/docs/latest/rest-api.html). Versions of a model are facts and
claims of the model, not assets: `models:/churn/3` lies inside `mlflow://{instance}/model/churn`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from siloscope.collectors.base import Client, Collector, Document, Listing, Scope
from siloscope.collectors.clients.rest import Detail, Get, RestClient, cursor
from siloscope.collectors.shape import shape
from siloscope.config import Source
from siloscope.errors import ConfigError
from siloscope.model import Asset, Description, Observation, Reference, Verb, Visibility, digest
from siloscope.names import canonical, compose, extract, extract_text
from siloscope.names.parts import segment
from siloscope.times import from_millis

RECENT_RUNS = 200
PAGE = 1000
"""The most that `registered-models/search` gives in one answer."""


def experiments(document: Document, scope: Scope) -> Iterator[Observation]:
    """An experiment; its recent runs say when, by whom and on which data it was used."""
    me = _name(scope, "experiment", document["experiment_id"])
    runs = [each for each in document.get("runs", []) if isinstance(each, Mapping)]
    tags = _pairs(document.get("tags"))
    users = sorted(
        {
            user
            for run in runs
            if (
                user := _pairs(run.get("data", {}).get("tags")).get("mlflow.user") or run.get("info", {}).get("user_id")
            )
        }
    )
    starts = [int(run["info"]["start_time"]) for run in runs if run.get("info", {}).get("start_time")]
    yield Asset(
        id=me,
        kind="mlflow.experiment",
        name=str(document.get("name") or document["experiment_id"]),
        tool=_tool(scope),
        url=_url(scope, f"#/experiments/{document['experiment_id']}"),
        owner=tags.get("owner")
        or tags.get("team")
        or tags.get("mlflow.user")
        or (users[0] if len(users) == 1 else None),
        environment=_environment(tags, set()),
        created=from_millis(document.get("creation_time")),
        last_used=from_millis(max(starts, default=0)),
        shape=shape([f"param:{key}" for run in runs for key in _pairs(run.get("data", {}).get("params"))]),
        facts={
            **_tag_facts(tags),
            "lifecycle": str(document.get("lifecycle_stage") or "active"),
            "recent_runs": len(runs),
            "users": len(users),
        },
    )
    location = canonical(str(document.get("artifact_location") or ""), scope.context)
    if location and not location.startswith(scope.instance):
        yield Reference(me, Verb.WRITES, location, "artifact_location")
    for name, where in _datasets(runs, scope):
        yield Reference(me, Verb.READS, name, where)
    repositories = {_pairs(run.get("data", {}).get("tags")).get("mlflow.source.git.repoURL") for run in runs}
    for repository in sorted(each for each in repositories if each):
        code = canonical(repository, scope.context)
        if code:
            yield Reference(me, Verb.RUNS, code, "runs.data.tags[mlflow.source.git.repoURL]")


def _datasets(runs: list[Mapping[str, Any]], scope: Scope) -> Iterator[tuple[str, str]]:
    """What the runs took in: dataset inputs, and names in parameters and tags; each name once."""
    seen: set[str] = set()
    for run in runs:
        for index, each in enumerate((run.get("inputs") or {}).get("dataset_inputs") or []):
            for name in _dataset_names(each.get("dataset") or {}, scope):
                if name not in seen:
                    seen.add(name)
                    yield name, f"runs.inputs.dataset_inputs[{index}]"
        for mention in extract((run.get("data") or {}).get("params") or [], scope.context, "runs.data.params"):
            if mention.name not in seen:
                seen.add(mention.name)
                yield mention.name, mention.where


def _dataset_names(dataset: Mapping[str, Any], scope: Scope) -> Iterator[str]:
    """The names in a dataset's source, which is JSON in a string or a bare URI."""
    source = dataset.get("source")
    with suppress(ValueError):
        source = json.loads(source) if isinstance(source, str) else source
    for mention in extract(source, scope.context):
        yield mention.name


def models(document: Document, scope: Scope) -> Iterator[Observation]:
    """A registered model; aliases and versions are names it claims."""
    name = document["name"]
    me = _name(scope, "model", name)
    tags = _pairs(document.get("tags"))
    latest = [each for each in document.get("latest_versions") or [] if isinstance(each, Mapping)]
    aliases = {str(each.get("alias")): str(each.get("version")) for each in document.get("aliases") or []}
    stages = sorted({str(each.get("current_stage") or "None") for each in latest} - {"None"})
    facts = {
        **_tag_facts(tags),
        "versions": max((_number(each.get("version")) for each in latest), default=0),
        "aliases": ", ".join(f"{alias}={version}" for alias, version in sorted(aliases.items())) or None,
        "stages": ", ".join(stages) or None,
        "updated": from_millis(document.get("last_updated_timestamp")),
        "description": (document.get("description") or "")[:200] or None,
    }
    creators = (str(each["user_id"]) for each in latest if each.get("user_id"))
    yield Asset(
        id=me,
        kind="mlflow.model",
        name=name,
        tool=_tool(scope),
        names=tuple(sorted(f"{me}@{segment(alias)}" for alias in aliases)),
        url=_url(scope, f"#/models/{quote(name, safe='')}"),
        owner=tags.get("owner") or tags.get("team") or tags.get("mlflow.user") or next(creators, None),
        environment=_environment(tags, {*stages, *aliases}),
        created=from_millis(document.get("creation_timestamp")),
        facts={key: value for key, value in facts.items() if value is not None},
    )


def _environment(tags: Mapping[str, str], marks: set[str]) -> str | None:
    """The environment that tags name, or production where a stage or alias of that name serves it."""
    said = next((tags[key] for key in ("environment", "env", "stage") if tags.get(key)), None)
    return said or ("prod" if {each.lower() for each in marks} & {"production", "prod"} else None)


def versions(document: Document, scope: Scope) -> Iterator[Observation]:
    """A model version: a claim of its model, where its artefact lies, and which experiment trained it."""
    model = _name(scope, "model", document["name"])
    yield Description(about=model, names=(f"{model}/{document['version']}",))
    where = f"versions[{document['version']}]"
    source = canonical(str(document.get("source") or ""), scope.context)
    if source and not source.startswith(scope.instance):
        yield Reference(model, Verb.USES, source, f"{where}.source")
    run = document.get("run")
    info = (run[0] if isinstance(run, list) and run else {}).get("info", {})
    if info.get("experiment_id"):
        trained_in = _name(scope, "experiment", info["experiment_id"])
        yield Reference(trained_in, Verb.TRAINS, model, f"{where}.run_id")
    if run:
        for name, spot in _datasets(list(run), scope):
            yield Reference(model, Verb.READS, name, f"{where}.{spot}")
    for mention in extract_text(str(document.get("description") or ""), scope.context, f"{where}.description"):
        yield Reference(model, Verb.USES, mention.name, mention.where)


def _name(scope: Scope, kind: str, native: Any) -> str:
    """A canonical name; model names may hold spaces, slashes and percent signs."""
    return compose(*scope.instance.split("://", 1), kind, str(native))


def _pairs(rows: Any) -> dict[str, str]:
    """MLflow's `[{"key": k, "value": v}]` as a mapping."""
    return {
        str(each["key"]): str(each.get("value") or "")
        for each in rows or []
        if isinstance(each, Mapping) and each.get("key")
    }


def _tag_facts(tags: Mapping[str, str]) -> dict[str, str]:
    return {f"tag.{key}": value[:200] for key, value in sorted(tags.items()) if not key.startswith("mlflow.")}


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def _tool(scope: Scope) -> str:
    return f"mlflow:{scope.instance.partition('://')[2]}"


def _url(scope: Scope, fragment: str) -> str | None:
    return f"{scope.data['url']}/{fragment}" if scope.data.get("url") else None


def connect(source: Source) -> Client:
    """The tracking server's REST API; `token`, or `user` with `password`, when it asks for them."""
    if not source.url:
        raise ConfigError(f'source "{source.name}": mlflow needs "url"')
    scope = Scope(source.instance, instance=f"mlflow://{source.instance}", data={"url": source.url})
    headers, who, sees = {}, "anonymous", Visibility.ALL
    if token := source.secret("token"):
        headers, who, sees = (
            {"Authorization": f"Bearer {token}"},
            f"token {digest(token)[:6]}",
            Visibility.UNKNOWN,
        )
    elif password := source.secret("password"):
        from base64 import b64encode

        user = str(source.options.get("user", ""))
        headers = {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}
        who, sees = f"user {user}", Visibility.UNKNOWN
    return RestClient(source.url, [scope], headers=headers, who=lambda _: (who, sees))


COLLECTOR = Collector(
    type="mlflow",
    title="MLflow",
    options=frozenset({"token", "user", "password"}),
    connect=connect,
    tested="the real MLflow 3.17 server, without authentication",
    listings=(
        Listing(
            "mlflow.experiment",
            Get(
                "/api/2.0/mlflow/experiments/search",
                items="experiments",
                method="POST",
                body={"max_results": PAGE},
                page=cursor("next_page_token", "page_token", in_body=True),
                optional=True,
                details=(
                    Detail(
                        "runs",
                        Get(
                            "/api/2.0/mlflow/runs/search",
                            items="runs",
                            method="POST",
                            body={
                                "experiment_ids": ["{experiment_id}"],
                                "max_results": RECENT_RUNS,
                                "order_by": ["attributes.start_time DESC"],
                            },
                            optional=True,
                        ),
                    ),
                ),
            ),
            experiments,
            permission="experiments: READ",
            opaque=("runs.data.params.value",),
        ),
        Listing(
            "mlflow.model",
            Get(
                "/api/2.0/mlflow/registered-models/search",
                items="registered_models",
                params={"max_results": PAGE},
                page=cursor("next_page_token", "page_token"),
                optional=True,
            ),
            models,
            permission="registered-models: READ",
        ),
        Listing(
            "mlflow.model-version",
            Get(
                "/api/2.0/mlflow/model-versions/search",
                items="model_versions",
                params={"max_results": PAGE},
                page=cursor("next_page_token", "page_token"),
                optional=True,
                details=(
                    Detail(
                        "run",
                        Get(
                            "/api/2.0/mlflow/runs/get?run_id={run_id}",
                            items="run",
                            single=True,
                            optional=True,
                        ),
                        when=lambda item: bool(item.get("run_id")),
                    ),
                ),
            ),
            versions,
            permission="registered-models: READ, experiments: READ",
            opaque=("run.data.params.value",),
        ),
    ),
)
