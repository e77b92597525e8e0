"""Real servers on loopback for tests and for recording the demo: one module each, one shape.

`SERVERS` names them all; `load` imports one on demand, so that asking for moto does not import
playwright. `python -m tests.servers` installs and starts them for people. See README.md here.
"""

from importlib import import_module

from tests.servers.base import Missing, Server, ServerFailed

SERVERS = {
    "moto": "tests.servers.moto:Moto",
    "mlflow": "tests.servers.mlflow:Mlflow",
    "airflow": "tests.servers.airflow:Airflow",
    "nodered": "tests.servers.nodered:NodeRed",
    "neo4j": "tests.servers.neo4j:Neo4j",
    "postgres": "tests.servers.postgres:Postgres",
    "prism": "tests.servers.prism:Prism",
    "chromium": "tests.servers.chromium:Chromium",
    "libreoffice": "tests.servers.libreoffice:LibreOffice",
}


def load(name: str) -> type[Server]:
    """The class of the server called `name`, a key of `SERVERS`."""
    module, _, attribute = SERVERS[name].partition(":")
    return getattr(import_module(module), attribute)


__all__ = ["SERVERS", "Missing", "Server", "ServerFailed", "load"]
