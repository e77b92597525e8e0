"""Install and start the test servers by hand: `python -m tests.servers install [NAME...]`, `... start NAME`."""

# ruff: noqa: T201 - a command for people prints
import argparse
import signal
import sys
import threading
import time

from tests.servers import SERVERS, Missing, ServerFailed, load


def install(names: list[str]) -> int:
    """Install each, all without names; what this machine cannot have is said, and an error where it was named."""
    missing = 0
    for name in names or SERVERS:
        begun = time.monotonic()
        try:
            load(name).ensure_installed()
        except Missing as reason:
            missing += 1
            print(f"{name}: {reason}", flush=True)
        else:
            print(f"{name} {load(name).version()}: installed, {time.monotonic() - begun:.1f} s", flush=True)
    return 1 if missing and names else 0


def start(name: str, port: int | None) -> int:
    """Run one in the foreground until interrupted; prints how to reach it."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_ignored: ended.set())
    begun = time.monotonic()
    try:
        with load(name)(port) as server:
            print(f"{name} {server.version()} at {server.url}, ready in {time.monotonic() - begun:.1f} s")
            for key, value in server.about().items():
                print(f"export {key}={value}")
            print("Ctrl-C stops it.", flush=True)
            ended.wait()
    except (Missing, ServerFailed) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    return 0


def main() -> int:
    """Parse and call."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("install", help="install all, or those named")
    one.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SERVERS))
    two = commands.add_parser("start", help="run one in the foreground")
    two.add_argument("name", choices=list(SERVERS), metavar="NAME", help=", ".join(SERVERS))
    two.add_argument("--port", type=int, help="default: any free one")
    given = parser.parse_args()
    if given.command == "start":
        return start(given.name, given.port)
    unknown = sorted(set(given.names) - set(SERVERS))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(SERVERS)}")
    return install(given.names)


if __name__ == "__main__":
    sys.exit(main())
