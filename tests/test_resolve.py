"""Linking: exact, inside, outside, through aliases, and never dependent on the order of what is linked."""

from __future__ import annotations

import random

import pytest

from siloscope.graph.resolve import Aliases, Claims, resolve
from siloscope.model import Asset, How, Reference, Verb
from siloscope.names import canonical

JOB = Asset("toy://job", "toy.job", "job", "toy:1")


def linked(assets: list[Asset], references: list[Reference], aliases: tuple[tuple[str, str], ...] = ()):
    """Edges as (source, target, how) and outside ids."""
    known = {each.id: each for each in (JOB, *assets)}
    edges, outside = resolve(known, references, Claims(known.values(), Aliases(aliases)))
    return [(each.source, each.target, each.how) for each in edges], [each.id for each in outside]


def holder(key: str, *names: str) -> Asset:
    """An asset that claims names."""
    return Asset(key, "toy.thing", key, "toy:2", names=names)


def reads(name: str, source: str = JOB.id, **more) -> Reference:
    return Reference(source, Verb.READS, name, **more)


# what is claimed, what is mentioned, how they meet
MEETINGS = [
    ("s3://lake", "s3://lake", How.EXACT),
    ("s3://lake", "s3://lake/raw/x.csv", How.INSIDE),
    ("s3://lake/raw", "s3://lake/raw/x.csv", How.INSIDE),
    ("s3://lake/raw/x.csv", "s3://lake", How.OUTSIDE),
    ("s3://lake", "s3://lakehouse/x", How.OUTSIDE),
    ("host://db.example:5432", "host://db.example:5432/risk/public/t", How.INSIDE),
    ("host://db.example:5432/risk", "host://db.example:5432/sales/public/t", How.OUTSIDE),
    ("host://db.example:5432", "host://db.example:6432/x", How.OUTSIDE),
    ("host://db.example", "host://db.example:6432/x", How.INSIDE),
    ("kafka://b.example:9092", "kafka://b.example:9092/orders", How.INSIDE),
]


@pytest.mark.parametrize(("claimed", "mentioned", "how"), MEETINGS)
def test_a_mention_meets_what_claims_it_or_what_contains_it(claimed: str, mentioned: str, how: How) -> None:
    """Exactly, within what is claimed, or nobody; a common prefix of letters is no containment."""
    edges, outside = linked([holder("x", claimed)], [reads(mentioned)])
    ((source, target, met),) = edges
    assert (source, met) == (JOB.id, how)
    assert (target == "x") is (how is not How.OUTSIDE)
    assert bool(outside) is (how is How.OUTSIDE)


def test_the_nearest_container_wins() -> None:
    """A table claimed beside its database gets the mention of its column."""
    assets = [holder("bucket", "s3://lake"), holder("folder", "s3://lake/raw"), holder("file", "s3://lake/raw/x")]
    edges, _ = linked(assets, [reads("s3://lake/raw/x/y"), reads("s3://lake/raw/z"), reads("s3://lake/q")])
    assert sorted(target for _, target, _ in edges) == ["bucket", "file", "folder"]


def test_an_asset_claims_its_own_id_and_its_canonical_spelling() -> None:
    """References may use either."""
    function = Asset("arn:aws:lambda:eu-west-1:111122223333:function:score", "lambda.function", "score", "lambda:1")
    shouted = "/subscriptions/S/resourceGroups/RG/providers/Microsoft.Storage/storageAccounts/Lake"
    assets = [function, Asset(shouted, "azure.storage", "Lake", "azure:s")]
    for spelled, target in ((f"{function.id}:7", function.id), (shouted.lower(), shouted)):
        (edge,), _ = linked(assets, [reads(canonical(spelled) or "")])
        assert edge[1:] == (target, How.EXACT)


def test_what_nobody_claims_meets_in_one_node_at_container_grain() -> None:
    """Two files of one unscanned bucket are one place."""
    edges, outside = linked(
        [], [reads("s3://lake/a"), reads("s3://lake/b"), reads("host://db.example:5432/risk/public/t")]
    )
    assert outside == ["outside:host://db.example:5432/risk", "outside:s3://lake"]
    assert {how for _, _, how in edges} == {How.OUTSIDE}
    assert len(edges) == 3  # what was mentioned stays told apart


ALIASES = {
    "a name": ((("host://old.example:5432", "host://new.example:5432"),), "host://old.example:5432"),
    "the other way round": ((("host://new.example:5432", "host://old.example:5432"),), "host://old.example:5432"),
    "written as a URL": ((("postgres://old.example:5432", "postgresql://new.example:5432"),), "host://old.example:5432"),
    "the default port left out": ((("postgres://old.example", "postgres://new.example"),), "host://old.example:5432"),
    "below an alias": ((("host://old.example:5432", "host://new.example:5432"),), "host://old.example:5432/risk/t"),
    "any port of a host": ((("host://old.example", "host://new.example"),), "host://old.example:5432/risk"),
    "a chain": ((("host://old.example:5432", "host://mid.example:5432"), ("host://mid.example:5432", "host://new.example:5432")), "host://old.example:5432/x"),
    "a chain told backwards": ((("host://mid.example:5432", "host://new.example:5432"), ("host://old.example:5432", "host://mid.example:5432")), "host://old.example:5432/x"),
    "a chain through a part": ((("host://old.example:5432", "host://mid.example:5432"), ("host://mid.example:5432/x", "host://new.example:5432/y")), "host://old.example:5432/x/z"),
    "a circle": ((("host://old.example:5432", "host://new.example:5432"), ("host://new.example:5432", "host://old.example:5432")), "host://old.example:5432/x"),
}  # fmt: skip


@pytest.mark.parametrize("case", ALIASES)
def test_an_alias_joins_what_is_spelled_apart(case: str) -> None:
    """Whichever side is claimed and whichever is mentioned, with what lies below."""
    aliases, mention = ALIASES[case]
    edges, outside = linked([holder("db", "host://new.example:5432")], [reads(mention)], aliases)
    assert [target for _, target, _ in edges] == ["db"]
    assert outside == []


def test_an_alias_joins_outside_nodes_too() -> None:
    """Two spellings of one unscanned database are one hidden share."""
    _, outside = linked([], [reads("host://a.example:1/x"), reads("host://b.example:1/x")], (("host://a.example:1", "host://b.example:1"),))  # fmt: skip
    assert len(outside) == 1


def test_an_alias_below_itself_ends() -> None:
    """A mistake in the configuration must not hang the scan."""
    for pairs in ((("host://a", "host://a/x"),), (("host://a", "host://b/x"), ("host://b", "host://a/y"))):
        assert Aliases(pairs).real("host://a/z").startswith("host://")


def test_a_name_that_several_claim_links_to_each_of_them() -> None:
    """One thing inventoried twice is no error; each claimant is shown."""
    edges, _ = linked([holder("x", "s3://lake"), holder("y", "s3://lake")], [reads("s3://lake/a")])
    assert [target for _, target, _ in edges] == ["x", "y"]


def test_a_reference_to_itself_is_no_edge() -> None:
    """Neither by id nor by a name it claims nor into something inside itself."""
    own = holder("own", "s3://own")
    assert linked([own], [reads(name, "own") for name in ("own", "s3://own", "s3://own/x")]) == ([], [])


def test_a_reference_may_start_at_a_name_and_waits_until_somebody_claims_it() -> None:
    """A run seen by lineage becomes an edge once its pipeline is inventoried."""
    reference = reads("s3://lake", "airflow://a.example/dag/d")
    assert linked([], [reference]) == ([], [])
    edges, _ = linked([holder("dag", "airflow://a.example/dag/d")], [reference])
    assert edges == [("dag", "outside:s3://lake", How.OUTSIDE)]


def test_several_mentions_of_one_thing_are_one_edge_and_the_surest_counts() -> None:
    """Inferred and read at once is read; verbs stay apart; among equals the first place stands."""
    x = holder("x", "s3://lake")
    known = {each.id: each for each in (JOB, x)}
    references = [
        reads("s3://lake", where="a", confidence=0.4),
        reads("s3://lake", where="c"),
        reads("s3://lake", where="b"),
        Reference(JOB.id, Verb.WRITES, "s3://lake", "z", 0.5),
    ]
    edges, _ = resolve(known, references, Claims(known.values(), Aliases()))
    assert [(each.verb, each.how, each.where, each.confidence) for each in edges] == [
        (Verb.READS, How.EXACT, "b", 1.0),
        (Verb.WRITES, How.INFERRED, "z", 0.5),
    ]


def test_the_order_of_assets_and_references_does_not_matter() -> None:
    """Shuffled fifty times: the same edges, the same outside nodes."""
    rng = random.Random(3)
    assets = [holder(f"x{n}", f"s3://b{n % 7}/d{n % 3}", f"host://h{n % 5}:5432") for n in range(30)]
    names = [f"s3://b{n % 9}/d{n % 4}/f" for n in range(40)] + [f"host://h{n % 8}:5432/db/t{n}" for n in range(40)]
    references = [reads(name, f"x{n % 30}", where=str(n % 3), confidence=1.0 - 0.1 * (n % 4)) for n, name in enumerate(names)]  # fmt: skip
    aliases = (("host://h6:5432", "host://h1:5432"),)
    first = linked(assets, references, aliases)
    for _ in range(50):
        rng.shuffle(assets)
        rng.shuffle(references)
        assert linked(assets, references, aliases) == first


@pytest.mark.parametrize(
    "name", ["", " ", "://", "s3://", "<b>x</b>", "\u202e", "a" * 5000, "outside:x", "arn:", "//", "/"]
)
def test_a_hostile_mention_becomes_an_outside_node_and_nothing_breaks(name: str) -> None:
    """Readers give canonical names, but a plugin may give anything."""
    edges, outside = linked([], [reads(name)])
    assert len(edges) == len(outside) == 1


def test_names_that_several_claim_are_listed_in_order() -> None:
    """For the rule that reports them."""
    claims = Claims([holder("b", "s3://z", "s3://a"), holder("a", "s3://a"), holder("c", "s3://c")], Aliases())
    assert list(claims.several()) == [("s3://a", ("a", "b"))]
