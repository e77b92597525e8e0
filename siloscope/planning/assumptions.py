"""What a plan takes for granted: `assumptions.toml`, and a user's file laid over it."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from siloscope.errors import ConfigError, nearest
from siloscope.model import Asset

_FILE = "assumptions.toml"
_SHARES = frozenset({"same_product", "proven", "discount"})
_POSITIVE = frozenset({"people", "days_per_month", "months_per_wave", "link_most", "part_most"})
_MOST = 1e12  # nobody means more, and a few of them multiplied are still finite
_LONGEST_WAVE = 120


@dataclass(frozen=True, slots=True)
class Rules:
    """What must be: ids of tools and globs of assets, names of departments and vendors, globs of regions."""

    keep: Sequence[str] = ()
    retire: Sequence[str] = ()
    may_not_move: Sequence[str] = ()
    departments_apart: Sequence[str] = ()
    residency: Sequence[str] = ()
    vendors_not_into: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Periods:
    """What there is in each wave, the last entry from then on: people, and money to be spent once. Empty: no change."""

    people: Sequence[float] = ()
    budget: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Assumptions:
    """The entries of `assumptions.toml`, which explains each; money in the sources' currency.

    `range` gives for some of them the factors between which the truth may lie. `given` names what a user's file
    set: it is told, no longer assumed.
    """

    annual_cost: float
    day_rate: float
    discount: float
    dual_running_months: float
    decommission_days: float
    training_days: float
    users: float
    bridge_days: float
    bridge_annual: float
    link_effort: float
    link_most: float
    usual_parts: float
    part_effort: float
    part_most: float
    same_product: float
    proven: float
    people: float
    days_per_month: float
    months_per_wave: int
    dormant_days: float
    effort_days: Mapping[str, float]
    follows: Mapping[str, float]
    features: Mapping[str, Sequence[str]]
    range: Mapping[str, tuple[float, float]]
    rules: Rules = field(default_factory=Rules)
    periods: Periods = field(default_factory=Periods)
    given: frozenset[str] = frozenset()

    @property
    def days_per_wave(self) -> tuple[float, ...]:
        """What everybody who migrates can do in the first wave, the second, ..., the last from then on."""
        people = self.periods.people or (self.people,)
        return tuple(each * self.days_per_month * self.months_per_wave for each in people)

    @property
    def pace_entries(self) -> tuple[str, ...]:
        """The entries that say how much is done in how long."""
        people = () if self.periods.people else ("people",)
        return (*people, "days_per_month", "months_per_wave")

    def days_of(self, wave: int) -> float:
        """What everybody who migrates can do in a wave (from 1)."""
        return _in_wave(self.days_per_wave, wave)

    def budget_of(self, wave: int) -> float | None:
        """The most that may be spent once in a wave (from 1); None without such a limit."""
        return _in_wave(self.periods.budget, wave) if self.periods.budget else None

    def effort(self, asset: Asset, links: int) -> float:
        """Days to move one asset to another product: by kind, by its parts, and by how many things it is linked to."""
        kind = kind_of(asset)
        base = self.effort_days[kind if kind in self.effort_days else "other"]
        return round(base * self.complexity(parts_of(asset)) * min(self.link_most, 1 + self.link_effort * links), 2)

    def complexity(self, parts: int | None) -> float:
        """How many times the usual effort something of so many parts takes; once where these are not known."""
        if parts is None:
            return 1.0
        return min(self.part_most, max(1 / self.part_most, 1 + self.part_effort * (parts - self.usual_parts)))

    def effort_entries(self, asset: Asset) -> tuple[str, ...]:
        """The entries that the effort of an asset rests on."""
        kind = kind_of(asset)
        parts = () if parts_of(asset) is None else ("part_effort", "usual_parts")
        return f"effort_days.{kind if kind in self.effort_days else 'other'}", *parts, "link_effort"

    def share_that_follows(self, unit: str | None) -> tuple[float, str]:
        """What share of a tool's cost goes along with its work, by its licence unit, and the entry that says so."""
        name = unit if unit and unit in self.follows else "other"
        return min(1.0, self.follows[name]), f"follows.{name}"

    def value(self, name: str) -> float | str:
        """The value of an entry by its dotted name; a list as text."""
        table, _, key = name.partition(".")
        found: Any = getattr(self, table)
        value: float | Sequence[str] = found[key] if key else found
        return value if isinstance(value, int | float) else ", ".join(value)

    @property
    def monthly(self) -> float:
        """What money a month later has to be divided by to be worth as much as now."""
        return float((1 + self.discount) ** (1 / 12))

    def annuity(self, months: float) -> float:
        """What one unit of money a year, paid monthly for so many months, is worth now."""
        rate = self.monthly - 1
        if rate == 0:
            return months / 12
        return float((1 - (1 + rate) ** -months) / rate / 12 * (1 + rate))


def _in_wave(entries: Sequence[float], wave: int) -> float:
    """The entry of a wave (from 1); the last holds from then on."""
    return entries[min(wave, len(entries)) - 1]


def spelled(value: float | str) -> str:
    """The value of an entry for people."""
    return value if isinstance(value, str) else f"{value:,.10g}"


def falls_under(asset: Asset, entry: str) -> bool:
    """Whether an asset is of the kind of an entry, and its fact is like what the entry asks for (`KIND FACT=GLOB`)."""
    kind, _, condition = entry.partition(" ")
    fact, _, like = condition.partition("=")
    return kind == asset.kind and (not fact or fnmatchcase(str(asset.facts.get(fact, "")), like))


# The fact that counts what something is made of.
_PARTS = {
    "airflow.dag": "tasks",
    "azure-data-factory.pipeline": "activities",
    "logic-apps.workflow": "actions",
    "n8n.workflow": "nodes",
    "nodered.flow": "nodes",
    "sagemaker.pipeline": "steps",
    "stepfunctions.state-machine": "states",
}


def parts_of(asset: Asset) -> int | None:
    """Of how many nodes, tasks, steps, activities or states something is made, where its platform tells."""
    count = asset.facts.get(_PARTS.get(asset.kind, ""))
    return count if isinstance(count, int) and not isinstance(count, bool) else None


def kind_of(asset: Asset) -> str:
    """`uipath.process` -> `process`."""
    return asset.kind.rpartition(".")[2]


@cache
def defaults() -> Assumptions:
    """The built-in assumptions."""
    document = tomllib.loads(files("siloscope.planning").joinpath(_FILE).read_text("utf-8"))
    document["range"] = {key: tuple(value) for key, value in document["range"].items()}
    document["rules"] = Rules(**document["rules"])
    document["periods"] = Periods(**document["periods"])
    return Assumptions(**document)


def load(file: Path) -> Assumptions:
    """The built-in assumptions with a user's file laid over them.

    Raises:
        ConfigError: It cannot be read, is no TOML, or an entry is unknown or makes no sense; names file and entry.
    """
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{file}: no TOML: {error}") from error
    try:
        return _laid_over(defaults(), document)
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from error


def _laid_over(base: Assumptions, document: Mapping[str, Any]) -> Assumptions:
    known = [each.name for each in fields(Assumptions) if each.name != "given"]
    changes: dict[str, Any] = {}
    given: set[str] = set()
    for key, value in document.items():
        if key not in known:
            raise ConfigError(f"no entry {key}{nearest(key, known)}")
        before = getattr(base, key)
        if isinstance(before, Rules):
            changes[key] = _rules(value)
        elif isinstance(before, Periods):
            changes[key] = _periods(value)
        elif isinstance(before, Mapping):
            table = _table(value, key)
            words = list(before) if key in ("follows", "range") else []
            changes[key] = {**before, **{name: _entry(key, name, each, words) for name, each in table.items()}}
            given |= {f"{key}.{name}" for name in table}
        else:
            number = _number(value, key)
            if key in _SHARES and number > 1:
                raise ConfigError(f"{key} is a share: {value} is more than 1")
            if key in _POSITIVE and number <= 0:
                raise ConfigError(f"{key} is {value}; it has to be more than nought")
            changes[key] = _months(number, key) if key == "months_per_wave" else number
            given.add(key)
    return replace(base, given=base.given | given, **changes)


def _table(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{place} is no table")
    return value


def _entry(table: str, name: str, value: Any, words: Sequence[str]) -> Any:
    place = f"{table}.{name}"
    if words and name not in words:
        raise ConfigError(f"no entry {place}{nearest(name, words)}")
    if table == "features":
        return _texts(value, place)
    if table == "range":
        if not isinstance(value, list) or len(value) != 2:
            raise ConfigError(f"{place} is no pair of factors")
        low, high = (_number(each, place) for each in value)
        if not low <= 1 <= high:
            raise ConfigError(f"{place}: the value itself, factor 1, does not lie between {low:g} and {high:g}")
        return low, high
    number = _number(value, place)
    if table == "follows" and number > 1:
        raise ConfigError(f"{place} is a share: {value} is more than 1")
    return number


def _number(value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ConfigError(f"{place} is {value!r}; it has to be a number that is not negative")
    if value > _MOST:
        raise ConfigError(f"{place} is {value:g}, more than {_MOST:g}")
    return float(value)


def _months(number: float, place: str) -> int:
    if not number.is_integer() or number > _LONGEST_WAVE:
        raise ConfigError(f"{place} is {number:g}; it has to be whole months, at most {_LONGEST_WAVE}")
    return int(number)


def _texts(value: Any, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ConfigError(f"{place} is no list of texts")
    return tuple(value)


def _rules(value: Any) -> Rules:
    return Rules(**{key: _texts(each, f"rules.{key}") for key, each in _known(value, "rules", Rules).items()})


def _periods(value: Any) -> Periods:
    """One number a wave; people who are never there again would leave moves undone."""
    found: dict[str, tuple[float, ...]] = {}
    for key, each in _known(value, "periods", Periods).items():
        if not isinstance(each, list) or len(each) > _LONGEST_WAVE:
            raise ConfigError(f"periods.{key} is no list of at most {_LONGEST_WAVE} numbers")
        found[key] = tuple(_number(one, f"periods.{key}[{n}]") for n, one in enumerate(each))
        if key == "people" and found[key] and not found[key][-1]:
            raise ConfigError("periods.people ends with nobody: the last entry holds for all later waves")
    return Periods(**found)


def _known(value: Any, place: str, kind: type[Rules | Periods]) -> Mapping[str, Any]:
    known = [each.name for each in fields(kind)]
    table = _table(value, place)
    for key in table:
        if key not in known:
            raise ConfigError(f"no entry {place}.{key}{nearest(key, known)}")
    return table
