"""How findings look: one letter and one colour family for each group of rules that say much the same.

Colour alone does not tell findings apart for everyone, so every mark also carries its letter. The
colours keep their distance under simulated protanopia, deuteranopia and tritanopia (held by a test).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sign:
    """A kind of finding on the map: letter, wording of the legend, rules, and its colour family."""

    letter: str
    label: str
    rules: tuple[str, ...]
    family: str


SIGNS: tuple[Sign, ...] = (
    Sign("D", "duplicate", ("duplicate-asset", "duplicate-claim"), "duplicate"),
    Sign("I", "isolated or closed", ("isolated-tool", "closed-silo"), "isolated"),
    Sign("O", "overlapping", ("overlapping-tools", "renewal-of-duplicate"), "overlap"),
    Sign("H", "hidden or shadow", ("hidden-share", "shadow-tool", "shadow-ai"), "hidden"),
    Sign("B", "weak bridge", ("single-bridge", "one-way-silo", "bridge-candidate"), "isolated"),
    Sign("K", "secret in plain text", ("secret-in-configuration",), "risk"),
    Sign("G", "ungoverned or unwatched", ("ungoverned-model", "unmonitored-production"), "risk"),
    Sign(
        "U",
        "no owner or contract",
        ("unowned", "orphan-asset", "orphaned-bot", "uncontracted-dependency"),
        "unowned",
    ),
    Sign("N", "no return shown", ("negative-return", "unmeasured-value"), "value"),
    Sign("P", "stalled pilot", ("stalled-pilot",), "value"),
    Sign("Z", "dormant", ("dormant",), "value"),
    Sign("F", "other finding", (), "value"),
)
"""In order of precedence: where several apply to one thing, the first decides its mark."""

COLOURS: dict[str, dict[str, str]] = {
    "light": {
        "duplicate": "#d94d00",
        "isolated": "#581a88",
        "overlap": "#ffcd32",
        "hidden": "#20ca7a",
        "risk": "#7f001b",
        "unowned": "#1d70ff",
        "value": "#a25381",
        "none": "#c3ccd6",
    },
    "dark": {
        "duplicate": "#ff8009",
        "isolated": "#a849f5",
        "overlap": "#ffff46",
        "hidden": "#36ec8f",
        "risk": "#ff3345",
        "unowned": "#8caaff",
        "value": "#b1a3a2",
        "none": "#566575",
    },
}
"""Fill by theme and family; `none` is a thing without findings."""


def sign_of(rule: str) -> int:
    """The index in `SIGNS` of the sign that stands for `rule`; rules that others add get the last one."""
    return next((i for i, sign in enumerate(SIGNS) if rule in sign.rules), len(SIGNS) - 1)
