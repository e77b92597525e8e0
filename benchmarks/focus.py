"""A FOCUS bill of five million rows: read, added up, attributed to assets; beside DuckDB and Python alone.

    python benchmarks/focus.py [ROWS]

The bill is invented: 40,000 resources in 20 accounts over twelve months, eleven columns beyond those that are read,
corrections among the rows. CPU seconds are those of the process, peak memory its resident set; each step runs in a
process of its own. DuckDB (when installed) sums the same file by resource and month: the least that has to be done.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROWS = 5_000_000
RESOURCES, ACCOUNTS = 40_000, 20
SERVICES = (
    "Amazon SageMaker",
    "AWS Glue",
    "Amazon Simple Storage Service",
    "AWS Lambda",
    "Amazon Relational Database Service",
)
HEAD = (
    "BillingAccountId,BillingCurrency,BillingPeriodStart,ChargePeriodStart,ChargePeriodEnd,ProviderName,SubAccountId,ServiceName,"
    "ServiceCategory,ResourceId,ResourceName,RegionId,SkuId,ChargeCategory,ChargeClass,ChargeFrequency,CommitmentDiscountStatus,"
    "ChargeDescription,BilledCost,ListCost,EffectiveCost,Tags"
)  # fmt: skip


def bill(file: Path, rows: int) -> None:
    """Write the bill; about 370 bytes a row."""
    with file.open("w", encoding="utf-8", newline="") as out:
        out.write(HEAD + "\n")
        for n in range(rows):
            thing = n * 7919 % RESOURCES
            account, service = thing % ACCOUNTS, SERVICES[thing % len(SERVICES)]
            month, day = n * 12 // rows + 1, n % 28 + 1
            named = f"arn:aws:x:eu-west-1:{account:012d}:thing/{thing}" if n % 11 else ""
            kind = "Correction" if n % 997 == 0 else ""
            cost = f"{-1 if kind else 1 + thing % 89}.{n % 1_000_000:06d}"
            start = f"2026-{month:02d}-{day:02d}T"
            out.write(
                f"1,USD,2026-{month:02d}-01T00:00:00Z,{start}00:00:00Z,{start}23:59:59Z,AWS,{account:012d},{service},"
                f"Analytics,{named},thing-{thing},eu-west-1,SKU{thing % 400},Usage,{kind},Usage-Based,,"
                f'"Some usage, by the hour",{cost},{cost},{cost},"{{""cost-center"": ""cc-{account}""}}"\n'
            )


def attribute(file: Path) -> dict[str, float]:
    """Scan the bill and build a graph in which half of its resources are inventoried."""
    from siloscope.collectors.base import scan
    from siloscope.collectors.focus import COLLECTOR, connect
    from siloscope.config import Source
    from siloscope.graph.build import Row, Settings, build
    from siloscope.model import Asset, Slice

    source = Source("money", "focus", path=file, instance="money")
    rows = []
    for n in range(0, RESOURCES, 2):
        key = f"arn:aws:x:eu-west-1:{n % ACCOUNTS:012d}:thing/{n}"
        rows.append(Row(Slice("s", "things", "x"), Asset(key, "x.thing", f"thing-{n}", f"x:{n % ACCOUNTS}"), "", ""))
    for taken in scan(COLLECTOR, source, connect(source), threads=1):
        rows += [Row(taken.slice, item, "", "") for item in taken.observations]
    graph = build(rows, [], Settings(), "1", "2027-01-01T00:00:00Z")
    billed = sum(float(each.facts.get("cost.charged") or 0) for each in graph.tools)
    return {"assets": sum(each.annual_cost is not None for each in graph.assets), "billed": round(billed, 2)}


def alone(file: Path) -> dict[str, float]:
    """The same sums row by row, with Python's own csv."""
    from siloscope.collectors import focus_bill

    sums = focus_bill.Bill()
    sums.add(focus_bill.rows(file))
    return {"resources": len(list(sums.documents()))}


def duckdb(file: Path) -> dict[str, float]:
    """Sums by resource and month, by DuckDB."""
    import duckdb as db

    cost = "sum(EffectiveCost::decimal(38, 18))"
    text = f"select ResourceId, substr(ChargePeriodStart, 1, 7), {cost} from read_csv('{file}', all_varchar=true)"
    found = db.sql(f"{text} group by all").fetchall()
    return {"groups": len(found), "billed": round(float(sum(row[2] for row in found)), 2)}


def measured(step: str, file: Path) -> dict[str, float] | None:
    """Run a step in a process of its own; None when a library it needs is not there."""
    done = subprocess.run([sys.executable, __file__, step, str(file)], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{step}: {done.stderr.strip().splitlines()[-1]}")
        return None
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(f"{step:10} {found.pop('cpu'):7.1f} CPU-s  {found.pop('peak'):6.0f} MiB  {found}")
    return found


def main() -> None:
    """Make the bill and run each step on it."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bill.csv"
        bill(file, rows)
        print(f"{rows:,} rows, {file.stat().st_size / 2**20:,.0f} MiB")
        for step in ("attribute", "duckdb", "alone"):
            measured(step, file)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        started = time.process_time()
        answer = {"attribute": attribute, "alone": alone, "duckdb": duckdb}[sys.argv[1]](Path(sys.argv[2]))
        usage = resource.getrusage(resource.RUSAGE_SELF)
        print(json.dumps({**answer, "cpu": time.process_time() - started, "peak": usage.ru_maxrss / 1024}))
    else:
        main()
