"""The one shape of a test server: install once, start on a free loopback port, stop its whole process group.

A subclass names its command and a route that only a ready server answers. What is missing on this
machine raises `Missing` (tests skip, with that one line as the reason); a server that is installed and
does not come up raises `ServerFailed` with the end of its log, and no test passes over that.
"""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import httpx

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
CACHE = ROOT / ".cache" / "servers"

# A server under test must see neither this shell's cloud accounts nor its virtual environment.
HIDDEN = ("AWS_", "AZURE_", "NEO4J_", "MLFLOW_", "AIRFLOW", "PG", "PYTHON", "VIRTUAL_ENV", "MOTO_", "NODE_")


class Missing(Exception):
    """Something this machine does not have; the message is one line a person can act on."""


class ServerFailed(Exception):
    """An installed server that did not start or stopped by itself; carries the end of its log."""


def free_port() -> int:
    """A loopback TCP port nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment() -> dict[str, str]:
    """This process's environment without what would leak an account or an interpreter into a server."""
    return {key: value for key, value in os.environ.items() if not key.startswith(HIDDEN)}


def run(command: Sequence[str | Path], *, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Run a set-up step to its end and return what it printed; `ServerFailed` shows the end of it.

    Installers inherit this shell (proxies, certificates); a server's own tools get `env`.
    """
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        shown = "\n".join(done.stdout.splitlines()[-30:])
        raise ServerFailed(f"{Path(command[0]).name} exited with {done.returncode}:\n{shown}")
    return done.stdout


class Server:
    """One server process with its port, state folder and log.

    `start` gives the URL and may be called again after `kill` or `stop(keep=True)`: port and state stay,
    which is how tests see what a crash left behind.
    """

    name: ClassVar[str]
    ready_path: ClassVar[str] = "/"
    ready_limit: ClassVar[float] = 180.0
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._state: Path | None = None

    # What a subclass says about itself.

    @classmethod
    def version(cls) -> str:
        """The version under test, as its own pins or its own program state it."""
        raise NotImplementedError

    @classmethod
    def ensure_installed(cls) -> None:
        """Install what is not there yet; `Missing` when this machine cannot have it."""
        raise NotImplementedError

    def command(self) -> list[str | Path]:
        """The program in the foreground, with its arguments."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Variables on top of `clean_environment`."""
        return {}

    def prepare(self) -> None:
        """Write configuration and migrate databases before the first start."""

    def settle(self) -> None:
        """What needs the server up: a password, a schema."""

    def ready(self) -> bool:
        """Whether `ready_path` answers, and not with a server error."""
        try:
            return httpx.get(self.url + self.ready_path, timeout=5).status_code < 500
        except httpx.TransportError:
            return False

    def about(self) -> dict[str, str]:
        """What a person needs to use it from another shell, as environment variables."""
        return {}

    # What all have in common.

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def state(self) -> Path:
        """This run's own folder; gone after `stop`."""
        if self._state is None:
            self._state = Path(tempfile.mkdtemp(prefix=f"siloscope-{self.name}-"))
        return self._state

    @property
    def log(self) -> Path:
        """Everything the server printed."""
        return self.state / "server.log"

    def start(self) -> str:
        """Start, wait until ready and return the URL; `ServerFailed` shows the log."""
        first = self._state is None
        try:
            if first:
                self.prepare()
            self._spawn()
            self._wait_until_ready()
            if first:
                self.settle()
        except BaseException:
            self.stop()
            raise
        return self.url

    def _spawn(self) -> None:
        atexit.register(self.stop)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in self.command()],
                env=clean_environment() | self.environment(),
                cwd=self.state,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # its own process group, so that its children end with it
                **self.popen_options(),
            )

    def popen_options(self) -> dict[str, Any]:
        """Further options of the process, such as another user."""
        return {}

    def _wait_until_ready(self) -> None:
        limit = time.monotonic() + self.ready_limit
        while time.monotonic() < limit:
            if self.process is not None and self.process.poll() is not None:
                raise ServerFailed(f"{self.name} exited with {self.process.returncode}:\n{self.log_tail()}")
            if self.ready():
                return
            time.sleep(0.2)
        raise ServerFailed(f"{self.name} not ready after {self.ready_limit:.0f} s:\n{self.log_tail()}")

    def log_tail(self, lines: int = 40) -> str:
        """The last lines it printed."""
        if self._state is None or not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])

    def stop(self, *, keep: bool = False) -> None:
        """End the whole process group, politely first; the state folder goes too unless `keep`."""
        self._end(self.stop_signal, patience=20.0)
        atexit.unregister(self.stop)
        if not keep and self._state is not None:
            shutil.rmtree(self._state, ignore_errors=True)
            self._state = None

    def kill(self) -> None:
        """SIGKILL to the whole group, as a crash would; the state folder stays for another `start`."""
        self._end(signal.SIGKILL, patience=0.0)

    def _end(self, first: signal.Signals, patience: float) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        self._signal(process.pid, first)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
        # The leader may be gone while its workers live on: the group is what has to be empty.
        self._signal(process.pid, signal.SIGKILL)
        process.wait(20)
        limit = time.monotonic() + 20
        while self._signal(process.pid, 0) and time.monotonic() < limit:
            time.sleep(0.05)

    @staticmethod
    def _signal(group: int, number: int) -> bool:
        try:
            os.killpg(group, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def __enter__(self) -> Self:
        """Install when needed, start, and hand over the running server."""
        self.ensure_installed()
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, whatever happened."""
        self.stop()
