"""LibreOffice: a second program that opens workbooks and works their formulas out by itself."""

import csv
import shutil
from pathlib import Path

from tests.servers.base import Server, run
from tests.servers.install import debian_package, version_of

# Every sheet into a CSV file of its own, values as they are rather than as shown.
_EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"


def program() -> str | None:
    """The office's path."""
    return shutil.which("soffice") or shutil.which("libreoffice")


class LibreOffice(Server):
    """No listening process: it is run once for each file."""

    name = "libreoffice"

    @classmethod
    def version(cls) -> str:
        return version_of(program())

    @classmethod
    def ensure_installed(cls) -> None:
        debian_package("libreoffice-calc", lambda: program() is not None)

    def start(self) -> str:
        return f"libreoffice {self.version()}"

    def sheets(self, file: Path) -> dict[str, list[list[str]]]:
        """The cells of each sheet of a workbook, formulas worked out where the file holds no value for them."""
        folder = self.state / file.stem
        profile = f"-env:UserInstallation={(self.state / 'profile').as_uri()}"
        run([str(program()), profile, "--headless", "--convert-to", _EVERY_SHEET, "--outdir", folder, file])
        found = {}
        for each in sorted(folder.glob("*.csv")):
            with each.open(encoding="utf-8", newline="") as lines:
                found[each.stem.removeprefix(f"{file.stem}-")] = list(csv.reader(lines))
        shutil.rmtree(folder)
        return found
