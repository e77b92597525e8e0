"""Every error siloscope raises, one tree.

    SiloscopeError                  message for the user, `exit_code` for the shell
    ├── ConfigError                 siloscope.toml or an option is wrong (2)
    ├── StoreError                  the store cannot be opened, read or written (2)
    ├── PlanError                   what was asked cannot be planned (2)
    └── CallError                   a call to a platform did not answer as hoped
        ├── Denied                  the principal lacks a permission; carries which
        └── Unavailable             unreachable, throttled to exhaustion, cut, malformed, not implemented

`CallError` never reaches the user: `collectors.base.take` turns it into the status of a slice.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class SiloscopeError(Exception):
    """Something the user can act on; its text says what and where."""

    exit_code = 2


class ConfigError(SiloscopeError):
    """The configuration or an option is wrong; the text names file, line, key and the nearest valid one."""


class StoreError(SiloscopeError):
    """The store cannot be opened, read or written."""


class PlanError(SiloscopeError):
    """What was asked cannot be planned; the text names the culprit."""


class CallError(SiloscopeError):
    """A call to a platform did not answer as hoped."""


class Denied(CallError):
    """The principal may not make this call; `permission` is what it lacks, as the vendor spells it."""

    def __init__(self, reason: str, permission: str = "") -> None:
        super().__init__(reason)
        self.permission = permission


class Unavailable(CallError):
    """Unreachable, throttled to exhaustion, cut off, malformed or not implemented."""


def nearest(word: str, known: Iterable[str]) -> str:
    """` (did you mean "x"?)` for the closest known word, or nothing."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f' (did you mean "{close[0]}"?)' if close else ""
