"""siloscope: see the silos between ML platforms, RPA, data services and clouds, and plan what to merge.

from siloscope import open_store, scan, findings, plan, silo_map, match
"""

from __future__ import annotations

from typing import Any

from siloscope.version import __version__

__all__ = ["__version__", "findings", "match", "open_store", "plan", "scan", "silo_map"]


def __getattr__(name: str) -> Any:
    """The API is imported when it is first used, so that the command line starts fast."""
    if name in __all__:
        from siloscope import api

        return getattr(api, name)
    raise AttributeError(f"module 'siloscope' has no attribute {name!r}")
