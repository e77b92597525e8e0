"""Names of tools' own things: `mlflow://{host}/model/{name}`, `n8n://{host}/workflow/{id}`, and MLflow's URIs."""

from siloscope.names.context import Context, Parser
from siloscope.names.objects import table_path
from siloscope.names.parts import authority, compose, constant, plain, split_port

# Schemes siloscope defines, {tool}://{authority}/{kind}/{id}; the number of path segments that belong to the authority.
OWN = {
    **dict.fromkeys(
        "mlflow a360 blueprism powerplatform n8n nodered airbyte fivetran kafka-connect dagster airflow prefect dbt "
        "wandb kubeflow kserve kubernetes robocorp robotframework camunda backstage datahub openmetadata openlineage "
        "terraform vertex huggingface csv focus grafana tableau powerbi looker superset metabase".split(),
        0,
    ),
    "uipath": 2,
    "mssharepoint": 1,
    "box": 1,
    "filenet": 1,
}


def _own(scheme: str, rest: str, _context: Context) -> str | None:
    """The name itself, normalised: authority in lower case, no user info, no query, no trailing slash."""
    if not rest.startswith("//"):
        return None
    where, _, path = rest[2:].partition("?")[0].partition("#")[0].partition("/")
    known = authority(where.rpartition("@")[2])
    parts = [part.strip() for part in constant(path).split("/") if part.strip()]
    return "/".join([f"{scheme}://{known}", *parts]) if known else None


def _instance(context: Context) -> tuple[str, str]:
    """(scheme, authority) of the context's instance."""
    scheme, _, rest = context.instance.partition("://")
    where = rest.partition("/")[0]
    return (scheme.lower(), authority(where) or "") if where else ("", "")


def models(_scheme: str, rest: str, context: Context) -> str | None:
    """`models:/x`, `models:/x/3`, `models:/x@champion`, `models:/m-ID`, as the instance's names.

    MLflow docs, "Model registry", URI forms. Unity Catalog's three dotted parts are
    `unitycatalog://` names, whose alias is an attribute.
    """
    scheme, where = _instance(context)
    if rest.startswith("//"):
        # models://PROFILE@databricks/x names a credential profile, not a host.
        return None
    parts = [part for part in constant(rest).strip("/").split("/") if part]
    if not where or not parts:
        return None
    name, at, alias = (part.strip() for part in parts[0].partition("@"))
    if not name:
        return None
    if scheme in {"databricks", "unitycatalog"} and name.count(".") == 2:
        return table_path("unitycatalog", where, *name.split("."), *parts[1:2])
    if name.startswith("m-") and len(name) == 34 and len(parts) == 1:
        return compose("mlflow", where, "logged-model", name)
    return compose("mlflow", where, "model", plain(name) + at + alias, *parts[1:2])


def runs(_scheme: str, rest: str, context: Context) -> str | None:
    """`runs:/ID/path` as `mlflow://{host}/run/ID/path`."""
    where = _instance(context)[1]
    parts = [part for part in constant(rest).split("/") if part]
    return compose("mlflow", where, "run", *parts) if where and parts and not rest.startswith("//") else None


def artifacts(_scheme: str, rest: str, context: Context) -> str | None:
    """`mlflow-artifacts:/EXPERIMENT/RUN/artifacts/path`: the run's, or the logged model's, at the host or instance."""
    where = _instance(context)[1]
    if rest.startswith("//"):
        place, _, rest = rest[2:].partition("/")
        name, port = split_port(place.rpartition("@")[2])
        where = (authority(f"{name}:{port}" if port else name) or "") if name else where
    parts = [part for part in constant(rest).split("/") if part]
    if not where or not parts:
        return None
    if len(parts) >= 3 and parts[1] == "models":
        return compose("mlflow", where, "logged-model", parts[2])
    if len(parts) >= 3 and parts[2] == "artifacts":
        return compose("mlflow", where, "run", parts[1], *parts[3:])
    return compose("mlflow", where, "artifact", *parts)


SCHEMES: dict[str, Parser] = {
    **dict.fromkeys(OWN, _own),
    "models": models,
    "runs": runs,
    "mlflow-artifacts": artifacts,
}
