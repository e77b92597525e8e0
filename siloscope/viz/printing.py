"""Pages as PDF, printed by the Chromium or Chrome that is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from siloscope.errors import ConfigError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_LONGEST = 120  # seconds; a browser that hangs is a clear error, not a command that never ends


def printed(page: str, file: Path) -> int:
    """Print an HTML page into `file`; its size in bytes.

    Raises:
        ConfigError: No browser is on PATH, or it does not print.
    """
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise ConfigError(f"{file}: PDF needs one of {', '.join(BROWSERS[:3])} on PATH; HTML prints from any browser")
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "page.html"), Path(folder, "page.pdf")
        source.write_text(page, encoding="utf-8", newline="\n")
        flags = ["--headless", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder}/profile"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            flags.append("--no-sandbox")  # Chromium refuses to sandbox root; the page holds no script
        try:
            run = subprocess.run(
                [browser, *flags, f"--print-to-pdf={out}", source.as_uri()],
                capture_output=True,
                timeout=_LONGEST,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ConfigError(f"{file}: {browser} does not print: {error}") from error
        if not out.exists():
            said = run.stderr.decode("utf-8", "replace").strip().splitlines()
            raise ConfigError(f"{file}: {browser} printed nothing: {said[-1][:200] if said else 'no word'}")
        file.write_bytes(out.read_bytes())
    return file.stat().st_size
