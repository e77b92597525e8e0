"""The records of this package: what relative names are relative to, and a name found somewhere."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Context:
    """What relative names are relative to; everything is optional.

    `instance` is the authority of a tool (`mlflow://mlflow.risk.example`, `databricks://adb-1.azuredatabricks.net`);
    `database` the authority of bare table names (`host://db1:5432/x`, `snowflake://org-acc/DW`);
    `engine` the known engine of a bare `host:port` (`postgres`, `kafka`).
    """

    instance: str = ""
    account: str = ""
    region: str = ""
    partition: str = "aws"
    engine: str = ""
    database: str = ""


EMPTY = Context()


@dataclass(frozen=True, slots=True)
class Mention:
    """A canonical name and where it stood in a document (`nodes[3].parameters.url`)."""

    name: str
    where: str
    spelled: str = ""


Parser = Callable[[str, str, Context], str | None]
"""(scheme in lower case, what follows `scheme:`, context) -> join key, or None when it is not a name."""

HostParser = Callable[[str, str, str, Context], str | None]
"""(host, path with its slash, query, context) -> join key; "" leaves it to the general rule for web addresses."""
