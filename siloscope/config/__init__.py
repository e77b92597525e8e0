"""`siloscope.toml` -> typed settings; every complaint names file, line, key and the nearest valid key.

Secrets are references, `env:NAME` or `file:PATH`, resolved only when a client asks for them. A literal
secret in the file is an error whose text does not repeat it.
"""

from siloscope.config.read import MATCH_KEYS, SOURCE_KEYS, load
from siloscope.config.records import Config, DepartmentRule, Gap, LossLimit, Secret, Source

__all__ = ["MATCH_KEYS", "SOURCE_KEYS", "Config", "DepartmentRule", "Gap", "LossLimit", "Secret", "Source", "load"]
