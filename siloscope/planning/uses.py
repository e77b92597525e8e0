"""What the assets of a tool use it for, where their kinds say so."""

from __future__ import annotations

from collections.abc import Iterable

from siloscope.model import Asset
from siloscope.planning.assumptions import falls_under

# What an asset that falls under an entry uses of its tool; one that falls under none may use all the tool offers.
_USES = {
    "mlflow.experiment": "experiment-tracking",
    "mlflow.model": "model-registry",
    "n8n.workflow": "workflow-automation",
    "node-red.flow": "workflow-automation",
    "nodered.flow": "workflow-automation",
    "logic-apps.workflow": "workflow-automation",
    "airflow.dag": "workflow-orchestration",
    "azureml.experiment": "experiment-tracking",
    "azureml.model": "model-registry",
    "azureml.endpoint": "model-serving",
    "uipath.robot robot_type=Attended*": "attended-rpa",
    "uipath.robot robot_type=NonProduction": "unattended-rpa",
    "uipath.robot robot_type=Unattended": "unattended-rpa",
}
# What only serves others in the same tool: processes are for the robots that run them.
_AUXILIARY = frozenset(
    {
        "airflow.connection",
        "airflow.asset",
        "azureml.datastore",
        "azureml.workspace",
        "logic-apps.connection",
        "node-red.subflow",
        "uipath.asset",
        "uipath.bucket",
        "uipath.machine",
        "uipath.package",
        "uipath.process",
        "uipath.queue",
        "uipath.trigger",
        "uipath.webhook",
    }
)


def used_capabilities(assets: Iterable[Asset]) -> frozenset[str] | None:
    """The capabilities that assets use of their tool; None where one of them does not say, or none does."""
    found = set()
    for each in assets:
        if each.kind in _AUXILIARY:
            continue
        used = next((capability for entry, capability in _USES.items() if falls_under(each, entry)), None)
        if used is None:
            return None
        found.add(used)
    return frozenset(found) or None
