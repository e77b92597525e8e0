"""`siloscope/problem/1`: which tools to keep and where each workload goes, as a file states it.

Reading is strict. What would make a total wrong is an error that names its place; what is harmless is read, and
said in `notes`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from siloscope.errors import ConfigError, PlanError, nearest

SCHEMA = "siloscope/problem/1"
_TOP = frozenset({"schema", "tools", "workloads", "split", "currency", "name", "comment"})
_TOOL = frozenset({"id", "annual_cost", "capacity", "must", "currency", "name", "comment"})
_WORKLOAD = frozenset({"id", "demand", "options", "currency", "name", "comment"})


@dataclass(frozen=True, slots=True)
class Choice:
    """A tool that may be kept: its cost in money a year, its capacity in units of demand (None: unlimited).

    `must` is "keep", "retire" or None.
    """

    id: str
    annual_cost: float
    capacity: float | None = None
    must: str | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """Something that has to be served: its demand, and what serving all of it by each tool costs."""

    id: str
    demand: float
    options: Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Problem:
    """Tools, workloads, and whether a workload may be shared between tools."""

    tools: Sequence[Choice]
    workloads: Sequence[Workload]
    split: bool = False
    notes: Sequence[str] = field(default=())

    def ruled(self, keep: Iterable[str] = (), retire: Iterable[str] = ()) -> Problem:
        """The same problem with rules added.

        Raises:
            ConfigError: A rule names no tool of the problem.
            PlanError: The rules contradict each other or those of the problem.
        """
        rules: dict[str, str] = {}
        ids = {each.id for each in self.tools}
        for must, names in (("keep", keep), ("retire", retire)):
            for name in names:
                if name not in ids:
                    raise ConfigError(f'--{must}: no tool "{name}" in the problem{nearest(name, ids)}')
                if rules.setdefault(name, must) != must:
                    raise PlanError(f"{name} is to be kept and to be retired; drop one of the two rules")
        for each in self.tools:
            if each.must and rules.get(each.id, each.must) != each.must:
                raise PlanError(
                    f"{each.id} must be {_DONE[each.must]} by the problem, {_DONE[rules[each.id]]} by option"
                )
        return replace(self, tools=[replace(each, must=rules.get(each.id, each.must)) for each in self.tools])


_DONE = {"keep": "kept", "retire": "retired"}


def read(file: Path) -> Problem:
    """The problem in a file.

    Raises:
        ConfigError: It cannot be read, is no JSON, or states something that cannot be meant; the text names the place.
    """
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 at byte {error.start}") from error
    try:
        document = json.loads(text, object_pairs_hook=_object)
    except _TwiceError as error:
        raise ConfigError(f'{file}: the key "{error}" stands twice in one object') from error
    except json.JSONDecodeError as error:
        raise ConfigError(f"{file}: line {error.lineno}, column {error.colno}: {error.msg}") from error
    except (RecursionError, ValueError) as error:  # nested too deep; an integer of too many digits
        raise ConfigError(f"{file}: no problem file: {str(error)[:100]}") from error
    try:
        return parse(document)
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from error


class _TwiceError(Exception):
    pass


def _object(pairs: list[tuple[str, Any]]) -> Any:
    """A dictionary; the many small option objects as bare tuples, which takes a quarter of the memory."""
    if len(pairs) == 2 and pairs[0][0] == "tool" and pairs[1][0] == "cost":
        return pairs[0][1], pairs[1][1]
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _TwiceError(next(each for each in keys if keys.count(each) > 1))
    return found


def parse(document: Any) -> Problem:
    """The problem that a JSON document states.

    Raises:
        ConfigError: As `read`.
    """
    top = _mapping(document, "the document")
    if top.get("schema") != SCHEMA:
        raise ConfigError(f'schema is {top.get("schema")!r}, not "{SCHEMA}"')
    split = top.get("split")
    if split not in (True, False, None) or isinstance(split, int | float) is not isinstance(split, bool):
        raise ConfigError(f"split is {split!r}, neither true nor false")
    notes = [f'"{each}" means nothing here and was not used' for each in sorted(top.keys() - _TOP)]
    money = _Currency(top.get("currency"))
    tools = [_tool(each, place, money, notes) for each, place in _rows(top, "tools")]
    _once([each.id for each in tools], "tool")
    if not tools:
        raise ConfigError("tools is empty: there is nothing to keep")
    ids = {each.id for each in tools}
    limited = any(each.capacity is not None for each in tools)
    workloads = [_workload(each, place, ids, money, notes, limited=limited) for each, place in _rows(top, "workloads")]
    _once([each.id for each in workloads], "workload")
    if not workloads:
        notes.append("no workloads: nothing has to be served, so that only what must be kept is kept")
    return Problem(tools, workloads, bool(split), tuple(dict.fromkeys(notes)))


class _Currency:
    """Holds every stated currency to the first."""

    def __init__(self, stated: Any) -> None:
        self.first, self.where = stated, "the document"

    def check(self, row: Mapping[str, Any], where: str) -> None:
        if (stated := row.get("currency")) is None:
            return
        if self.first is None:
            self.first, self.where = stated, where
        elif stated != self.first:
            raise ConfigError(
                f"currencies are mixed: {self.first} in {self.where}, {stated} in {where}; convert them to one"
            )


def _rows(top: Mapping[str, Any], key: str) -> Iterable[tuple[Mapping[str, Any], str]]:
    rows = top.get(key)
    if not isinstance(rows, list):
        raise ConfigError(f"{key} is {'missing' if rows is None else 'no list'}")
    for number, row in enumerate(rows):
        yield _mapping(row, f"{key}[{number}]"), f"{key}[{number}]"


def _tool(row: Mapping[str, Any], place: str, money: _Currency, notes: list[str]) -> Choice:
    identity = _identity(row, place)
    place = f"tool {identity}"
    money.check(row, place)
    notes += [f'"{each}" of tools means nothing here and was not used' for each in sorted(row.keys() - _TOOL)]
    capacity = row.get("capacity")
    must = row.get("must")
    if must not in ("keep", "retire", None) or isinstance(must, dict | list):
        raise ConfigError(f'{place}: must is {must!r}; it is "keep", "retire" or null')
    return Choice(
        identity,
        amount(row.get("annual_cost"), f"{place}: annual_cost"),
        None if capacity is None else amount(capacity, f"{place}: capacity"),
        must,
    )


def _workload(
    row: Mapping[str, Any], place: str, ids: set[str], money: _Currency, notes: list[str], *, limited: bool
) -> Workload:
    identity = _identity(row, place)
    place = f"workload {identity}"
    money.check(row, place)
    notes += [f'"{each}" of workloads means nothing here and was not used' for each in sorted(row.keys() - _WORKLOAD)]
    demand = row.get("demand")
    if demand is None and not limited:
        demand = 0.0
        notes.append("workloads without demand: no tool has a capacity, so that it means nothing")
    options = row.get("options")
    if not isinstance(options, list):
        raise ConfigError(f"{place}: options is {'missing' if options is None else 'no list'}")
    found: dict[str, float] = {}
    for option in options:
        tool, cost = _option(option, place, money)
        if not isinstance(tool, str) or tool not in ids:
            raise ConfigError(f'{place}: no tool "{tool}"{nearest(str(tool), ids)}')
        if tool in found:
            raise ConfigError(f"{place}: tool {tool} stands twice in its options")
        # The place is only spelled out where it is needed: there may be millions.
        found[tool] = cost if type(cost) is float and 0 <= cost < math.inf else amount(cost, f"{place}: cost of {tool}")
    return Workload(identity, amount(demand, f"{place}: demand"), tuple(found.items()))


def _option(option: Any, place: str, money: _Currency) -> tuple[Any, Any]:
    if isinstance(option, tuple):
        return option
    row = _mapping(option, f"{place}: an option")
    money.check(row, place)
    if "tool" not in row:
        raise ConfigError(f"{place}: an option names no tool")
    return row["tool"], row.get("cost")


def _mapping(value: Any, place: str) -> Mapping[str, Any]:
    if isinstance(value, tuple):  # what `_object` took for an option
        value = {"tool": value[0], "cost": value[1]}
    if not isinstance(value, dict):
        raise ConfigError(f"{place} is no object")
    return value


def _identity(row: Mapping[str, Any], place: str) -> str:
    value = row.get("id")
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{place}: id is {'missing' if value is None else f'{value!r}, not a text'}")
    return value


def amount(value: Any, place: str) -> float:
    """A finite number that is not negative.

    Raises:
        ConfigError: It is missing, no number, not finite or negative.
    """
    if type(value) is float and 0 <= value < math.inf:  # nearly always
        return value
    if value is None:
        raise ConfigError(f"{place} is missing")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"{place} is {value!r}, not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ConfigError(f"{place} is not finite")
    if number < 0:
        raise ConfigError(f"{place} is negative: {value}")
    return number


def _once(ids: Sequence[str], what: str) -> None:
    seen: set[str] = set()
    for each in ids:
        if each in seen:
            raise ConfigError(f"{what} {each} stands twice")
        seen.add(each)
