"""How test servers are installed: each in its own folder under `.cache/servers`, once per set of pins.

A stamp holds the hash of the files that decide what is installed, so that a second call costs nothing
and an interrupted one starts over. A file lock keeps two test runs from installing at once.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.base import CACHE, HERE, Missing, ServerFailed, run


def once(name: str, decides: Sequence[Path], build: Callable[[Path], None]) -> Path:
    """The folder of `name`, built by `build(folder)` unless its stamp matches the files in `decides`.

    Raises `Missing` with the installer's last line when the installation did not succeed.
    """
    folder = CACHE / name
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in decides)).hexdigest()
    stamp = folder / ".installed"
    with _locked(name):
        if stamp.exists() and stamp.read_text("utf-8") == digest:
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            build(folder)
        except ServerFailed as error:
            raise Missing(f"{name} could not be installed: {_last_line(str(error))}") from error
        stamp.write_text(digest, "utf-8")
    return folder


@contextmanager
def _locked(name: str) -> Iterator[None]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no output"


def need(program: str, why: str) -> str:
    """The path of `program`, or `Missing` saying what it is needed for."""
    beside = Path(sys.executable).with_name(program)
    found = str(beside) if beside.exists() else shutil.which(program)
    if found is None:
        raise Missing(f"no `{program}` on this machine: {why}")
    return found


def python_environment(name: str) -> Path:
    """A virtual environment of its own with the pins of `requirements/<name>.txt`; returns its bin folder."""
    pins = HERE / "requirements" / f"{name}.txt"

    def build(folder: Path) -> None:
        uv = need("uv", f"it installs {name} (make venv brings it)")
        run([uv, "venv", "--quiet", "--python", sys.executable, folder / "venv"])
        run([uv, "pip", "install", "--quiet", "--python", folder / "venv", "--requirement", pins])

    return once(name, [pins], build) / "venv" / "bin"


def node_modules(name: str) -> Path:
    """`npm ci` of the committed lock file in `npm/<name>`; returns the node_modules folder."""
    source = HERE / "npm" / name
    decides = [source / "package.json", source / "package-lock.json"]

    def build(folder: Path) -> None:
        need("node", f"{name} runs on it")
        npm = need("npm", f"it installs {name}")
        for path in decides:
            shutil.copy(path, folder)
        # Install scripts would compile or download; none of what is tested here needs them.
        run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder)

    return once(name, decides, build) / "node_modules"


def java_libraries(name: str) -> Path:
    """The jars of `maven/pom.xml`, copied out of Maven's own repository; returns their folder."""
    pom = HERE / "maven" / "pom.xml"

    def build(folder: Path) -> None:
        need("java", f"{name} runs on it")
        maven = need("mvn", f"it fetches {name}")
        goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
        jars = folder / "lib"
        run([maven, "-B", "-q", "-f", pom, goal, "-DincludeScope=runtime", f"-DoutputDirectory={jars}"])

    return once(name, [pom], build) / "lib"


# A mirror that does not answer is given up after a while; tests then skip with that reason.
_IMPATIENT = ("-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20")


def debian_package(package: str, present: Callable[[], bool]) -> None:
    """`apt-get install` of what is not there, when root on Debian; else `Missing` names the package."""
    if present():
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Missing(f"Debian's {package} is not installed, and only root on Debian can install it")
    with _locked("apt"):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        try:
            run(["apt-get", *_IMPATIENT, "update", "-qq"], env=environment)
            run(["apt-get", *_IMPATIENT, "install", "-y", "-qq", "--no-install-recommends", package], env=environment)
        except ServerFailed as error:
            raise Missing(f"{package} could not be installed: {_last_line(str(error))}") from error
    if not present():
        raise Missing(f"{package} is installed but its program was not found")


def pinned(name: str, package: str) -> str:
    """The version of `package` in the pins of `requirements/<name>.txt`."""
    text = (HERE / "requirements" / f"{name}.txt").read_text("utf-8")
    found = re.search(rf"^{re.escape(package)}(?:\[[^\]]*\])?==(\S+)", text, re.MULTILINE)
    return found.group(1) if found else "unknown"


def version_of(program: str | None) -> str:
    """The version that an installed program tells."""
    return program_version([program, "--version"]) if program else "unknown"


def program_version(command: Sequence[str]) -> str:
    """The first dotted number that `command` prints."""
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.search(r"\d+(?:\.\d+)+", shown)
    return found.group() if found else "unknown"
