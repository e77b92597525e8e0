"""`why` of a plan: the numbers behind a disposition or a move, and which of them were assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from siloscope.errors import ConfigError, nearest
from siloscope.planning.assumptions import spelled


def explain_plan(plan: Mapping[str, Any], subject: str) -> dict[str, Any]:
    """`{"title", "sections": {heading: [sentence, ...]}, "record"}` for a tool or an asset of a plan.

    `subject` is an id, a name of a moved asset, or a part of an id that only one of them holds.

    Raises:
        ConfigError: Nothing in the plan, or more than one thing, is meant.
    """
    tools = {each["tool"]: each for each in plan["dispositions"]}
    moves = {each["asset"]: each for each in plan["moves"]}
    known = [*tools, *moves]
    found = [each for each in known if each == subject]
    found = found or [key for key, each in moves.items() if each.get("name") == subject]
    for some in (tools, moves):  # a part of an id means the tool before the assets in it
        found = found or [each for each in some if subject in each]
    if not found:
        raise ConfigError(f'nothing in the plan is called "{subject}"{nearest(subject, known)}')
    if len(found) > 1:
        shown = "\n  ".join(found[:20])
        raise ConfigError(f'"{subject}" may mean {len(found)} things in the plan; name one:\n  {shown}')
    name = found[0]
    return _tool(plan, tools[name]) if name in tools else _move(plan, moves[name], tools)


def _tool(plan: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    target = f" to {row['target']}" if row["target"] else ""
    time = row.get("time", {})
    prices = [each for each in plan.get("rule_prices", ()) if each["tool"] == row["tool"]]
    return {
        "title": f"{row['disposition']} {row['tool']}{target}",
        "sections": {
            "because (money over the horizon)": [_sentence(each) for each in row["because"]],
            "when": [_sentence(each) for each in row.get("waits", ())],
            f"TIME: {time.get('quadrant', 'unknown')}": [
                f"{each['of']}, {_part(each)}" for each in time.get("parts", ())
            ],
            "assumed": _assumed(plan, row["because"]),
            "otherwise": [_price(each) for each in prices],
        },
        "record": dict(row),
    }


def _move(plan: Mapping[str, Any], row: Mapping[str, Any], tools: Mapping[str, Any]) -> dict[str, Any]:
    wave: Mapping[str, Any] = next((each for each in plan["waves"] if each["number"] == row["wave"]), {})
    reasons = row.get("because", ())
    origin = tools.get(row["from"], {"because": ()})
    return {
        "title": f"move {row.get('name', row['asset'])} from {row['from']} to {row['to']}",
        "sections": {
            "effort in days": [_sentence(each) for each in reasons],
            f"wave {row['wave']}": [
                f"from month {wave.get('start_month')}, for {wave.get('months')} months",
                *([f"not before: {row['waits']}"] if row.get("waits") else []),
                *(f"{key}: {', '.join(wave[key])}" for key in ("entry", "exit", "agree") if wave.get(key)),
                f"way back: {wave.get('rollback', '')}",
            ],
            f"why {row['from']} goes (money over the horizon)": [_sentence(each) for each in origin["because"]],
            "assumed": _assumed(plan, [*reasons, *origin["because"]]),
        },
        "record": dict(row),
    }


def _sentence(reason: Mapping[str, Any]) -> str:
    weight = f"{reason['weight']:+,.2f}  " if reason["weight"] else ""
    rests = f" [{', '.join(reason['assumes'])}]" if reason.get("assumes") else ""
    source = reason.get("source")
    said = f" ({source})" if source and f"({source}" not in reason["says"] else ""
    return f"{weight}{reason['says']}{said}{rests}"


def score(value: float | None) -> str:
    """A share of fitness in words."""
    return "not known" if value is None else f"{value:.2f}"


def _part(part: Mapping[str, Any]) -> str:
    """A part of fitness with its score, where it has one."""
    return str(part["says"]) if part["score"] is None else f"{part['name']} {part['score']:.2f}: {part['says']}"


def _assumed(plan: Mapping[str, Any], reasons: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every assumption that the reasons rest on, with its value."""
    names = {name for each in reasons for name in each.get("assumes", ())}
    values = {each["name"]: each for each in plan.get("assumptions", ())}
    return [
        f"{name} = {spelled(values[name]['value'])} ({values[name].get('source', 'assumed')})"
        if name in values
        else name
        for name in sorted(names)
    ]


def _price(row: Mapping[str, Any]) -> str:
    if row["price"] is None:
        return f"to {row['rule']} it is impossible within money and time"
    asked = ", as you asked," if row["asked"] else ""
    return f"to {row['rule']} it{asked} costs {row['price']:,.2f} over the horizon"
