"""An SVG drawing as PNG, through a browser that is there anyway; it is given a file and no network."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from siloscope.errors import ConfigError
from siloscope.viz.printing import BROWSERS

_SECONDS = 120


def png(svg: str, width: int, height: int, *, scale: int = 2) -> bytes:
    """The drawing, `scale` pixels to a unit.

    Raises:
        ConfigError: no Chromium or relative of it was found, or it could not draw.
    """
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise ConfigError("a PNG needs Chromium or Chrome on the PATH; an .svg needs nothing")
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / "map.svg", Path(folder) / "map.png"
        source.write_text(svg, encoding="utf-8")
        command = [browser, "--headless", "--disable-gpu", "--hide-scrollbars"]
        command += [f"--user-data-dir={folder}/profile", "--disable-background-networking", "--no-first-run"]
        command += [f"--force-device-scale-factor={scale}", f"--window-size={width},{height}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")  # Chromium refuses to sandbox root; the drawing holds no script
        command += [f"--screenshot={target}", source.as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ConfigError(f"{browser} could not draw the PNG: {error}; an .svg needs no browser") from error
        if not target.exists():
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise ConfigError(f"{browser} could not draw the PNG: {' '.join(said)}; an .svg needs no browser")
        return target.read_bytes()
