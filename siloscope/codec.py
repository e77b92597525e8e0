"""Records straight from and to canonical JSON text, and plain data from it: what stores do millions of times.

The text is that of `model.dumps(model.to_json(record))`; these functions only get there sooner, as does `changed`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, cast

import msgspec

from siloscope.model import dumps, from_json, present, shape, to_json

T = TypeVar("T")
_encode = msgspec.json.Encoder(order="sorted").encode


def loads(text: str) -> Any:
    """What `dumps` wrote, as plain data."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):  # of an older release: not a number; or a lone surrogate
        return json.loads(text)


def to_text(record: Any) -> str:
    """`dumps(to_json(record))` of a record of plain values and other flat records."""
    values = shape(type(record))[1]  # type: ignore[arg-type]  # a class is hashable
    try:
        return _encode(record if all(values(record)) else present(record)).decode()
    except (TypeError, ValueError, OverflowError):
        return dumps(to_json(record))


def from_text(kind: type[T], text: str) -> T:
    """`from_json(kind, loads(text))`."""
    try:
        return cast("T", _decoder(kind).decode(text))  # type: ignore[arg-type]  # a class is hashable
    except (msgspec.DecodeError, UnicodeEncodeError):  # not of the declared types: readers of other people's may err
        return from_json(kind, loads(text))


def from_data(kind: type[T], row: Mapping[str, Any]) -> T:
    """`from_json(kind, row)`."""
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError:
        return from_json(kind, row)


def changed(record: T, **values: Any) -> T:
    """`dataclasses.replace(record, **values)`."""
    names, take, _ = shape(type(record))  # type: ignore[arg-type]  # a class is hashable
    return type(record)(**{**dict(zip(names, take(record), strict=True)), **values})


@cache
def _decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
