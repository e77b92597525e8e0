"""The served map of a large estate in headless Chromium: first frame, what it fetches, CPU while it is panned.

python benchmarks/map_served.py [ASSETS TOOLS]       default: 100000 3000
"""

from __future__ import annotations

import resource
import shutil
import sys
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from siloscope.viz.payload import Atlas  # noqa: E402
from siloscope.viz.server import Live, serve  # noqa: E402
from tests.viz_estate import estate  # noqa: E402

TOKEN = "benchmark"
STEPS = 30
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def main() -> None:
    """Print one table."""
    assets, tools = (int(each) for each in (sys.argv[1:3] or ["100000", "3000"]))
    documents = estate(assets=assets, tools=tools, departments=14)
    began = cpu()
    atlas = Atlas(*documents)
    print(f"{assets:,} assets, {tools:,} tools, {len(atlas.estate.edges):,} edges: read in {cpu() - began:.0f} CPU s")
    live = Live(lambda: "1", lambda: atlas)
    began = cpu()
    page = live.latest().page
    print(f"overview: {len(page) / 1e6:.1f} MB of page, {cpu() - began:.0f} CPU s, once a scan")
    server = serve(live, TOKEN)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        look(browser, f"http://127.0.0.1:{server.server_address[1]}/{TOKEN}/")
        browser.close()
    server.shutdown()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the server with the estate: {peak:,.0f} MiB")


def cpu() -> float:
    """CPU seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def look(browser, address: str) -> None:
    """Open, pan at three zooms, tell the figures."""
    session = browser.new_browser_cdp_session()

    def used() -> float:
        rows = session.send("SystemInfo.getProcessInfo")["processInfo"]
        return 1000 * sum(row["cpuTime"] for row in rows if row["type"] == "renderer")

    page = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce").new_page()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    before = used()
    page.goto(address)
    page.wait_for_selector("html[data-ready]", state="attached", timeout=120_000)
    first = page.evaluate("performance.now()")
    print(f"first frame {first / 1000:.2f} s wall, {(used() - before) / 1000:.2f} CPU s of the renderer")
    for zoom in (1, 6, 40):
        page.evaluate(
            """(z) => { const f = siloMap.fitted(), [x, y] = siloMap.place(0);
            siloMap.jump(z > 1 ? { x, y, k: f.k * z } : f); }""",
            zoom,
        )
        page.wait_for_timeout(4000)
        began, asked = used(), len(fetched)
        page.evaluate(
            """(n) => new Promise((done) => {
            let k = 0; const map = document.getElementById("map");
            const step = () => {
              const at = siloMap.camera(), way = k % 10 < 5 ? 12 : -12;
              const [x, y] = [map.clientWidth / 2 - at.tx - way, map.clientHeight / 2 - at.ty];
              siloMap.jump({ x: x / at.k, y: y / at.k, k: at.k }); siloMap.paint();
              requestAnimationFrame(++k < n ? step : done);
            };
            requestAnimationFrame(step); })""",
            STEPS,
        )
        drawn = page.evaluate("siloMap.drawn()")
        spent = (used() - began) / STEPS
        print(
            f"x{zoom}: {spent:.1f} CPU ms a frame of panning, {len(fetched) - asked} requests, {drawn:,} things drawn"
        )
    tab = page.context.new_cdp_session(page)
    tab.send("HeapProfiler.collectGarbage")
    print(f"heap {tab.send('Runtime.getHeapUsage')['usedSize'] / 1e6:.0f} MB after {len(fetched)} requests")


if __name__ == "__main__":
    main()
