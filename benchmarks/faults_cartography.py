"""What a fault between two scans deletes: siloscope beside cartography, on one emulator, with the same faults.

cartography syncs the same listings of the same moto into a real Neo4j. Each cell is one listing
that both ask for and one fault: both scan when all is well, then with the fault. Nothing is deleted in between, so
whatever goes is wrongly deleted. cartography's own pauses are cut short (three tries instead of ten minutes of them,
no sleeping); what it does with an answer is untouched.

Run: python benchmarks/faults_cartography.py [--only MODULE]...; installs cartography under .cache/bench at first.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".cache" / "bench" / "cartography"
VERSION = "0.143.0"
ACCOUNT, REGION = "123456789012", "eu-west-1"
# cartography's modules that moto answers whole, in the order in which cartography itself runs them.
MODULES = tuple("kms s3 dynamodb ecr lambda_function rds redshift sns sqs glue sagemaker eventbridge".split())
NODES = """
MATCH (n) WHERE n.lastupdated IS NOT NULL AND NOT n:SyncMetadata AND NOT n:ModuleSyncMetadata
RETURN labels(n) AS l, n.id AS i"""
MERGE = "MERGE (a:AWSAccount {id: $id}) SET a.lastupdated = $tag, a.inscope = true"


def drive() -> None:
    """Inside cartography's environment: sync one module for each line of JSON, and say how it ended."""
    import functools
    import logging
    import time
    import types

    import backoff

    tries = backoff.on_exception
    shorter = {"max_tries": 3, "jitter": None, "factor": 0}
    backoff.on_exception = lambda *given, **named: tries(*given, **{**named, **shorter})
    import boto3
    import botocore.endpoint
    import neo4j
    from cartography.intel.aws.resources import RESOURCE_FUNCTIONS

    logging.disable(logging.CRITICAL)
    botocore.endpoint.time = types.SimpleNamespace(sleep=lambda _seconds: None, time=time.time)
    driver = neo4j.GraphDatabase.driver(os.environ["NEO4J_URI"], auth=("neo4j", os.environ["NEO4J_PASSWORD"]))
    say = functools.partial(print, file=sys.__stdout__, flush=True)
    sys.stdout = sys.stderr
    with driver.session() as session:
        for line in sys.stdin:
            asked = json.loads(line)
            tag, job = asked["tag"], {"UPDATE_TAG": asked["tag"], "AWS_ID": ACCOUNT}
            session.run(MERGE, id=ACCOUNT, tag=tag)
            try:
                RESOURCE_FUNCTIONS[asked["module"]](session, boto3.Session(), [REGION], ACCOUNT, tag, job)
            except Exception as error:  # noqa: BLE001 - however it ends, that is the result
                say(json.dumps({"error": f"{type(error).__name__}: {error}"[:200]}))
            else:
                say(json.dumps({"error": ""}))


class Peer:
    """cartography in its own process, and the graph it keeps."""

    def __init__(self, endpoint: str, database: Any, uri: str) -> None:
        self.database, self.tag = database, 1_000
        environment = os.environ | {
            "AWS_ENDPOINT_URL": endpoint,
            "NEO4J_URI": uri,
            "CARTOGRAPHY_AWS_READ_TIMEOUT": "1",
            "CARTOGRAPHY_AWS_MAX_ATTEMPTS": "2",
        }
        quiet = subprocess.DEVNULL
        command = [HOME / "bin" / "python", __file__, "--drive"]
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=quiet, text=True
        )

    def sync(self, module: str) -> str:
        """Sync one module; the error that ended it, or nothing."""
        self.tag += 1
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"module": module, "tag": self.tag}) + "\n")
        self.process.stdin.flush()
        return str(json.loads(self.process.stdout.readline())["error"])

    def nodes(self) -> Counter[str]:
        """What the graph holds, by labels and id."""
        rows = self.database.execute_query(NODES).records
        return Counter(f"{'|'.join(sorted(row['l']))} {row['i']}" for row in rows)


def install() -> None:
    """Cartography in an environment of its own; it shares no library with this one."""
    if not (HOME / "bin" / "python").exists():
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "-q", str(HOME)], check=True)
        subprocess.run([uv, "pip", "install", "-q", "-p", str(HOME), f"cartography=={VERSION}"], check=True)


def shared(peer: Peer, proxy: Any, modules: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(module, our listing) for every listing that both ask for; a module that moto cannot answer is named."""
    from tests.faults import aws

    for module in modules:
        proxy.requests.clear()
        error = peer.sync(module)
        if error:
            print(f"left out: {module}: {error}")
            continue
        for name in sorted(aws.LISTINGS):
            (call,) = aws.enumerating(name)
            if proxy.count(call.asks):
                yield module, name


def ours(name: str, endpoint: str, folder: Path, fault: Any) -> int:
    """How many assets siloscope loses when the listing meets the fault."""
    from siloscope.config import Config, Source
    from siloscope.graph.sqlite import SqliteStore
    from siloscope.scanner import Options, run
    from tests.faults import aws

    above = [parent for parent, children in aws.OPENS.items() if name in children]
    options = {"endpoint_url": endpoint, "regions": [REGION], "services": [name, *above, *aws.OPENS.get(name, ())]}
    config = Config(folder / "siloscope.toml", "", sources=(Source("aws", "aws", options=options),))
    with closing(SqliteStore(str(folder / f"{len(list(folder.iterdir()))}.db"))) as store:
        list(run(config, store, Options("2026-01-01T00:00:00Z")))
        before = {each.id for each in store.graph().assets}
        with fault:
            list(run(config, store, Options("2026-01-02T00:00:00Z")))
        return len(before - {each.id for each in store.graph().assets})


class WholeSeconds:
    """The way to moto, which gives queues' times with fractions that AWS has not and cartography cannot read."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def request(self, *given: Any, **named: Any) -> Any:
        """The answer, times in whole seconds."""
        import httpx

        answer = self.real.request(*given, **named)
        body = re.sub(rb'(Timestamp": ?"[0-9]+)[.][0-9]+"', rb'\1"', answer.content)
        headers = {key: value for key, value in answer.headers.items() if key != "content-encoding"}
        return httpx.Response(answer.status_code, content=body, headers=headers)

    def close(self) -> None:
        """Close the connections."""
        self.real.close()


_COLUMNS = ("cells", "error", "loss", "lost", "mine")
_LINE = "{:34} {:>5} {:>21} {:>16} {:>11} {:>12}"


def measure(peer: Peer, proxy: Any, modules: Sequence[str], folder: Path) -> None:
    """Every cell, and the table."""
    from tests.faults import aws
    from tests.faults.matrix import FAULTS
    from tests.faults.replay import AFTER, Kept
    from tests.faults.served import in_front

    cells = list(shared(peer, proxy, modules))
    kept = Kept(proxy)
    kept.moment = AFTER
    for module in dict.fromkeys(module for module, _ in cells):
        peer.sync(module)
    modules = len({module for module, _ in cells})
    print(f"{len(cells)} listings in {modules} modules of cartography, {sum(peer.nodes().values())} nodes\n")
    print(_LINE.format("", "", "---- cartography ----", "", "", "siloscope"))
    print(_LINE.format("fault", "cells", "ended in an error", "cells with loss", "nodes lost", "assets lost"))
    totals: Counter[str] = Counter()
    for fault in FAULTS:
        row: Counter[str] = Counter()
        for module, name in cells:
            put = in_front(proxy, kept, aws.enumerating(name))
            before = peer.nodes()
            with put(fault):
                error = peer.sync(module)
            lost = sum((before - peer.nodes()).values())
            peer.sync(module)
            mine = ours(name, proxy.url, folder, put(fault))
            row.update(cells=1, error=bool(error), loss=bool(lost), lost=lost, mine=mine)
        totals.update(row)
        print(_LINE.format(fault, *(row[key] for key in _COLUMNS)), flush=True)
    print(_LINE.format("all", *(totals[key] for key in _COLUMNS)))


def main() -> None:
    """Start the servers, fill the emulator, measure."""
    if "--drive" in sys.argv:
        drive()
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=MODULES)
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    import neo4j

    from tests.aws_estate import connector, seed
    from tests.faults.aws_doomed import doom, furnish
    from tests.servers import load
    from tests.servers.proxy import FaultProxy

    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": REGION}
    install()
    with ExitStack() as stack:
        moto = stack.enter_context(load("moto")())
        server = stack.enter_context(load("neo4j")())
        seed(moto.url)
        furnish(connector(moto.url))
        doom(connector(moto.url))
        proxy = stack.enter_context(FaultProxy(moto.url))
        proxy.upstream = WholeSeconds(proxy.upstream)  # type: ignore[assignment]  # these two methods are all it uses
        os.environ["NEO4J_PASSWORD"] = server.password
        driver = stack.enter_context(neo4j.GraphDatabase.driver(server.url, auth=("neo4j", server.password)))
        peer = Peer(proxy.url, driver, server.url)
        stack.callback(peer.process.kill)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        measure(peer, proxy, given.only or MODULES, folder)


if __name__ == "__main__":
    main()
