"""What every export format promises, whatever it is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from siloscope.export import FORMATS, write
from siloscope.graph.view import Graph
from tests.estates import HOSTILE, asset, company, estate, reads, seen

NAMES = sorted(FORMATS)


def hostile() -> Graph:
    """Names, kinds of edges and places as hostile as they come."""
    items = [asset(f"n8n://one/{n}", name=name, owner=name, department=name, facts={name: name}) for n, name in enumerate(HOSTILE)]  # fmt: skip
    return estate(seen(*items, *(reads(f"n8n://one/{n}", f"s3://{n}/{name}") for n, name in enumerate(HOSTILE))))


def written(graph: Graph, form: str, place: Path) -> dict[str, bytes]:
    """The files that a format writes, by name."""
    write(graph, form, str(place))
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    return {file.name if file != place else "": file.read_bytes() for file in files}


@pytest.mark.parametrize("graph", [company, hostile, Graph], ids=["company", "hostile", "empty"])
@pytest.mark.parametrize("form", NAMES)
def test_the_same_graph_gives_the_same_bytes(tmp_path: Path, form: str, graph) -> None:
    """Hostile names and an empty graph included; nothing of the machine's clock or hash seed."""
    one = written(graph(), form, tmp_path / "one")
    assert one == written(graph(), form, tmp_path / "two")
    assert one


@pytest.mark.parametrize("form", NAMES)
def test_the_order_of_observations_does_not_show(tmp_path: Path, form: str) -> None:
    """What came first leaves no trace."""
    assert written(company(), form, tmp_path / "one") == written(company(reverse=True), form, tmp_path / "two")


@pytest.mark.parametrize("form", NAMES)
def test_every_asset_is_in_the_export(tmp_path: Path, form: str) -> None:
    """By its id; nothing is dropped on the way."""
    content = b"".join(written(company(), form, tmp_path / "out").values())
    if form == "parquet":  # columns are compressed
        from pyarrow import parquet

        content = repr(parquet.read_table(tmp_path / "out" / "assets.parquet")["id"].to_pylist()).encode()
    for each in company().assets:
        assert each.id.encode() in content


@pytest.mark.parametrize("form", NAMES)
def test_text_is_utf8_with_line_feeds(tmp_path: Path, form: str) -> None:
    """On every platform; half surrogates cannot break the file."""
    if form == "parquet":
        return
    for content in written(hostile(), form, tmp_path / "out").values():
        assert "请求" in content.decode() or b"\\u" not in content
        assert b"\r\r\n" not in content
