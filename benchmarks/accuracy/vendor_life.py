"""What fills real estates and is no duplicate: chains over one subject, layers of one table, other tasks on the same data.

An estate in which only copies share data teaches that shared data means a copy. Here every subject has its chain of
jobs, its layers of tables and several undertakings on the same features, run from the same images by the same people.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from siloscope.model import Asset, Observation, Reference, Verb

CHAIN = ("export", "to-curated", "features", "quality-check", "backfill", "publish")
LAYERS = ("raw", "curated", "features", "archive")
TASKS = ("value report", "demand outlook", "risk score", "segment refresh", "audit extract", "price review", "dashboard feed", "alerting", "cost split", "quota plan")  # fmt: skip
RUNTIMES = (("python3.11", "512"), ("python3.12", "1024"), ("nodejs20", "256"))
IMAGES = ("oci://reg.acme.example/ml/train", "oci://reg.acme.example/ml/serve", "oci://reg.acme.example/etl/base")


def life(
    about: str, columns: tuple[str, ...], rng: random.Random, number: Callable[[], int]
) -> Iterator[tuple[str, list[Observation]]]:
    """(class, assets and links) of groups in which no two are the same."""
    subject = about.replace(" ", "-")
    yield "step of a chain", list(_chain(subject, rng, number))
    yield "layer of a table", list(_layers(subject, columns, rng, number))
    yield "another task on the same data", list(_tasks(subject, rng, number))
    yield "sibling in one project", list(_siblings(subject, columns, rng, number))
    yield "made of the same parts", list(_functions(subject, rng, number))


def _chain(subject: str, rng: random.Random, number: Callable[[], int]) -> Iterator[Observation]:
    kind, product = rng.choice(
        (("glue.job", "glue"), ("airflow.dag", "airflow"), ("azure-data-factory.pipeline", "datafactory"))
    )
    places = ("", "raw", "curated", "features", "curated", "archive", "serving")
    for n, step in enumerate(rng.sample(CHAIN, 4)):
        name = rng.choice((f"{subject}-{step}", f"{step}_{subject}".replace("-", "_"), f"ops-{subject}-{step}"))
        key = f"{product}://main.acme.example/{kind.partition('.')[2]}/{number()}"
        shape = {
            "v": 1,
            "node:Read": 1,
            "node:Write": 1,
            "flow:Read>Write": 1,
            **({"node:Filter": 1} if rng.random() < 0.3 else {}),
        }
        facts = {
            "tag.team": "Operations",
            "runtime": "4.0",
            **({"schedule": "0 2 * * *"} if rng.random() < 0.5 else {}),
        }
        yield Asset(key, kind, name, f"{product}:main.acme.example", shape=shape, facts=facts, owner="sam.okoro")
        if places[n]:
            yield Reference(key, Verb.READS, f"s3://acme-{places[n]}/{subject}", "source")
        yield Reference(key, Verb.WRITES, f"s3://acme-{places[n + 1]}/{subject}", "target")


def _layers(
    subject: str, columns: tuple[str, ...], rng: random.Random, number: Callable[[], int]
) -> Iterator[Observation]:
    for layer in rng.sample(LAYERS, 3):
        key = f"glue://main.acme.example/table/{layer}/{number()}"
        shape = {"v": 1, **{f"column:{each}": 1 for each in columns if rng.random() < 0.9}}
        name = subject.replace("-", "_") if rng.random() < 0.6 else f"{layer}_{subject}".replace("-", "_")
        yield Asset(
            key,
            "glue.table",
            name,
            "glue:main.acme.example",
            shape=shape,
            facts={"database": layer, "tag.team": "Operations"},
        )
        yield Reference(key, Verb.USES, f"s3://acme-{layer}/{subject}", "location")


def _tasks(subject: str, rng: random.Random, number: Callable[[], int]) -> Iterator[Observation]:
    kind, product = rng.choice(
        (
            ("mlflow.model", "mlflow"),
            ("sagemaker.model-package-group", "sagemaker"),
            ("dbt.model", "dbt"),
            ("airflow.dag", "airflow"),
            ("n8n.workflow", "n8n"),
        )
    )
    for task in rng.sample(TASKS, 4):
        words = f"{subject}-{task}".replace(" ", "-")
        name = words if rng.random() < 0.6 else task.replace(" ", "-")
        key = f"{product}://main.acme.example/{kind.partition('.')[2]}/{number()}"
        facts = {"tag.team": rng.choice(("Sales", "Risk")), "approval": "approved"}
        if rng.random() < 0.4:
            facts["description"] = f"{task} from the features of {subject}"
        yield Asset(
            key, kind, name, f"{product}:main.acme.example", facts=facts, owner=rng.choice(("eva.novak", "paul.roux"))
        )
        yield Reference(key, Verb.READS, f"s3://acme-features/{subject}", "source")
        if rng.random() < 0.6:
            yield Reference(key, Verb.READS, f"host://dwh.acme.example:5439/dw/{subject.replace('-', '_')}", "source")
        if rng.random() < 0.5:
            yield Reference(key, Verb.USES, rng.choice(IMAGES), "image")


def _siblings(
    subject: str, columns: tuple[str, ...], rng: random.Random, number: Callable[[], int]
) -> Iterator[Observation]:
    """Models of one warehouse project: the same sources, clauses and keys, other questions."""
    sources = [f"dbt://main/model.acme.dim_{rng.choice(('day', 'place', 'party', 'item'))}" for _ in range(2)]
    sources.append(f"dbt://main/model.acme.stg_{subject}".replace("-", "_"))
    for task in rng.sample(TASKS, 4):
        key = f"dbt://main/model.acme.{number()}"
        words = task.replace(" ", "_")
        name = rng.choice((f"fct_{words}", words, f"{subject}_{words}".replace("-", "_")))
        clauses = {
            "clause:select": rng.randrange(1, 4),
            "clause:join": rng.randrange(1, 3),
            "clause:group": 1,
            "call:sum": rng.randrange(1, 4),
        }
        held = [each for each in columns if rng.random() < 0.6]
        shape = {
            "v": 1,
            **clauses,
            **{f"column:{each}": 1 for each in held},
            **{f"table:{each.rpartition('.')[2]}": 1 for each in sources},
        }
        shape |= {f"alias:{words}_{n}": 1 for n in range(rng.randrange(3))}
        yield Asset(
            key,
            "dbt.model",
            name,
            "dbt:main",
            shape=shape,
            facts={"package": "acme", "materialized": "table", "adapter": "redshift"},
        )
        for each in sources:
            if rng.random() < 0.8:
                yield Reference(key, Verb.READS, each, "depends_on")
        if rng.random() < 0.6:
            yield Reference(f"dbt://main/exposure/{subject}", Verb.READS, key, "exposure")


def _functions(subject: str, rng: random.Random, number: Callable[[], int]) -> Iterator[Observation]:
    runtime, memory = rng.choice(RUNTIMES)
    for task in rng.sample(TASKS, 3):
        key = f"arn:aws:lambda:eu-west-1:111122223333:function:{number()}"
        shape = {"v": 1, f"runtime:{runtime}": 1, "env:TABLE": 1, "env:LOG_LEVEL": 1, f"memory:{memory}": 1}
        name = f"ops-{subject}-{task.replace(' ', '-')}"
        yield Asset(
            key,
            "lambda.function",
            name,
            "lambda:111122223333",
            shape=shape,
            facts={"runtime": runtime, "definition": f"{runtime}{memory}"},
        )
        yield Reference(key, Verb.READS, f"arn:aws:dynamodb:eu-west-1:111122223333:table/{subject}", "env")
