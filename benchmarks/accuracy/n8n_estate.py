"""Three n8n instances with originals, copies of every kind, and hard negatives; the truth is known by construction.

Most originals have no copy. A family is an original with its copies and its natural exact duplicates: all pairs in it
are the same, except the two halves of a split, of which nothing is said. Pairs between families of natural likeness
(`corpus.Base.group`) are unlabelled: nobody has decided whether they are the same.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from pathlib import Path

from benchmarks.accuracy import mutations, negatives, platforms, rewriting
from benchmarks.accuracy.corpus import Base, document_text, generic
from benchmarks.accuracy.flow import Flow, fresh, working
from benchmarks.accuracy.graphs import scanned, workflow_id
from benchmarks.accuracy.labels import Estate, Labels, two

INSTANCES = ("n8n-berlin", "n8n-madrid", "n8n-ops")
EXACT, SPLIT = "natural exact", "split"
MUTATIONS: Mapping[str, Callable[[Flow, random.Random], Flow]] = {
    "re-export": mutations.re_export,
    "rename": mutations.rename,
    "edit": mutations.edit,
    "rehost": mutations.rehost,
    "combined": mutations.combined,
    "replatform": platforms.replatform,
    "rewrite": rewriting.rewrite,
    "rebuild": rewriting.rebuild,
}
CLASSES = (*MUTATIONS, SPLIT)
NEGATIVES = ("another object", "another purpose", "same name")
LEAST = 5  # working nodes of a workflow that is copied
DONORS = 0.12  # share of workflows that only lend their content to negatives


@dataclass(slots=True)
class _Plan:
    """What is put where while an estate is made."""

    rng: random.Random
    flows: dict[str, list[Flow]] = field(default_factory=lambda: defaultdict(list))
    home: dict[str, str] = field(default_factory=dict)
    families: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    groups: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    traps: list[tuple[str, str, str]] = field(default_factory=list)
    text: dict[str, str] = field(default_factory=dict)

    def put(self, flow: Flow, instance: str) -> str:
        """Place a workflow; its asset id."""
        key = workflow_id(instance, flow["id"])
        self.flows[instance].append(flow)
        self.text[key] = document_text(flow)
        self.home[key] = instance
        return key

    def elsewhere(self, key: str) -> str:
        """Where a copy goes: mostly another instance."""
        others = [each for each in INSTANCES if each != self.home[key]]
        return self.home[key] if self.rng.random() < 0.2 else self.rng.choice(others)


def make(bases: Sequence[Base], folder: Path, *, seed: int = 1, per: int = 40, split: str = "dev") -> Estate:
    """The estate of one split: `per` copies of each class and as many negatives, scanned from files in `folder`."""
    plan = _Plan(random.Random(f"{seed}/{split}/{per}"))
    chosen = [each for each in bases if each.split == split]
    donors, placed = _divided(chosen, plan.rng)
    originals: dict[str, Base] = {}
    for base in placed:
        key = plan.put(fresh(base.flow, plan.rng), plan.rng.choice(INSTANCES))
        originals[key] = base
        plan.families[base.exact].append((key, EXACT))
        plan.groups[base.group].add(base.exact)
    _copies(plan, originals, per)
    _negatives(plan, originals, donors, per)
    graph = scanned(plan.flows, folder)
    missing = set(plan.text) - set(graph.asset)
    if missing:
        raise ValueError(f"{len(missing)} workflows of the truth are not in the graph, {min(missing)} first")
    return Estate(f"n8n {split}", graph, _labels(plan, originals), plan.text)


def _divided(bases: Sequence[Base], rng: random.Random) -> tuple[list[Base], list[Base]]:
    """(donors, placed): whole groups of likeness go to one side."""
    groups = sorted({each.group for each in bases})
    lent = set(rng.sample(groups, round(len(groups) * DONORS)))
    return [each for each in bases if each.group in lent], [each for each in bases if each.group not in lent]


def _copies(plan: _Plan, originals: Mapping[str, Base], per: int) -> None:
    rng = plan.rng
    ready = sorted(key for key, base in originals.items() if len(working(base.flow)) >= LEAST)
    for kind in CLASSES:
        fit = [key for key in ready if kind not in ("replatform", "rebuild") or _movable(originals[key].flow)]
        for key in rng.sample(fit, min(per, len(fit))):
            base = originals[key]
            if kind == SPLIT:
                parts = [plan.put(each, plan.elsewhere(key)) for each in mutations.split(base.flow, rng)]
                plan.families[base.exact] += [(part, f"{SPLIT}/{parts[0]}") for part in parts]
            else:
                copy = plan.put(MUTATIONS[kind](base.flow, rng), plan.elsewhere(key))
                plan.families[base.exact].append((copy, kind))


def _movable(flow: Flow) -> bool:
    """At least two products, or a third of the nodes, have a counterpart elsewhere."""
    count = platforms.movable(flow)
    return count >= 1 and (count >= 2 or count * 3 >= len(working(flow)))


def _negatives(plan: _Plan, originals: Mapping[str, Base], donors: Sequence[Base], per: int) -> None:
    rng = plan.rng
    ready = sorted(key for key, base in originals.items() if len(working(base.flow)) >= LEAST)
    about = [key for key in ready if negatives.objects_of(originals[key].flow)]
    for key in rng.sample(about, min(per * 2, len(about))):
        flow = negatives.other_object(originals[key].flow, rng)
        if sum(kind == NEGATIVES[0] for *_, kind in plan.traps) < per and negatives.distinct(originals[key].flow, flow):
            plan.traps.append((key, plan.put(flow, plan.elsewhere(key)), NEGATIVES[0]))
    lent = negatives.parts_by_kind([each.flow for each in donors])
    titles = sorted({str(each.flow["name"]) for each in donors if not generic(str(each.flow["name"]))})
    for key in rng.sample(ready, min(per * 2, len(ready))):
        flow = negatives.other_purpose(originals[key].flow, rng.choice(titles), lent, rng)
        if sum(kind == NEGATIVES[1] for *_, kind in plan.traps) < per and negatives.distinct(originals[key].flow, flow):
            plan.traps.append((key, plan.put(flow, plan.elsewhere(key)), NEGATIVES[1]))
    named = [key for key in ready if not generic(str(originals[key].flow["name"]))]
    other = [each for each in donors if len(working(each.flow)) >= LEAST]
    groups = list({each.group: each for each in other}.values())
    for key, donor in zip(
        rng.sample(named, min(per, len(named), len(groups))), rng.sample(groups, len(groups)), strict=False
    ):
        flow = negatives.same_name(originals[key].flow, donor.flow, rng)
        plan.traps.append((key, plan.put(flow, plan.elsewhere(key)), NEGATIVES[2]))


def _labels(plan: _Plan, originals: Mapping[str, Base]) -> Labels:
    labels = Labels()
    for members in plan.families.values():
        for (a, one), (b, other) in combinations(members, 2):
            _label(labels, a, one, b, other)
    for names in plan.groups.values():
        for one, other in combinations(sorted(names), 2):
            pairs = product(plan.families[one], plan.families[other])
            labels.unknown.update(two(a, b) for (a, _), (b, _) in pairs)
    _label_negatives(labels, plan, originals)
    return labels


def _label_negatives(labels: Labels, plan: _Plan, originals: Mapping[str, Base]) -> None:
    """A negative differs from its model and all of that one's copies; of relatives and other negatives nothing is said."""
    for key, false, kind in plan.traps:
        base = originals[key]
        labels.trap(key, false, kind)
        for name in plan.groups[base.group]:
            for member, _ in plan.families[name]:
                pair = two(member, false)
                if name != base.exact:
                    labels.unknown.add(pair)
                elif member != key and kind != NEGATIVES[2]:
                    labels.traps.setdefault(pair, f"{kind}, a copy's")
    made = sorted(false for _, false, _ in plan.traps)
    labels.unknown.update((a, b) for a, b in combinations(made, 2))


def _label(labels: Labels, a: str, one: str, b: str, other: str) -> None:
    """Two members of a family: original and copy by the copy's class, two copies of different kinds together."""
    kinds = {one, other} - {EXACT}
    pair = two(a, b)
    halves = [each for each in (one, other) if each.startswith(SPLIT)]
    if len(halves) == 2:
        labels.unknown.add(pair)  # the halves of one split, or of two: parts of one thing, or the same part
    elif not kinds:
        labels.same[pair] = EXACT
    elif halves:
        labels.same[pair] = SPLIT if len(kinds) == 1 else "two copies"
    else:
        labels.same[pair] = next(iter(kinds)) if len(kinds) == 1 and EXACT in (one, other) else "two copies"
