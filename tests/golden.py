"""What collectors read in their recordings, as golden files; `python -m tests.golden TYPE...` writes them anew."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from siloscope.collectors import collector
from siloscope.collectors.base import scan
from siloscope.collectors.clients.recorded import RecordedClient
from siloscope.config import Source
from siloscope.graph.commit import by_key
from siloscope.model import to_json

ROOT = Path(__file__).parent


def sources(kind: str) -> list[str]:
    """The recorded sources of a type."""
    return sorted(each.parent.name for each in (ROOT / "recordings" / kind).glob("*/source.json"))


def read(kind: str) -> dict[str, Any]:
    """Everything the collector reads in its recordings: by source and slice, how it ended and what it showed."""
    found: dict[str, Any] = {}
    for name in sources(kind):
        client = RecordedClient(ROOT / "recordings" / kind, name)
        for taken in scan(collector(kind), Source(name, kind, instance=name), client, threads=1):
            row = taken.slice
            found[f"{name}/{row.listing}/{row.scope}"] = {
                "status": row.status.value,
                "reason": row.reason,
                "observations": {key: to_json(item) for key, item in by_key(taken.observations).items()},
            }
    return found


def text(kind: str) -> str:
    """The golden file's text."""
    return json.dumps(read(kind), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    for each in sys.argv[1:]:
        (ROOT / "golden" / f"{each}.json").write_text(text(each), encoding="utf-8")
