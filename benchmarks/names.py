"""How fast spellings become names: `canonical` over distinct spellings of a realistic mix, beside a known peer.

The peer is the standard library's `urllib.parse.urlsplit` on the same inputs, which splits and checks a URL but
neither normalises nor recognises anything. Its cache is cleared and inputs are distinct, so both really parse.
Prints ns per spelling, the rate, the ratio to the peer, and peak memory. CPU time, best of five.

Run: python benchmarks/names.py [COUNT]
"""

import random
import sys
import time
import tracemalloc
from collections.abc import Callable
from urllib.parse import urlsplit

from siloscope.names import canonical, extract_text, parents

# Shares as in a cloud and ML estate: objects and ARNs first, then web addresses and databases.
MIX: list[tuple[int, str]] = [
    (30, "s3://lake-{a}/raw/team-{b}/dt=2024-01-{c}/part-{a}.parquet"),
    (8, "arn:aws:s3:::bucket-{a}/models/{b}"),
    (14, "arn:aws:lambda:eu-west-1:111122223333:function:score-{a}-{b}"),
    (8, "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/churn-{a}-{b}"),
    (14, "https://api.vendor-{b}.example/v1/customers/{a}/orders?limit={c}"),
    (4, "https://lake{b}.blob.core.windows.net/raw/{a}/x.csv"),
    (4, "https://bucket-{a}.s3.eu-west-1.amazonaws.com/k/{b}"),
    (6, "postgresql+psycopg2://user:pw{c}@db{a}.corp.example:5432/risk{b}"),
    (4, "jdbc:postgresql://db{a}.corp.example:5432/risk{b}?ssl=true"),
    (4, "gs://models-{a}/v{b}/saved_model.pb"),
    (4, "/subscriptions/{a}/resourceGroups/rg{b}/providers/Microsoft.MachineLearningServices/workspaces/ws{c}"),
]


def spellings(count: int) -> list[str]:
    """`count` distinct spellings of the mix, in a fixed random order."""
    rng = random.Random(7)
    forms = [form for weight, form in MIX for _ in range(weight)]
    made: dict[str, None] = {}
    number = 0
    while len(made) < count:
        number += 1
        made[rng.choice(forms).format(a=number, b=rng.randrange(900), c=f"{rng.randrange(1, 29):02d}")] = None
    return list(made)


def nanoseconds(call: Callable[[str], object], inputs: list[str]) -> float:
    """Best CPU time per call of five passes."""
    best = float("inf")
    for _ in range(5):
        if hasattr(call, "cache_clear"):
            call.cache_clear()
        before = time.process_time_ns()
        for each in inputs:
            call(each)
        best = min(best, time.process_time_ns() - before)
    return best / len(inputs)


def peak(call: Callable[[str], object], inputs: list[str]) -> int:
    """Peak memory in bytes that a pass allocates beyond its inputs; results are dropped."""
    tracemalloc.start()
    for each in inputs:
        call(each)
    size = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return size


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    inputs = spellings(count)
    named = [canonical(each) for each in inputs]
    names = [name for name in named if name]
    ours, peer = nanoseconds(canonical, inputs), nanoseconds(urlsplit, inputs)
    print(f"{count} distinct spellings, {len(names)} of them names")
    print(f"canonical            {ours:8.0f} ns/op  {1e9 / ours:10,.0f} /s")
    print(f"urllib urlsplit      {peer:8.0f} ns/op  {1e9 / peer:10,.0f} /s   (splits only)")
    print(f"ratio to the peer    {ours / peer:8.2f} x")
    walk = nanoseconds(lambda name: list(parents(name)), names)
    print(f"parents (all)        {walk:8.0f} ns/op  {1e9 / walk:10,.0f} /s")
    text = "\n".join(f"{number}: read {each} and write it" for number, each in enumerate(inputs))[:1_000_000]
    scan = nanoseconds(lambda each: list(extract_text(each)), [text])
    print(f"extract_text         {scan / len(text):8.0f} ns/char  {1e9 / scan:10.1f} MB/s of text full of names")
    print(f"peak memory          {peak(canonical, inputs[:20_000]) / 1024:8.0f} KiB over 20,000 calls")


if __name__ == "__main__":
    main()
