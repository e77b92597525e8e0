"""Wires the fixtures of `tests/servers` into every test; the counts they print come from there too."""

import sys
from pathlib import Path

from hypothesis import settings

# Tests import each other's helpers as `tests.something`, whichever way pytest was started.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

pytest_plugins = ("tests.servers.fixtures",)

# The same examples in every run; `--hypothesis-profile=default` looks for new ones.
settings.register_profile("same", derandomize=True)
settings.load_profile("same")
