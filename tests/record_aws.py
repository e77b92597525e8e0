"""Makes the recording and the golden file of the aws collector: `python -m tests.record_aws URL`.

URL is a moto server on loopback; it is emptied and provisioned with the invented estate. The recording is
a scan of one account and region; `python -m tests.golden aws` writes the golden file alone.
"""

import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx

from siloscope.collectors.aws import COLLECTOR
from siloscope.collectors.base import scan
from siloscope.collectors.clients.recorded import Recorder
from siloscope.config import Source
from tests import golden
from tests.aws_estate import REGIONS, seed

HERE = Path(__file__).resolve().parent
RECORDING = HERE / "recordings" / "aws"
NAME = "aws-prod"


def record(endpoint: str) -> None:
    """Provision the emulator at `endpoint`, scan it and write the recording."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    httpx.post(f"{endpoint}/moto-api/reset", timeout=30).raise_for_status()
    seed(endpoint)
    shutil.rmtree(RECORDING, ignore_errors=True)
    source = Source(NAME, "aws", options={"endpoint_url": endpoint, "regions": [REGIONS[0]]})
    client, recorder = COLLECTOR.connect(source), Recorder(RECORDING, NAME)
    recorder.begin(client, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    for taken in scan(COLLECTOR, source, client, keep=True):
        recorder.slice(taken)
    client.close()


if __name__ == "__main__":
    record(sys.argv[1])
    (HERE / "golden" / "aws.json").write_text(golden.text("aws"), encoding="utf-8")
