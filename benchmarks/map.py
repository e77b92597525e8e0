"""The silo map in headless Chromium, beside pyvis, vis-network and sigma: size, first frame, CPU of a redraw, heap.

    python benchmarks/map.py [ASSETS TOOLS]...       default: 5000 400 and 100000 2000

Each gets the same nodes at the same places and the same edges, opens them offline, and is made to draw again and
again at three zooms. CPU is what Chromium counts for its renderer process, and for its GPU process where WebGL is
emulated; wall times on a busy machine say little. vis-network and sigma come from npm, into .cache/peers.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from siloscope.viz.layout import asset_offset  # noqa: E402
from siloscope.viz.payload import Atlas  # noqa: E402
from siloscope.viz.silo_map import silo_map_html  # noqa: E402
from tests.viz_estate import estate  # noqa: E402

PEERS = ROOT / ".cache" / "peers"
PACKAGES = ("vis-network@10.1.5", "sigma@3.0.3", "graphology@0.26.0", "esbuild@0.25.12")
FLAGS = ["--no-sandbox", "--disable-gpu", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
FLAGS += ["--disable-quic", "--no-first-run", "--disable-background-networking"]
ZOOMS = (1, 3, 8)
REPEATS = 30
PATIENCE = 90_000
PEER_MOST = 20_000
"""Above this many nodes a peer gets one try of `PATIENCE` milliseconds to draw at all."""


DATA = """const data = JSON.parse(document.getElementById("d").textContent);
const box = document.getElementById("box");"""
READY = 'document.documentElement.dataset.ready = "true";'
VIS = """network.fit({ animation: false });
const base = network.getScale(), at = network.getPositions([0])[0], middle = network.getViewPosition();
window.peer = { paint: () => network.redraw(),
  zoom: (z) => network.moveTo({ position: z > 1 ? at : middle, scale: base * z, animation: false }) };
network.redraw();"""
LIBRARIES = {
    "vis-network": (
        'import { Network } from "vis-network/standalone";',
        f"""const network = new Network(box, data, {{ physics: false, nodes: {{ shape: "dot" }} }});
        {VIS}""",
    ),
    "sigma": (
        'import Graph from "graphology"; import Sigma from "sigma";',
        """const graph = new Graph({ multi: true });
        for (const n of data.nodes) {
          graph.addNode(n.id, { x: n.x, y: -n.y, size: Math.max(1.5, n.size / 60), label: n.label, color: "#456" });
        }
        for (const e of data.edges) graph.addEdge(e.from, e.to, { size: 0.5 });
        const sigma = new Sigma(graph, box), at = sigma.getNodeDisplayData("0");
        window.peer = { paint: () => sigma.refresh(),
          zoom: (z) => sigma.getCamera().setState(
            z > 1 ? { x: at.x, y: at.y, ratio: 1 / z } : { x: 0.5, y: 0.5, ratio: 1 }) };
        sigma.refresh();""",
    ),
}


def main() -> None:
    """Print the tables."""
    numbers = [int(each) for each in sys.argv[1:]] or [5000, 400, 100_000, 2000]
    peers = installed()
    with sync_playwright() as driver, TemporaryDirectory() as folder:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for assets, tools in zip(numbers[::2], numbers[1::2], strict=True):
            print(f"\n{assets:,} assets, {tools:,} tools")
            pages = make(assets, tools, Path(folder), peers)
            for name, page in pages.items():
                measure(browser, name, page)
        browser.close()


def cpu() -> float:
    """CPU seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def installed() -> bool:
    """Whether the peers of npm are there, fetched when they are not."""
    if not shutil.which("npm"):
        return False
    if not (PEERS / "node_modules" / "sigma").exists():
        PEERS.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(PEERS), *PACKAGES],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return True


def make(assets: int, tools: int, folder: Path, peers: bool) -> dict[str, Path]:
    """The page of each, of the same estate."""
    documents = estate(assets=assets, tools=tools, departments=14)
    began = cpu()
    atlas = Atlas(*documents)
    read = cpu()
    for measure_ in ("assets", "cost", "use"):
        atlas.picture(measure_)
    laid = cpu()
    page = silo_map_html(atlas.whole())
    parts = f"read {read - began:.1f}, lay out for three sizes {laid - read:.1f}, the rest {cpu() - laid:.1f} CPU s"
    print(f"  Python: {parts}")
    out = {"siloscope": folder / f"siloscope-{assets}.html"}
    out["siloscope"].write_text(page, encoding="utf-8")
    nodes, edges = network(atlas)
    if assets <= PEER_MOST:
        out["pyvis 0.3.2"] = folder / f"pyvis-{assets}.html"
        out["pyvis 0.3.2"].write_text(pyvis_page(nodes, edges), encoding="utf-8")
    if peers:
        for name in ("vis-network", "sigma"):
            version = json.loads((PEERS / "node_modules" / name / "package.json").read_text())["version"]
            out[f"{name} {version}"] = folder / f"{name}-{assets}.html"
            out[f"{name} {version}"].write_text(peer_page(name, nodes, edges), encoding="utf-8")
    return out


def network(atlas: Atlas) -> tuple[list[dict[str, object]], list[dict[str, int]]]:
    """Assets, tools and outside nodes at the places of the map, and the edges."""
    picture, estate_ = atlas.picture("assets"), atlas.estate
    nodes: list[dict[str, object]] = []
    for number, row in enumerate(estate_.assets):
        disc = picture.layout.tools[row["tool"]]
        dx, dy = asset_offset(number - estate_.starts[estate_.tool_of[number]])
        nodes.append({"id": number, "label": row["name"], "x": disc.x + dx, "y": disc.y + dy, "size": 30})
    for name, row in estate_.tools.items():
        disc = picture.layout.tools[name]
        nodes.append({"id": len(nodes), "label": row["product"], "x": disc.x, "y": disc.y, "size": disc.r / 2})
    for row, (x, y) in zip(estate_.outside, picture.outside, strict=True):
        nodes.append({"id": len(nodes), "label": row["name"], "x": x, "y": y, "size": 40})
    return nodes, [{"id": at, "from": a, "to": b} for at, (a, b, _, _) in enumerate(estate_.edges)]


def pyvis_page(nodes: list[dict[str, object]], edges: list[dict[str, int]]) -> str:
    """As pyvis writes it, physics off."""
    from pyvis.network import Network

    net = Network(height="100vh", width="100%", cdn_resources="in_line")
    net.toggle_physics(status=False)
    net.nodes, net.node_ids = [{**node, "shape": "dot"} for node in nodes], [node["id"] for node in nodes]
    net.edges = edges
    net.set_options(json.dumps({"physics": {"enabled": False}}))
    page = net.generate_html(notebook=False)
    hook = f"""<script>document.addEventListener("DOMContentLoaded", () => {{ const wait = () => {{
    if (typeof network === "undefined" || !network) return setTimeout(wait, 20);
    {VIS}
    {READY} }}; wait(); }});</script></body>"""
    return page.replace("</body>", hook)


def peer_page(name: str, nodes: list[dict[str, object]], edges: list[dict[str, int]]) -> str:
    """A page of the library alone, its bundle and the data inline."""
    head, body = LIBRARIES[name]
    entry = PEERS / f"{name}-entry.js"
    entry.write_text(f"{head}\n{DATA}\n{body}\n{READY}\n")
    command = [str(PEERS / "node_modules" / ".bin" / "esbuild"), str(entry), "--bundle", "--minify", "--format=iife"]
    bundle = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PEERS).stdout
    data = json.dumps({"nodes": nodes, "edges": edges}, separators=(",", ":"))
    return (
        '<!doctype html><meta charset="utf-8"><style>html,body,#box{margin:0;height:100%}</style><div id="box"></div>'
        f'<script type="application/json" id="d">{data}</script><script>{bundle}</script>'
    )


def measure(browser, name: str, file: Path) -> None:
    """One line: size, first frame, CPU of a redraw at each zoom, heap."""
    session = browser.new_browser_cdp_session()

    def used() -> tuple[float, float]:
        rows = session.send("SystemInfo.getProcessInfo")["processInfo"]
        return tuple(1000 * sum(row["cpuTime"] for row in rows if row["type"] == kind) for kind in ("renderer", "GPU"))

    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True, reduced_motion="reduce")
    page = context.new_page()
    before = used()
    try:
        page.goto(file.as_uri(), timeout=PATIENCE)
        page.wait_for_selector("html[data-ready]", timeout=PATIENCE, state="attached")
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        first = page.evaluate("performance.now()")
        loaded = used()
        cells = [redraw(page, used, zoom) for zoom in ZOOMS]
    except Exception as error:  # noqa: BLE001 - a peer that gives up is a result, told as one
        print(f"  {name:<20} {file.stat().st_size / 1e6:6.2f} MB   no drawing: {str(error).splitlines()[0][:90]}")
        context.close()
        return
    tab = context.new_cdp_session(page)
    tab.send("HeapProfiler.collectGarbage")
    heap = tab.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    zooms = "  ".join(f"x{zoom} {own:5.1f} / {gpu:5.1f}" for zoom, (own, gpu) in zip(ZOOMS, cells, strict=True))
    load = (loaded[0] - before[0]) / 1000
    start = f"first frame {first / 1000:5.2f} s wall, {load:5.2f} CPU s"
    drawing = f"redraw CPU ms renderer / GPU: {zooms}"
    print(f"  {name:<20} {file.stat().st_size / 1e6:6.2f} MB  {start}  {drawing}  heap {heap:6.1f} MB")
    context.close()


def redraw(page, used, zoom: int) -> tuple[float, float]:
    """Mean CPU milliseconds of the renderer and of the GPU process for one forced redraw at a zoom."""
    own = page.evaluate("typeof siloMap !== 'undefined'")
    if own:
        page.evaluate(
            """(z) => { const f = siloMap.fitted(), [x, y] = siloMap.place(0);
            siloMap.jump(z > 1 ? { x, y, k: f.k * z } : f); }""",
            zoom,
        )
    else:
        page.evaluate("(z) => peer.zoom(z)", zoom)
    page.wait_for_timeout(300)
    paint = "siloMap.paint()" if own else "peer.paint()"
    before, began = used(), time.monotonic()
    count = page.evaluate(
        f"""(most) => new Promise((done) => {{
        let k = 0; const began = performance.now();
        const step = () => {{
          {paint};
          const on = ++k < most && performance.now() - began < 12000;
          requestAnimationFrame(on ? step : () => done(k));
        }};
        requestAnimationFrame(step); }})""",
        REPEATS,
    )
    after = used()
    assert time.monotonic() > began
    return (after[0] - before[0]) / count, (after[1] - before[1]) / count


if __name__ == "__main__":
    main()
