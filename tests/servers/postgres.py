"""PostgreSQL: Debian's own server, in a cluster of its own, run as user postgres.

Durability is off (`fsync=off`): the data never outlives the test run.
"""

import os
import pwd
import shutil
import subprocess
from pathlib import Path
from signal import SIGINT
from typing import Any

from tests.servers.base import Missing, Server, ServerFailed, run
from tests.servers.install import debian_package, program_version


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`, of the newest version installed."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    if not found and on_path:
        found = [Path(on_path).resolve().parent]
    return max(found, key=lambda path: (len(path.parts), str(path)), default=None)


def account() -> str | None:
    """Whom to run as: root may not, so Debian's postgres does; anyone else runs it themselves."""
    return "postgres" if os.geteuid() == 0 else None


class Postgres(Server):
    """`postgres` on loopback, superuser `postgres` trusted from 127.0.0.1."""

    name = "postgres"
    stop_signal = SIGINT  # a fast shutdown: open connections are cut, files are left clean

    @classmethod
    def version(cls) -> str:
        folder = programs()
        return program_version([str(folder / "postgres"), "--version"]) if folder else "unknown"

    @classmethod
    def ensure_installed(cls) -> None:
        debian_package("postgresql", lambda: programs() is not None)
        try:
            pwd.getpwnam(account() or "root")
        except KeyError as error:
            raise Missing("no user `postgres` to run PostgreSQL as") from error

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def about(self) -> dict[str, str]:
        return {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "postgres"}

    def popen_options(self) -> dict[str, Any]:
        user = account()
        if user is None:
            return {}
        record = pwd.getpwnam(user)
        return {"user": record.pw_uid, "group": record.pw_gid, "extra_groups": []}

    def prepare(self) -> None:
        user = account()
        if user is not None:
            record = pwd.getpwnam(user)
            os.chown(self.state, record.pw_uid, record.pw_gid)
        done = subprocess.run(
            [
                str(self._program("initdb")),
                "-D",
                str(self.state / "data"),
                "-U",
                "postgres",
                "-A",
                "trust",
                "-N",
            ],
            cwd=self.state,
            capture_output=True,
            text=True,
            check=False,
            **self.popen_options(),
        )
        if done.returncode:
            raise ServerFailed(f"initdb failed: {done.stderr.strip().splitlines()[-1]}")

    def command(self) -> list[str | Path]:
        settings = ["fsync=off", "listen_addresses=127.0.0.1", f"unix_socket_directories={self.state}"]
        options = [part for setting in settings for part in ("-c", setting)]
        return [self._program("postgres"), "-D", self.state / "data", "-p", str(self.port), *options]

    def ready(self) -> bool:
        try:
            return self.psql("select 1").strip() == "1"
        except ServerFailed:
            return False

    def psql(self, sql: str, database: str = "postgres") -> str:
        """Run SQL by `psql` and return the bare rows; raises `ServerFailed` with the server's message."""
        target = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-d", database]
        return run([self._program("psql"), *target, "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql])

    @staticmethod
    def _program(name: str) -> Path:
        folder = programs()
        if folder is None:
            raise Missing("PostgreSQL's programs are not installed")
        return folder / name
