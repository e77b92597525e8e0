"""Which kinds of assets are compared: things of one family may be the same thing on different platforms."""

from __future__ import annotations

from functools import lru_cache

FAMILIES = ("process", "model", "dataset")

# The last part of a kind (`n8n.workflow` -> `workflow`), or the whole kind where that says more.
_FAMILIES = {
    "model": "model",
    "registered-model": "model",
    "model-package-group": "model",
    "model-package": "model",
    "custom-model": "model",
    "fine-tuned-model": "model",
    "workflow": "process",
    "process": "process",
    "flow": "process",
    "cloud-flow": "process",
    "desktop-flow": "process",
    "release": "process",
    "bot": "process",
    "taskbot": "process",
    "automation": "process",
    "logic-app": "process",
    "logicapp": "process",
    "process-definition": "process",
    "state-machine": "process",
    "job": "process",
    "dag": "process",
    "function": "process",
    "pipeline": "process",
    "deployment": "process",
    "table": "dataset",
    "view": "dataset",
    "dataset": "dataset",
    "bucket": "dataset",
    "prefix": "dataset",
    "container": "dataset",
    "feature-group": "dataset",
    "feature-table": "dataset",
    "dbt.model": "process dataset",
    "nodered.subflow": "process",
    "azure-data-factory.dataset": "",
    "kserve.model": "",
    "ecr.container": "",
    "kubernetes.deployment": "",
    "azure-openai.deployment": "",
    "azureml.deployment": "",
    "bedrock.model": "",
}


@lru_cache(maxsize=4096)
def families(kind: str) -> frozenset[str]:
    """What kinds of thing it is on any platform: of `process`, `model`, `dataset`; none for kinds not compared."""
    known = _FAMILIES.get(kind)
    if known is None:
        known = _FAMILIES.get(kind.rpartition(".")[2].replace("_", "-"), "")
    return frozenset(known.split())
