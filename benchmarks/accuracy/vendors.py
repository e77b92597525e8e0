"""A cross-vendor estate with traps: models, bots, pipelines and data on many products; the truth is known.

An undertaking is realised once, or again by another team on another product: other naming habits, some facts missing,
descriptions said otherwise, data partly the same. Traps: the same template for another object, one generic name for
different things, stages of one thing, versions of one model, links of one chain, a hub that everybody reads.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations, pairwise

from benchmarks.accuracy.graphs import built
from benchmarks.accuracy.labels import Estate, Labels, two
from benchmarks.accuracy.vendor_life import life
from benchmarks.accuracy.vendor_words import (
    DEPARTMENTS,
    GENERIC,
    HOSTS,
    PEOPLE,
    PRODUCTS,
    SCHEDULES,
    STORES,
    UNDERTAKINGS,
    WORDS,
)
from siloscope.model import Asset, Observation, Reference, Verb

PLATFORMS = {
    "model": (("mlflow.model", "mlflow"), ("sagemaker.model-package-group", "sagemaker"), ("databricks.registered-model", "databricks"), ("azureml.model", "azureml")),
    "bot": (("uipath.process", "uipath"), ("n8n.workflow", "n8n"), ("power-platform.cloud-flow", "powerplatform"), ("automation-anywhere.bot", "a360")),
    "pipeline": (("glue.job", "glue"), ("airflow.dag", "airflow"), ("dbt.model", "dbt"), ("azure-data-factory.pipeline", "datafactory")),
    "data": (("postgres.table", "postgres"), ("snowflake.table", "snowflake"), ("s3.bucket", "s3"), ("bigquery.table", "bigquery")),
}  # fmt: skip
DRIFTS = (0.2, 0.2, 0.5, 0.5, 0.5, 0.9)  # how far a second build is from the first: told off it, or from memory
REGIONS = ("uk", "de", "fr", "nordics", "iberia", "benelux")


@dataclass(frozen=True, slots=True)
class Undertaking:
    """What somebody wants: the same, however often it is built. `place` tells apart those of one subject."""

    about: str
    task: str
    otherwise: str
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    steps: tuple[str, ...]
    place: str
    kind: str
    digest: str


@dataclass(slots=True)
class _Making:
    rng: random.Random
    observed: dict[str, list[Observation]] = field(default_factory=dict)
    labels: Labels = field(default_factory=Labels)
    text: dict[str, str] = field(default_factory=dict)
    purpose: dict[tuple[str, str], list[tuple[str, list[str]]]] = field(default_factory=dict)
    count: int = 0


def undertakings(split: str) -> list[Undertaking]:
    """All undertakings of a split: even lines for `dev`, odd ones for `held`, each for one to three regions and kinds."""
    rng = random.Random(f"undertakings {split}")
    found: list[Undertaking] = []
    for line in UNDERTAKINGS.splitlines()[0 if split == "dev" else 1 :: 2]:
        about, task, otherwise, tables, columns, steps = (each.strip() for each in line.split("|"))
        for kind in PLATFORMS:
            said = (about, task, otherwise, _list(tables), _list(columns), _list(steps))
            found += [
                Undertaking(*said, place, kind, f"{rng.getrandbits(256):064x}")
                for place in rng.sample(REGIONS, rng.randrange(1, 4))
            ]
    return found


def _list(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(","))


def make(*, seed: int = 1, split: str = "dev", copied: float = 0.45) -> Estate:
    """The estate of one split and seed; `copied` is the share of undertakings that were built more than once."""
    making = _Making(random.Random(f"{seed}/{split}"))
    rng = making.rng
    every = undertakings(split)
    first: dict[Undertaking, str] = {}
    for each in every:
        family = [_realise(making, each)]
        first[each] = family[0]
        if rng.random() < copied:
            family += [_realise(making, each, drift=rng.choice(DRIFTS)) for _ in range(rng.choice((1, 1, 1, 2)))]
        making.labels.add(family, f"{each.kind} built again")
        making.purpose.setdefault((each.about, each.place), []).append((each.kind, family))
    for builds in making.purpose.values():  # a bot and a pipeline for one purpose: nobody decided
        for (_, family), (_, other) in combinations(builds, 2):
            making.labels.unknown.update(two(a, b) for a in family for b in other)
    _traps(making, every, first)
    _lives(making, every)
    graph = built(making.observed)
    return Estate(f"vendors {split}", graph, making.labels, making.text)


def _lives(making: _Making, every: list[Undertaking]) -> None:
    """Half of the subjects have a life around them; nothing in it is the same as anything else."""
    rng = making.rng

    def number() -> int:
        making.count += 1
        return making.count

    subjects = {each.about: each for each in every}
    for about in rng.sample(sorted(subjects), max(1, len(subjects) // 2)):
        for kind, items in life(about, subjects[about].columns, rng, number):
            making.observed.setdefault("main", []).extend(items)
            assets = [each for each in items if isinstance(each, Asset)]
            for each in assets:
                links = (one.name for one in items if isinstance(one, Reference) and one.source == each.id)
                making.text[each.id] = " ".join(
                    [each.name, each.kind, *map(str, each.facts.values()), *each.shape, *links]
                )
            for one, other in combinations(assets, 2):
                making.labels.trap(one.id, other.id, kind)


def _realise(making: _Making, what: Undertaking, *, drift: float = 0.0, **fixed: str) -> str:
    """One asset that serves an undertaking; its id. `fixed`: name, platform number, environment."""
    rng = making.rng
    making.count += 1
    kind, product = PLATFORMS[what.kind][int(fixed.get("platform", rng.randrange(4)))]
    tool = f"{product}:{fixed.get('instance') or rng.choice(('a', 'b'))}.acme.example"
    name = fixed.get("name") or _name(what, rng, drift)
    key = f"{product}://{tool.partition(':')[2]}/{kind.partition('.')[2]}/{making.count}"
    facts: dict[str, str | int] = {}
    if rng.random() < 0.65:
        facts["description"] = _description(what, rng, drift)
    if what.kind in ("bot", "pipeline") and rng.random() < 0.7:
        facts["schedule"] = _steady(what, SCHEDULES) if rng.random() < 0.7 else rng.choice(SCHEDULES)
    if what.kind == "model" and rng.random() < 0.6 - 0.4 * drift:
        facts["artifact_digest"] = what.digest
    if rng.random() < 0.4:
        facts["tag.domain"] = what.about
    if rng.random() < 0.5:
        facts["tag.team"] = _steady(what, DEPARTMENTS) if rng.random() < 0.7 else rng.choice(DEPARTMENTS)
    owner = (
        (_steady(what, PEOPLE) if rng.random() < 0.8 - 0.6 * drift else rng.choice(PEOPLE))
        if rng.random() < 0.7
        else None
    )
    asset = Asset(
        key, kind, name, tool, owner=owner, environment=fixed.get("environment"), shape=_shape(what, rng, drift), facts=facts
    )  # fmt: skip
    items: list[Observation] = [asset, *_links(what, key, rng, drift)]
    making.observed.setdefault(tool, []).extend(items)
    said = [name, kind, *map(str, facts.values()), *(f"{a}" for a in asset.shape), *(each.name for each in items[1:] if isinstance(each, Reference))]  # fmt: skip
    making.text[key] = " ".join(said)
    return key


def _steady(what: Undertaking, choices: tuple[str, ...]) -> str:
    return choices[int(what.digest[:6], 16) % len(choices)]


def _name(what: Undertaking, rng: random.Random, drift: float) -> str:
    said = what.otherwise if rng.random() < 0.3 * drift else f"{what.about} {what.task}"
    words = [
        rng.choice(WORDS[each]) if each in WORDS and rng.random() < 0.1 + 0.4 * drift else each for each in said.split()
    ]
    if rng.random() < 0.3 and len(words) > 2:
        words = [*words[1:], words[0]]
    if rng.random() < 0.9:
        words.insert(rng.choice((0, len(words))), what.place)
    if rng.random() < 0.15:
        words.append(rng.choice(("v2", "new", "final", "2024")))
    style = rng.choice(("_", "-", " ", "camel", "title"))
    if style == "camel":
        return "".join(each[:1].upper() + each[1:] for each in re.findall(r"\w+", " ".join(words)))
    return " ".join(words).title() if style == "title" else style.join(words).lower()


def _description(what: Undertaking, rng: random.Random, drift: float) -> str:
    forms = (
        f"{what.task.capitalize()} for {what.about}s in {what.place}, from {what.tables[0]}.",
        f"{what.otherwise.capitalize()} ({what.place}): uses {what.columns[0]} and {what.columns[1]}.",
        f"Maintained by the {what.place} team: {what.otherwise} of {what.about}s",
        f"{what.about} {what.task}, see wiki. Steps: {', '.join(what.steps[:3])}.",
    )
    return forms[rng.randrange(4) if rng.random() < drift else int(what.digest[6], 16) % 4]


def _shape(what: Undertaking, rng: random.Random, drift: float) -> dict[str, int]:
    found: dict[str, int] = {"v": 1}
    if rng.random() < (0.85 if what.kind in ("model", "data") else 0.5):
        for column in what.columns:
            if rng.random() < 0.95 - 0.2 * drift:
                spelt = column if rng.random() < 0.7 else "".join(each.title() for each in column.split("_"))
                found[f"column:{spelt if rng.random() < 0.8 else column.upper()}"] = 1
    if what.kind in ("bot", "pipeline"):
        steps = [each for each in what.steps if rng.random() < 1 - 0.2 * drift]
        kinds = [rng.choice(PRODUCTS.get(each, (each, each.title()))) for each in steps]
        found |= {f"node:{each}": kinds.count(each) for each in kinds}
        found |= {f"flow:{a}>{b}": 1 for a, b in pairwise(kinds)}
        found |= {f"text:{each}": 1 for each in (*what.about.split(), *what.task.split()) if rng.random() < 0.7}
    return found


def _links(what: Undertaking, key: str, rng: random.Random, drift: float) -> Iterable[Observation]:
    base = HOSTS[int(what.digest[7], 16) % 4] if rng.random() > drift else rng.choice(HOSTS)
    store = STORES[int(what.digest[8], 16) % 4] if rng.random() > drift else rng.choice(STORES)
    if what.kind == "data":
        return
    for table in what.tables:
        if rng.random() < 0.9 - 0.3 * drift:
            yield Reference(key, Verb.READS, f"{base}/{table}_{what.place}", "source")
    if rng.random() < 0.5:
        verb = Verb.READS if what.kind == "model" else Verb.WRITES
        yield Reference(
            key, verb, f"{store}/{what.about.replace(' ', '-')}-{what.place}/{what.task.split()[0]}", "target"
        )
    if rng.random() < 0.5:
        yield Reference(key, Verb.READS, "s3://acme-hub/common/calendar", "hub")


def _traps(making: _Making, every: list[Undertaking], first: dict[Undertaking, str]) -> None:
    rng, labels = making.rng, making.labels
    by_subject: dict[tuple[str, str], list[Undertaking]] = {}
    for each in every:
        by_subject.setdefault((each.about, each.kind), []).append(each)
    for group in by_subject.values():  # the same for other regions: another object on the same template
        for one, other in pairwise(group):
            labels.trap(first[one], first[other], "another region")
    builds = {each: [key for _, family in making.purpose[each.about, each.place] for key in family] for each in every}
    for name in GENERIC:  # one name for different things
        kind = rng.choice(list(PLATFORMS))
        several = rng.sample([each for each in every if each.kind == kind], 3)
        made = [_realise(making, each, name=name) for each in several]
        for a, b in pairwise(made):
            labels.trap(a, b, "generic name")
        for each, key in zip(several, made, strict=True):  # its own undertaking's other builds are indeed the same
            labels.unknown.update(two(key, x) for x in builds[each])
            builds[each].append(key)
    for each in rng.sample(every, 24):  # stages of one thing
        platform, base = str(rng.randrange(4)), _name(each, random.Random(each.digest), 0.0)
        stages = ("dev", "test", "prod")
        made = [
            _realise(making, each, platform=platform, instance=stage, environment=stage, name=base) if rng.random() < 0.5
            else _realise(making, each, platform=platform, instance="c", name=f"{base}-{stage}")
            for stage in stages
        ]  # fmt: skip
        for a, b in pairwise(made):
            labels.trap(a, b, "stages")
        labels.unknown.update(two(key, x) for key in made for x in builds[each])
        builds[each] += made
    for each in rng.sample([each for each in every if each.kind == "model"], 8):  # versions of one model
        base = _name(each, random.Random(each.digest), 0.0)
        made = [_realise(making, each, platform="0", instance="v", name=f"{base}_v{n}") for n in (1, 2)]
        labels.trap(*made, "versions")
        labels.unknown.update(two(key, x) for key in made for x in builds[each])
        builds[each] += made
