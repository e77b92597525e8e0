"""Two MLflow servers: Risk built its own in 2023, the Data Platform offered one to everybody a year later."""

from __future__ import annotations

from collections.abc import Iterator

from estate.base import PLATFORM_MLFLOW, RISK_MLFLOW, Item, Point

FEATURES = "s3://tarnwick-lake-features"
CURATED = "s3://tarnwick-lake-curated"

# name of the experiment, department, what its runs read, the model it trains ("" for none), versions, alias.
_RISK = (
    ("carrier-default-scoring", "rsk", f"{FEATURES}/carriers", "carrier-score", 6, "production"),
    ("customer-churn-risk", "rsk", f"{FEATURES}/churn/monthly", "customer-churn", 4, "production"),
    ("sanction-fuzzy-match", "rsk", "s3://tarnwick-risk-feeds/lists", "sanction-match", 5, "production"),
    ("insured-value-bands", "rsk", f"{CURATED}/parcel", "insured-value", 3, "production"),
    ("claims-fraud-graph", "clm", f"{CURATED}/claim", "claims-fraud", 7, "production"),
    ("payout-outliers", "clm", f"{CURATED}/payout", "payout-outlier", 2, "production"),
    ("credit-limits", "rsk", f"{CURATED}/customer", "credit-limit", 3, "production"),
    ("catastrophe-exposure", "rsk", "s3://tarnwick-risk-feeds/weather", "", 0, ""),
    ("premium-sandbox", "rsk", "s3://tarnwick-risk-feeds/premium", "", 0, ""),
)
_PLATFORM = (
    ("eta-arrival", "ops", f"{FEATURES}/eta", "eta-arrival", 9, "production"),
    ("customer-churn-sales", "sal", f"{FEATURES}/churn/monthly", "CustomerChurn", 3, "production"),
    ("volume-forecast", "dp", f"{CURATED}/volume", "volume-forecast", 8, "production"),
    ("locker-demand", "ops", f"{CURATED}/locker", "locker-demand", 3, ""),
    ("depot-staffing", "ops", f"{CURATED}/depot", "depot-staffing", 4, "production"),
    ("address-parser", "dp", f"{CURATED}/address", "address-parser", 5, "production"),
    ("return-rate", "ops", f"{CURATED}/parcel", "return-rate", 2, "production"),
    ("tariff-elasticity", "sal", f"{CURATED}/quote", "tariff-elasticity", 3, "production"),
    ("linehaul-fill", "ops", f"{CURATED}/linehaul", "linehaul-fill", 2, "production"),
    ("courier-churn", "ops", f"{CURATED}/courier", "", 0, ""),
    ("customs-hs-codes", "ops", f"{CURATED}/customs", "", 0, ""),
    ("lake-drift", "dp", f"{CURATED}/quality", "", 0, ""),
)
SERVERS = (
    (RISK_MLFLOW, _RISK, "s3://tarnwick-mlflow-risk"),
    (PLATFORM_MLFLOW, _PLATFORM, "s3://tarnwick-mlflow-platform"),
)


def items(server: str) -> Iterator[Item]:
    """Experiments, then models, in the order in which they are made: a server numbers experiments from 1."""
    _, rows, bucket = next(each for each in SERVERS if each[0] == server)
    tool, base = f"mlflow:{server}", f"mlflow://{server}"
    for number, (name, department, data, model, versions, alias) in enumerate(rows, start=1):
        yield Item(
            "mlflow.experiment", name, f"{base}/experiment/{number}", tool, department,
            (Point("dataset", "reads", data), Point("artifacts", "writes", f"{bucket}/{name}")),
            owned=name != "premium-sandbox", more={"model": model},
        )  # fmt: skip
        if model:
            yield Item(
                "mlflow.model", model, f"{base}/model/{model}", tool, department,
                (Point("dataset", "reads", data), Point("source", "uses", f"{bucket}/{name}"), Point("experiment", "trained by", f"{base}/experiment/{number}")),
                owned=model != "locker-demand", environment="prod" if alias else "dev",
                more={"versions": versions, "alias": alias, "experiment": name},
            )  # fmt: skip
