"""What tests put into an MLflow server: experiments with runs on data, models with versions, aliases, odd names."""

from collections.abc import Callable
from typing import Any

Post = Callable[[str, dict[str, Any]], dict[str, Any]]


def seed(post: Post) -> None:
    """Fill an empty server through `post(path, body)`."""
    churn = post("experiments/create", {"name": "churn", "tags": _tags({"team": "data-science", "env": "prod"})})[
        "experiment_id"
    ]
    post("experiments/create", {"name": "/Shared/pricing 100% new", "artifact_location": "s3://shop-mlflow/pricing"})
    gone = post("experiments/create", {"name": "abandoned"})["experiment_id"]
    post("experiments/delete", {"experiment_id": gone})
    first = _run(post, churn, "dana", 1_780_000_000_000)
    post("runs/log-parameter", {"run_id": first, "key": "train_path", "value": "gs://shop-features/churn/2026"})
    post("runs/log-parameter", {"run_id": first, "key": "api_key", "value": "planted-secret-5541"})
    post(
        "runs/log-parameter",
        {"run_id": first, "key": "dsn", "value": "postgresql://ml:planted-secret-5542@dwh.shop.example/shop"},
    )
    source = '{"uri": "s3://shop-lake/raw/orders/part.parquet"}'
    dataset = {"name": "orders", "digest": "d1", "source_type": "s3", "source": source}
    post("runs/log-inputs", {"run_id": first, "datasets": [{"dataset": dataset, "tags": []}]})
    _run(post, churn, "erik", 1_785_000_000_000)
    for name in ("churn", "price elasticity", "50% off & <b>more"):
        post(
            "registered-models/create",
            {"name": name, "tags": _tags({"owner": "data-science"}), "description": "Next best offer"},
        )
    for number in (1, 2, 3):
        version = {"name": "churn", "source": f"s3://shop-models/churn/{number}", "run_id": first}
        post("model-versions/create", version)
    post("registered-models/alias", {"name": "churn", "alias": "production", "version": "2"})
    post("model-versions/create", {"name": "price elasticity", "source": "s3://shop-models/price"})


def _run(post: Post, experiment: str, user: str, started: int) -> str:
    tags = _tags({"mlflow.user": user, "mlflow.source.git.repoURL": "https://git.shop.example/ml/churn.git"})
    body = {"experiment_id": experiment, "user_id": user, "start_time": started, "tags": tags}
    return post("runs/create", body)["run"]["info"]["run_id"]


def _tags(pairs: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in pairs.items()]
