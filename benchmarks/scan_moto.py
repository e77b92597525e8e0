"""What a scan of a large AWS account costs: an emulated estate, moto in its own process, the collector in this one.

Prints the collector's own CPU seconds and the wall clock, the ratio to the emulator's CPU (the peer, whose answers
the collector waits for; unlike the wall clock it hardly depends on what else the machine does), requests,
enumerating calls by listing (each must be one a scope and page), and peak memory.

Run: python benchmarks/scan_moto.py [ASSETS] [--threads N]; needs `moto[server]`.
"""

import argparse
import os
import resource
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from siloscope.collectors.aws import COLLECTOR
from siloscope.collectors.base import scan
from siloscope.collectors.clients.boto import BotoClient
from siloscope.config import Source

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.aws_estate import connector

REGION = "eu-west-1"
ACCOUNT = "123456789012"


def seed(url: str, count: int) -> None:
    """About `count` assets: a third needs a describing call each, as in a real account."""
    connect = connector(url)
    clients = {service: connect(service, REGION) for service in ("sagemaker", "dynamodb", "sqs", "sns", "s3", "glue")}
    share = count // 10
    work: list[Callable[[], object]] = []
    for n in range(share):
        artefact = f"s3://models-{n % 50}/m{n}/model.tar.gz"
        image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/team-{n % 40}/serve:1"
        container = {"Image": image, "ModelDataUrl": artefact, "Environment": {"TABLE": f"s3://lake/{n}/"}}
        work.append(
            lambda n=n, c=container: clients["sagemaker"].create_model(
                ModelName=f"m{n}", ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/r", PrimaryContainer=c
            )
        )
        work.append(
            lambda n=n: clients["dynamodb"].create_table(
                TableName=f"t{n}",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                BillingMode="PAY_PER_REQUEST",
            )
        )
        work.append(lambda n=n: clients["sqs"].create_queue(QueueName=f"q{n}"))
    tags = [{"Key": "owner", "Value": "x"}]
    work += [lambda n=n: clients["sns"].create_topic(Name=f"topic{n}", Tags=tags) for n in range(3 * share)]
    for n in range(4 * share):
        command = {"Name": "glueetl", "ScriptLocation": f"s3://scripts/{n}.py"}
        arguments = {"--input": f"s3://lake/raw/{n}/", "--output": f"s3://lake/out/{n}/", "--password": "hunter2"}
        work.append(
            lambda n=n, c=command, a=arguments: clients["glue"].create_job(
                Name=f"j{n}", Role="r", Command=c, DefaultArguments=a
            )
        )
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: each(), work))


def server_cpu(process: int) -> float:
    """CPU seconds of another process so far (Linux: proc(5), fields 14 and 15); 0 where that is not to be had."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(url: str, threads: int, server: int) -> None:
    """Scan once and print."""
    source = Source("bench", "aws", options={"endpoint_url": url, "regions": [REGION]})
    client = COLLECTOR.connect(source)
    assert isinstance(client, BotoClient)
    peer, cpu, wall = server_cpu(server), time.process_time(), time.perf_counter()
    assets, runs, bad = 0, Counter(), []
    for taken in scan(COLLECTOR, source, client, threads=threads):
        assets += taken.slice.assets
        runs[taken.slice.listing, taken.slice.scope] += 1
        if taken.slice.status != "complete":
            bad.append(f"{taken.slice.listing}: {taken.slice.status}")
    cpu, wall, peer = time.process_time() - cpu, time.perf_counter() - wall, server_cpu(server) - peer
    client.close()
    print(
        f"assets {assets:,} · requests {client.calls:,} · slices {len(runs)} · not complete: {', '.join(bad) or 'none'}"
    )
    print(f"own CPU {cpu:.2f} s · wall {wall:.2f} s · CPU/wall {cpu / wall:.0%}")
    if peer:
        print(f"emulator's CPU {peer:.2f} s · own CPU / emulator's CPU {cpu / peer:.2f}")
    print(f"own CPU per asset {cpu / assets * 1e6:.0f} us · per request {cpu / client.calls * 1e6:.0f} us")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    print(f"every listing run once in its scope: {max(runs.values()) == 1}")
    for (_, _, action), count in sorted(client.sessions.asked.items(), key=lambda item: (-item[1], item[0]))[:8]:
        print(f"  {count:6,}  {action}")


def main() -> None:
    """Start an emulator, fill it, scan it, stop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("assets", nargs="?", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=8)
    given = parser.parse_args()
    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": REGION}
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    program = Path(sys.executable).with_name("moto_server")
    quiet = subprocess.DEVNULL
    server = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(port)], stdout=quiet, stderr=quiet)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(150):
            try:
                httpx.get(f"{url}/moto-api/", timeout=5)
                break
            except httpx.TransportError:
                time.sleep(0.2)
        before = time.perf_counter()
        seed(url, given.assets)
        print(f"provisioned in {time.perf_counter() - before:.0f} s")
        measure(url, given.threads, server.pid)
    finally:
        server.terminate()
        server.wait(20)


if __name__ == "__main__":
    main()
