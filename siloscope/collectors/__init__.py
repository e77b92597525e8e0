"""The registry of collectors: one module a system, imported when its type is met.

Third parties add collectors by entry point, group `siloscope.collectors`, each naming a `Collector`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from siloscope.collectors.base import Collector
from siloscope.errors import ConfigError, nearest

BUILT_IN: Mapping[str, str] = {
    "airflow": "siloscope.collectors.airflow",
    "aws": "siloscope.collectors.aws",
    "azure": "siloscope.collectors.azure",
    "backstage": "siloscope.collectors.backstage",
    "csv": "siloscope.collectors.sheets",
    "dbt": "siloscope.collectors.dbt",
    "focus": "siloscope.collectors.focus",
    "mlflow": "siloscope.collectors.mlflow",
    "n8n": "siloscope.collectors.n8n",
    "node-red": "siloscope.collectors.nodered",
    "openlineage": "siloscope.collectors.openlineage",
    "siloscope": "siloscope.collectors.estate",
    "uipath": "siloscope.collectors.uipath",
}

# The types of the contract; those without a collector yet are refused by name, not as unknown.
CONTRACT = frozenset(
    "aws azure gcp kubernetes terraform mlflow databricks azureml vertex kubeflow kserve wandb huggingface uipath "
    "automation-anywhere blueprism power-platform n8n node-red camunda robocorp robot-framework airflow dagster "
    "prefect dbt openlineage snowflake bigquery postgres kafka kafka-connect airbyte fivetran datafactory "
    "backstage csv focus datahub openmetadata siloscope".split()
)


@cache
def collector(kind: str) -> Collector:
    """The collector of a source type.

    Raises:
        ConfigError: Nothing collects this type.
    """
    if kind in BUILT_IN:
        found = import_module(BUILT_IN[kind]).COLLECTOR
    else:
        plugin = _plugins().get(kind)
        if plugin is None:
            raise ConfigError(f'unknown source type "{kind}"{nearest(kind, types())}')
        found = plugin
    if not isinstance(found, Collector):
        raise ConfigError(f'source type "{kind}": the entry point names no Collector')
    return found


def types() -> Mapping[str, frozenset[str]]:
    """Every type that can be collected, with the options it understands."""
    return {kind: collector(kind).options for kind in sorted({*BUILT_IN, *_plugins()})}


@cache
def _plugins() -> Mapping[str, Collector]:
    return {each.name: each.load() for each in entry_points(group="siloscope.collectors")}
