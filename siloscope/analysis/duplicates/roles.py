"""What a step is for, whatever product does it: `slack` and `microsoftTeams` are both `chat`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

_ENDS = ("trigger", "tool", "node", "operator", "task", "activity", "action", "sensor", "action", "hook")
_SHORTEST = 4  # shorter fragments must fit as a whole: "x", "lm" and "if" are in every second word


@lru_cache(maxsize=32_768)
def role(step: str) -> str:
    """The role of a step's type; a type that nobody listed is its own role."""
    folded = re.sub(r"[^a-z]", "", step.lower())
    whole = _fragments()
    if folded in whole:
        return whole[folded]
    for end in _ENDS:
        if folded.endswith(end) and len(folded) > len(end) and (found := whole.get(folded[: -len(end)])):
            return found
    for fragment, name in _long():
        if fragment in folded:
            return name
    return folded or "?"


@cache
def _fragments() -> Mapping[str, str]:
    text = files("siloscope.analysis.duplicates").joinpath("roles.toml").read_text("utf-8")
    return {each.lower(): name for name, words in tomllib.loads(text).items() for each in words.split()}


@cache
def _long() -> tuple[tuple[str, str], ...]:
    """Fragments long enough to stand inside a longer word, the longest first."""
    rows = ((each, name) for each, name in _fragments().items() if len(each) >= _SHORTEST)
    return tuple(sorted(rows, key=lambda row: (-len(row[0]), row)))
