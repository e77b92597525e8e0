"""Folders of exports: every readable file is read, every other one is named, and no copy hides another."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from siloscope.collectors.base import Listing, Scope, Trouble, take
from siloscope.collectors.clients import files as module
from siloscope.collectors.clients.files import Files, FilesClient, decode, parse_ndjson
from siloscope.config import Source
from siloscope.errors import Unavailable
from siloscope.model import Asset, Status

SCOPE = Scope("here")


def reader(document: Any, scope: Scope):
    """An asset named after its id, else its path."""
    yield Asset(str(document.get("id") or document["path"]), "t.thing", document["name"], "t:1")


def listing(call: Files) -> Listing:
    return Listing("things", call, reader)


def taken(path: Path):
    """Take the one listing over `path`."""
    return take(FilesClient(path, [SCOPE]), listing(Files(identity="id")), SCOPE, Source("s", "t", path=path))


def write(folder: Path, name: str, value: Any) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())


def test_two_broken_files_among_a_hundred_cost_two_files(tmp_path: Path) -> None:
    """98 are read, 2 are named, and the slice says that it is partial."""
    for n in range(100):
        write(tmp_path, f"{n:03}.json", {"id": f"w{n}", "name": f"flow {n}"})
    write(tmp_path, "040.json", b'{"id": "w40", "name": ')
    write(tmp_path, "070.json", b"\x00\x01\x02 not json at all")
    got = taken(tmp_path)
    assert len(got.observations) == 98
    assert got.slice.status is Status.PARTIAL
    assert got.slice.assets == 98
    assert "040.json" in got.slice.reason
    assert "070.json" in got.slice.reason


@pytest.mark.parametrize(
    "content",
    [b"", b" \n", b"{", b"[1,", b"nonsense", b"[" * 100_000, b'{"a": "\\ud800', b"\xff\xfe\x00"],
    ids=["empty", "blank", "cut", "cut list", "text", "deep", "cut escape", "odd UTF-16"],
)
def test_a_broken_file_is_named_whatever_is_wrong_with_it(tmp_path: Path, content: bytes) -> None:
    """One trouble with the file's name; its neighbour is read."""
    write(tmp_path, "a.json", content)
    write(tmp_path, "b.json", {"name": "fine"})
    got = taken(tmp_path)
    assert [each.id for each in got.observations] == ["b.json"]
    assert got.slice.status is Status.PARTIAL
    assert "a.json" in got.slice.reason


def test_a_document_too_deep_for_the_reader_costs_itself_only(tmp_path: Path) -> None:
    """Valid JSON nested so deep that no recursive reader follows: named, the others kept."""
    write(tmp_path, "a.json", b'{"name": "x", "v": ' + b"[" * 700 + b"]" * 700 + b"}")
    write(tmp_path, "b.json", {"name": "fine"})
    got = taken(tmp_path)
    assert "b.json" in [each.id for each in got.observations]
    assert got.slice.status in (Status.COMPLETE, Status.PARTIAL)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom"])
def test_the_byte_order_mark_decides_how_a_file_is_read(tmp_path: Path, encoding: str) -> None:
    """Windows tools write UTF-16 and marks; both are read."""
    text = json.dumps({"name": "Zahlläufe – 请求"}, ensure_ascii=False)
    marks = {"utf-16-le-bom": (b"\xff\xfe", "utf-16-le"), "utf-16-be-bom": (b"\xfe\xff", "utf-16-be")}
    mark, codec = marks.get(encoding, (b"", encoding))
    write(tmp_path, "a.json", mark + text.encode(codec))
    (asset,) = taken(tmp_path).observations
    assert asset.name == "Zahlläufe – 请求"
    assert decode("é".encode("latin-1")) == "\ufffd"


def test_missing_and_repeated_ids_become_relative_paths(tmp_path: Path) -> None:
    """Exports are copied and renamed; a copy is a thing of its own."""
    write(tmp_path, "one/a.json", {"id": "7", "name": "a"})
    write(tmp_path, "two/a.json", {"id": "7", "name": "a copy"})
    write(tmp_path, "b.json", {"id": "8", "name": "b"})
    write(tmp_path, "c.json", {"name": "c"})
    write(tmp_path, "d.json", {"id": "", "name": "d"})
    write(tmp_path, "e.json", {"id": 8.0, "name": "e"})
    ids = [each.id for each in taken(tmp_path).observations]
    assert ids == ["8", "c.json", "d.json", "8.0", "one/a.json", "two/a.json"]


def test_files_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    """Not in that of the file system, and a folder sorts where its name stands."""
    names = ["z.json", "a/z.json", "a.json", "a/b/c.json", "B.json", "ä.json"]
    for name in names:
        write(tmp_path, name, {"name": name})
    assert [each.id for each in taken(tmp_path).observations] == sorted(names)


def test_a_file_over_the_limit_is_named_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded by the largest file that is read."""
    write(tmp_path, "big.json", {"name": "x" * 5000})
    write(tmp_path, "small.json", {"name": "x"})
    monkeypatch.setattr(module, "LARGEST", 1000)
    got = taken(tmp_path)
    assert [each.id for each in got.observations] == ["small.json"]
    assert "big.json" in got.slice.reason
    assert "larger than" in got.slice.reason


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    """`.git`, `.DS_Store` and editors' files are no exports; a hidden folder above the configured one is fine."""
    base = tmp_path / ".exports"
    for name in (".git/a.json", ".b.json", "c/.d/e.json", "f.json"):
        write(base, name, {"name": name})
    assert [each.id for each in taken(base).observations] == ["f.json"]


def test_a_single_file_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    """The path may name a file instead of a folder."""
    write(tmp_path, "export.backup", {"name": "a"})
    assert [each.id for each in taken(tmp_path / "export.backup").observations] == ["export.backup"]


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    """It is not an empty one: nothing may be retired for it."""
    with pytest.raises(Unavailable, match="no such file or folder"):
        FilesClient(tmp_path / "none", [SCOPE]).scopes()


def test_a_folder_that_cannot_be_opened_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed folder is not an empty one: the slice is partial."""
    write(tmp_path, "open/a.json", {"name": "a"})
    write(tmp_path, "shut/b.json", {"name": "b"})
    real = os.scandir

    def scandir(path: Any):
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    got = taken(tmp_path)
    assert got.slice.status is Status.PARTIAL
    assert "shut" in got.slice.reason
    assert "Permission denied" in got.slice.reason


def test_names_that_are_no_unicode_stay_apart(tmp_path: Path) -> None:
    """File names of other bytes and half surrogates in JSON can be stored, and do not become one another."""
    for byte in (b"\xfe", b"\xff"):
        with open(os.path.join(os.fsencode(tmp_path), byte + b".json"), "wb") as out:  # noqa: PTH118, PTH123 - bytes
            out.write(b'{"name": "half \\ud800"}')
    got = taken(tmp_path)
    ids = [each.id for each in got.observations]
    assert len(set(ids)) == 2
    for each in got.observations:
        assert (each.id + each.name).encode()


def test_one_bad_line_costs_one_line() -> None:
    """NDJSON: the line is named; a file without any JSON line is refused whole."""
    rows = parse_ndjson(b'{"a": 1}\n\n{"a": \n[2]\n', "x.ndjson")
    assert [each for each in rows if not isinstance(each, Trouble)] == [{"a": 1}, [2]]
    assert [each.reason.partition(":")[0] for each in rows if isinstance(each, Trouble)] == ["x.ndjson line 3"]
    with pytest.raises(ValueError, match="Expecting value"):
        parse_ndjson(b"no\njson", "x.ndjson")


@pytest.mark.parametrize("content", [b"3", b'"text"', b"null", b"[1, 2]"])
def test_a_value_that_is_no_object_is_named_not_raised(tmp_path: Path, content: bytes) -> None:
    """Valid JSON of another shape: the reader finds no field, and the slice says in which file."""
    write(tmp_path, "a.json", content)
    got = taken(tmp_path)
    assert got.observations == []
    assert "a.json" in got.slice.reason
    assert got.slice.status is Status.PARTIAL
