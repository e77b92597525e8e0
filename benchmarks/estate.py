"""An estate of any size, as a scan would show it: slices of assets and their references, seeded, one slice at a time.

N assets in N / 250 tools of ten products, and five references from each, no two alike: of a hundred mentions 45 name
what another asset claims, 35 lie inside it, 20 are of places that nobody scanned. Every asset carries what readers
usually pick: place, tags, owner, a shape, times, sometimes a cost.

Run: python benchmarks/estate.py [ASSETS]     prints what there is
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from siloscope.model import Asset, Observation, Reference, Slice, Verb, Visibility

SOURCE = "estate"
SIZE = 1_000  # assets of a slice
EDGES = 5  # references of an asset
KINDS = (
    ("sagemaker.model", "sagemaker"),
    ("glue.job", "glue"),
    ("lambda.function", "lambda"),
    ("mlflow.model", "mlflow"),
    ("n8n.workflow", "n8n"),
    ("airflow.dag", "airflow"),
    ("sqs.queue", "sqs"),
    ("s3.bucket", "s3"),
    ("dynamodb.table", "dynamodb"),
    ("uipath.process", "uipath"),
)
VERBS = (Verb.READS, Verb.WRITES, Verb.CALLS, Verb.USES, Verb.TRIGGERS)


def slices(count: int, *, changed: int = 0, seed: int = 11) -> Iterator[tuple[Slice, list[Observation]]]:
    """The slices of an estate of `count` assets; of `changed` in a hundred one fact and one reference are different."""
    for number, start in enumerate(range(0, count, SIZE)):
        rng = random.Random(f"{seed}/{number}")
        items: list[Observation] = []
        size = min(SIZE, count - start)
        for n in range(start, start + size):
            asset, references = _asset(n, count, rng), _references(n, count, rng)
            if n % 100 < changed:
                asset = replace(asset, facts={**asset.facts, "revision": 2})
                references[0] = replace(references[0], name=f"{references[0].name}/again")
            items += [asset, *references]
        row = Slice(
            SOURCE, "things", f"scope-{number:05}", principal="p", visibility=Visibility.ALL, config="c", assets=size
        )
        yield row, items


def key(n: int) -> str:
    """The id of the n-th asset."""
    return f"arn:aws:glue:eu-west-1:{111122223000 + n // 250}:job/thing-{n}"


def claimed(n: int) -> str:
    """A name that the n-th asset claims."""
    return f"s3://lake-{n % 997}/t{n}"


def _asset(n: int, count: int, rng: random.Random) -> Asset:
    kind, product = KINDS[n // 250 % len(KINDS)]
    account = str(111122223000 + n // 250)
    return Asset(
        key(n),
        kind,
        f"thing {n} of team {rng.randrange(60)}",
        f"{product}:{account}",
        names=(claimed(n),),
        url=f"https://console.example/{account}/{n}",
        owner=f"person-{rng.randrange(count // 20 + 1)}@corp.example",
        department=f"Department {rng.randrange(12)}" if rng.random() < 0.8 else None,
        created=f"2024-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}T08:00:00Z",
        last_used=f"2026-{rng.randrange(1, 6):02}-{rng.randrange(1, 29):02}T08:00:00Z",
        annual_cost=round(rng.random() * 5000, 2) if rng.random() < 0.3 else None,
        shape={"v": 1, "node:http": rng.randrange(9), "node:if": rng.randrange(9), "edges": rng.randrange(20)},
        facts={
            "account": account,
            "region": "eu-west-1",
            "runtime": f"python3.{rng.randrange(9, 14)}",
            "tag.cost-center": f"cc-{rng.randrange(200)}",
            "tag.team": f"team-{rng.randrange(60)}",
        },
    )


def _references(n: int, count: int, rng: random.Random) -> list[Reference]:
    found = []
    for m in range(EDGES):
        pick, at = rng.randrange(100), (n + 1 + m + EDGES * rng.randrange(max(count // EDGES - 1, 1))) % count
        if pick < 45:
            name = claimed(at)
        elif pick < 80:
            name = f"{claimed(at)}/dt=2024/part-{n % 50}.parquet"
        else:
            name = f"host://db-{at % 500}.corp.example:5432/risk/public/t{n}-{m}"
        found.append(Reference(key(n), VERBS[m], name, f"args[{m}]"))
    return found


def main() -> None:
    """Count and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    kinds: Counter[str] = Counter()
    scopes = 0
    for _, items in slices(count):
        scopes += 1
        kinds.update(type(each).__name__ for each in items)
    print(f"{scopes} slices, " + ", ".join(f"{number:,} {kind}" for kind, number in sorted(kinds.items())))


if __name__ == "__main__":
    main()
