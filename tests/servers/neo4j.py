"""Neo4j: a real Community server, from Maven's artifacts, Docker, or wherever `NEO4J_URI` points.

There is no installable package of it, but its jars hold the same entry point as the distribution:
`org.neo4j.server.CommunityEntryPoint`, given a home and a configuration folder. It runs as a separate
process with password authentication on; tests may `kill` it and `start` it again on the same data.
"""

import os
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Any, ClassVar

from tests.servers.base import Missing, Server, ServerFailed
from tests.servers.install import java_libraries, need

IMAGE = "neo4j:5.26-community"
OPENS = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch", "java.base/java.util.concurrent")
CONFIGURATION = """\
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
# Without this a clean stop waits ten seconds for idle threads.
internal.server.bolt.thread_pool_shutdown_wait_time=1s
server.memory.pagecache.size=128m
server.directories.plugins={state}/plugins
dbms.security.auth_enabled={auth}
dbms.usage_report.enabled=false
db.tx_log.rotation.retention_policy=keep_none
"""


def docker_runs() -> bool:
    """Whether there is a Docker engine, not only its command."""
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def java_present() -> bool:
    """Whether both Java and Maven are there."""
    return shutil.which("java") is not None and shutil.which("mvn") is not None


class Neo4j(Server):
    """Neo4j on a Bolt port; `heap` is Java's notation, `settings` are further lines of its configuration."""

    name = "neo4j"
    found: ClassVar[str] = "at NEO4J_URI"  # with its version once it has answered

    def __init__(self, port: int | None = None, *, auth: bool = True, heap: str = "512m", settings: str = "") -> None:
        super().__init__(port)
        self.external = os.environ.get("NEO4J_URI")
        self.auth = auth
        self.heap = heap
        self.settings = settings
        self.user = os.environ.get("NEO4J_USERNAME", "neo4j") if self.external else "neo4j"
        own = secrets.token_urlsafe(16) if auth else ""
        self.password = os.environ.get("NEO4J_PASSWORD", "") if self.external else own

    @classmethod
    def version(cls) -> str:
        if os.environ.get("NEO4J_URI"):
            return cls.found
        jars = (
            sorted(path.stem for path in java_libraries("neo4j").glob("neo4j-kernel-[0-9]*.jar"))
            if java_present()
            else []
        )
        return jars[0].removeprefix("neo4j-kernel-") if jars else IMAGE

    @classmethod
    def ensure_installed(cls) -> None:
        if os.environ.get("NEO4J_URI"):
            return
        if java_present():
            java_libraries("neo4j")
        elif not docker_runs():
            raise Missing("no Neo4j: needs Java 17 with Maven, or a Docker engine, or NEO4J_URI with NEO4J_PASSWORD")

    @property
    def url(self) -> str:
        return self.external or f"bolt://127.0.0.1:{self.port}"

    def about(self) -> dict[str, str]:
        return {"NEO4J_URI": self.url, "NEO4J_PASSWORD": self.password}

    def start(self) -> str:
        if self.external:
            self._meet_external()
            return self.url
        return super().start()

    def _meet_external(self) -> None:
        # Whoever names a server wants it used: what does not answer is an error here, not a reason to skip.
        from neo4j.exceptions import DriverError, Neo4jError

        try:
            with self.driver() as driver:
                driver.verify_connectivity()  # first, because a query would be retried for half a minute
                row = driver.execute_query("CALL dbms.components() YIELD versions RETURN versions[0] AS version")
        except (DriverError, Neo4jError) as error:
            raise ServerFailed(f"NEO4J_URI is set, but the server gave {type(error).__name__}") from error
        Neo4j.found = f"{row.records[0]['version']} at NEO4J_URI"

    def prepare(self) -> None:
        (self.state / "conf").mkdir()
        text = CONFIGURATION.format(port=self.port, state=self.state, auth=str(self.auth).lower())
        (self.state / "conf" / "neo4j.conf").write_text(text + self.settings, "utf-8")

    def command(self) -> list[str | Path]:
        if not java_present():
            return self._docker()
        memory = [f"-Xms{self.heap}", f"-Xmx{self.heap}", "-XX:+UseG1GC"]
        opens = [f"--add-opens={package}=ALL-UNNAMED" for package in OPENS]
        where = [f"--home-dir={self.state}", f"--config-dir={self.state / 'conf'}", "--console-mode"]
        jars = java_libraries("neo4j") / "*"
        entry = "org.neo4j.server.CommunityEntryPoint"
        return [need("java", "Neo4j runs on it"), *memory, *opens, "-cp", jars, entry, *where]

    def _docker(self) -> list[str | Path]:
        auth = "neo4j/neo4j-to-be-changed" if self.auth else "none"
        publish = f"127.0.0.1:{self.port}:7687"
        return [
            need("docker", "it runs Neo4j"),
            "run",
            "--rm",
            "-p",
            publish,
            "-e",
            f"NEO4J_AUTH={auth}",
            IMAGE,
        ]

    def ready(self) -> bool:
        from neo4j.exceptions import ClientError, ServiceUnavailable, SessionExpired

        try:
            with self.driver() as driver:
                driver.verify_connectivity()
        except ClientError:
            # It answers; before `settle` its initial password is still the well-known one.
            return True
        except (ServiceUnavailable, SessionExpired, OSError):
            return False
        return True

    def settle(self) -> None:
        if not self.auth or self.external:
            return
        from neo4j import GraphDatabase

        old = "neo4j" if java_present() else "neo4j-to-be-changed"
        with GraphDatabase.driver(self.url, auth=("neo4j", old)) as driver:
            change = "ALTER CURRENT USER SET PASSWORD FROM $old TO $new"
            driver.execute_query(change, old=old, new=self.password, database_="system")

    def driver(self, **options: Any) -> Any:
        """The official driver, signed in; the caller closes it."""
        from neo4j import GraphDatabase

        auth = (self.user, self.password) if self.auth else None
        return GraphDatabase.driver(self.url, auth=auth, **options)

    def clear(self) -> None:
        """Delete every node, relationship, constraint and index. Refuses on a database that is not ours."""
        if self.external:
            raise Missing("a database given by NEO4J_URI is never emptied: use an estate of the test's own")
        with self.driver() as driver:
            driver.execute_query("MATCH (n) DETACH DELETE n")
            for row in driver.execute_query("SHOW CONSTRAINTS YIELD name").records:
                driver.execute_query(f"DROP CONSTRAINT `{row['name']}`")
            for row in driver.execute_query("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP'").records:
                driver.execute_query(f"DROP INDEX `{row['name']}`")
