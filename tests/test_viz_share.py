"""What leaves the house: a redacted map says no name, a drawing needs no browser, the served map needs its token."""

import gzip
import json
import re
import threading
from http.client import HTTPConnection
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from siloscope.errors import ConfigError, StoreError
from siloscope.viz import raster
from siloscope.viz.lettering import fit, in_disc, width_of
from siloscope.viz.payload import Atlas
from siloscope.viz.picture import picture_svg
from siloscope.viz.server import Feed, Live, serve
from siloscope.viz.veil import Veil
from tests.test_viz_page import data_of, hostile_estate
from tests.viz_estate import estate


def secret_estate():
    """An estate in which everything that is somebody's says so."""
    graph, findings, plan = estate(assets=60, tools=14, departments=4)
    graph = json.loads(json.dumps(graph))
    for key in ("tools", "assets"):
        for row in graph[key]:
            row["department"] = (
                f"SECRET {row['department']}"
                if row["department"] not in (None, "shared", "unassigned")
                else row["department"]
            )
    for row in graph["assets"]:
        row |= {
            "name": f"SECRET {row['name']}",
            "owner": "SECRET@corp.example",
            "environment": "SECRET stage",
            "facts": {"note": "SECRET"},
        }
    for row in graph["tools"]:
        row |= {"instance": f"SECRET-{row['instance']}", "capabilities": [*row["capabilities"], "SECRET art"]}
    graph["tools"][0] |= {"product": "SECRET product", "vendor": "SECRET vendor"}
    graph["scan"]["id"] = "SECRET scan"
    for row in graph["slices"]:
        row |= {
            "scope": "SECRET scope",
            "reason": "SECRET reason",
            "permission": "SECRET/permission 1",
            "source": f"SECRET {row['source']}",
        }
    for row in findings:
        row |= {"title": "SECRET title", "because": [{"says": "SECRET says", "weight": 1.5}]}
    return graph, findings, plan


def test_a_redacted_estate_holds_no_name_and_all_of_its_structure():
    """Nothing that is somebody's is left in any document; counts, kinds, links, scores, money and dispositions are."""
    graph, findings, plan = secret_estate()
    ids = {row["id"] for key in ("tools", "assets", "outside") for row in graph[key]}
    veil = Veil(graph)
    hidden = veil.graph(graph), veil.findings(findings), veil.plan(plan)
    text = json.dumps(hidden)

    assert "SECRET" not in text
    assert "example" not in text
    assert not any(name in text for name in ids)
    before, after = Atlas(graph, findings, plan), Atlas(*hidden)
    assert len(after.estate.assets) == len(before.estate.assets)
    assert sorted(after.estate.counts.values()) == sorted(before.estate.counts.values())
    assert len(after.estate.edges) == len(before.estate.edges)
    assert sorted(row.there + row.back for row in after.bridges) == sorted(
        row.there + row.back for row in before.bridges
    )
    assert sorted(after.costs) == sorted(before.costs)
    assert sorted(row["score"] for row in after.findings) == sorted(row["score"] for row in before.findings)
    assert sorted(after.plan["disposition"]) == sorted(before.plan["disposition"])


def test_the_same_estate_is_redacted_the_same_way_and_another_in_another():
    """Hashes are keyed by the estate: equal estates give equal names, one more asset changes all of them."""
    graph = estate(assets=60, tools=14)[0]
    other = {**graph, "assets": graph["assets"][1:]}

    assert Veil(graph).graph(graph) == Veil(graph).graph(graph)
    assert Veil(graph).node("x") != Veil(other).node("x")


def boxes(root):
    """The box of every text of a drawing, by its fixed length."""
    out = []
    for node in root.iter():
        if not node.tag.endswith("}text"):
            continue
        x, y, size, length = (float(node.get(key)) for key in ("x", "y", "font-size", "textLength"))
        left = x if node.get("text-anchor") == "start" else x - length / 2
        out.append((left, y - size * 0.8, left + length, y + size * 0.1, node.text))
    return out


@pytest.mark.parametrize(("assets", "tools", "departments"), [(60, 14, 4), (600, 40, 8), (5000, 400, 14)])
def test_the_drawing_is_an_svg_on_which_no_text_lies_on_another(assets, tools, departments):
    """Shapes and text only, every label inside the sheet and apart from the others, the same bytes each time."""
    graph, findings, _ = estate(assets=assets, tools=tools, departments=departments)
    svg = picture_svg(graph, findings, title="Estate of <b>Example</b> & co")
    found = boxes(ET.fromstring(svg))

    assert svg == picture_svg(graph, findings, title="Estate of <b>Example</b> & co")
    assert {node.tag.rpartition("}")[2] for node in ET.fromstring(svg).iter()} == {
        "svg",
        "rect",
        "path",
        "circle",
        "text",
    }
    assert all(left >= 0 and top >= 0 and right <= 1600 and bottom <= 1000 for left, top, right, bottom, _ in found)
    clash = [
        (a[4], b[4]) for a, b in combinations(found, 2) if a[0] < b[2] and a[2] > b[0] and a[1] < b[3] and a[3] > b[1]
    ]
    assert clash == []
    texts = [text for *_, text in found]
    assert "cut off: no bridge" in texts or departments < 5
    assert any(text.endswith("duplicates") for text in texts)


@pytest.mark.parametrize(
    ("amount", "text"), [(999, "999"), (38_500, "39k"), (-1500, "-1k"), (999_500, "1.0M"), (1_250_000, "1.3M"), (9_960_000, "10M")]
)  # fmt: skip
def test_the_drawing_writes_money_as_the_page_does(amount, text):
    """Halves go up, as `Math.round` has it: the drawing must not say 38k where the page says 39k."""
    tool = {"id": "t:1", "product": "T", "department": "A", "annual_cost": float(amount)}

    assert f"1 tool · 0 assets · {text} a year" in picture_svg({"tools": [tool]}, [])


def test_hostile_names_are_text_in_the_drawing():
    """The drawing parses, and no attribute is a handler."""
    graph, findings, _ = hostile_estate()
    root = ET.fromstring(picture_svg(graph, findings, title="<script>alert(1)</script>"))

    assert not any(name.startswith("on") for node in root.iter() for name in node.attrib)
    assert all(node.tag.rpartition("}")[2] != "script" for node in root.iter())


def test_an_empty_estate_is_an_empty_sea():
    """Nothing scanned is no failure."""
    assert ET.fromstring(picture_svg({}, [])).get("width") == "1600"


def test_text_is_fitted_by_its_width():
    """A cut text is no wider than the room, and what fits is left alone; a name in a disc stays within its chord."""
    assert width_of(fit("a very long name of a thing", 60, 12), 12) <= 60
    assert fit("short", 60, 12) == "short"
    lines, size = in_disc("Amazon SageMaker Studio", 40)
    assert " ".join(lines) == "Amazon SageMaker Studio"
    assert all(width_of(line, size, bold=True) <= 80 for line in lines)
    assert in_disc("Incomprehensibilities", 12) == ([], 7.5)


def test_a_png_without_a_browser_is_a_clear_error(monkeypatch):
    """It says what is missing and what does without."""
    monkeypatch.setattr(raster.shutil, "which", lambda _: None)

    with pytest.raises(ConfigError, match=r"needs Chromium .* \.svg needs nothing"):
        raster.png("<svg/>", 10, 10)


@pytest.fixture
def served():
    """A running server of a small estate: (port, token, documents, what the stamp is, or what reading it raises)."""
    documents = estate(assets=200)
    stamp = ["1"]

    def read():
        if isinstance(stamp[0], Exception):
            raise stamp[0]
        return stamp[0]

    server = serve(Live(read, lambda: Atlas(*documents)), "t0ken")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1], "t0ken", documents, stamp
    server.shutdown()
    server.server_close()
    thread.join()


def get(port, path, host="127.0.0.1", method="GET"):
    """(status, headers, decoded body) of one request."""
    line = HTTPConnection("127.0.0.1", port, timeout=30)
    line.request(method, path, headers={"Host": host})
    answer = line.getresponse()
    body = answer.read()
    line.close()
    packed = answer.getheader("Content-Encoding") == "gzip"
    return answer.status, dict(answer.getheaders()), (gzip.decompress(body) if packed else body).decode()


def test_the_server_answers_nobody_without_the_token(served):
    """No token, a wrong one, or a host name that is not this machine's: 403. Anything but GET: refused."""
    port, token, _, _ = served

    for path in ("/", "/wrong/", f"/{token}", f"/{token[:-1]}/", f"/{token}x/0/tools/1.json", "//", "/%740ken/"):
        assert get(port, path)[0] == 403, path
    assert get(port, f"/{token}/", host="evil.example")[0] == 403
    assert get(port, f"/{token}/", host=f"localhost:{port}")[0] == 200
    for method in ("POST", "PUT", "DELETE"):
        assert get(port, f"/{token}/", method=method)[0] == 501
    assert get(port, f"/{token}/0/tools/../../etc/passwd")[0] in (403, 404)
    assert get(port, f"/{token}/0/tools/99999.json")[0] == 404


def test_requests_that_are_none_are_refused_and_a_store_that_fails_is_said(served, capsys):
    """A path or a host that cannot be parsed: 403. A store that cannot be read: 503 with the reason. Nothing is thrown."""
    port, token, _, stamp = served

    assert get(port, "//[")[0] == 403
    assert get(port, f"/{token}/", host="[")[0] == 403
    stamp[0] = StoreError("estate.db: no such file")
    status, _, said = get(port, f"/{token}/")
    assert (status, said) == (503, "The store could not be read: estate.db: no such file\n")
    stamp[0] = "1"
    assert get(port, f"/{token}/")[0] == 200
    assert capsys.readouterr().err == ""


def test_the_served_page_is_the_same_viewer_and_may_ask_only_its_server(served):
    """The policy admits one script, one style and its own origin; nothing is stored and nothing frames it."""
    port, token, _, _ = served
    _, headers, page = get(port, f"/{token}/")

    assert "connect-src &#x27;self&#x27;" in page
    assert "assets" not in data_of(page)
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"


def test_a_tool_is_served_with_its_assets_and_every_edge_that_touches_them(served):
    """Edges with an end in the tool, each once, and the names of their other ends."""
    port, token, documents, _ = served
    get(port, f"/{token}/")
    atlas = Atlas(*documents)
    tool = max(range(40), key=lambda t: list(atlas.estate.counts.values())[t])
    answer = json.loads(get(port, f"/{token}/0/tools/{tool}.json")[2])
    first, last = atlas.estate.starts[tool], atlas.estate.starts[tool + 1]
    touching = [at for at, edge in enumerate(atlas.estate.edges) if any(first <= end < last for end in edge[:2])]

    assert answer["assets"]["count"] == last - first
    assert answer["edges"]["at"] == touching
    ends = {end for at in touching for end in atlas.estate.edges[at][:2]}
    assert {int(n) for n in answer["names"]} == {
        n for n in ends if n < len(documents[0]["assets"]) and not first <= n < last
    }


def test_search_is_answered_by_name(served):
    """All words have to be in the name; hostile words find nothing and break nothing."""
    port, token, documents, _ = served
    get(port, f"/{token}/")
    name = documents[0]["assets"][70]["name"]
    found = json.loads(get(port, f"/{token}/0/search.json?q={name.upper()}")[2])

    assert found["names"] == [name]
    assert json.loads(get(port, f"/{token}/0/search.json?q=%3Cscript%3E%00%FF")[2]) == {"nodes": [], "names": []}
    assert json.loads(get(port, f"/{token}/0/search.json")[2]) == {"nodes": [], "names": []}


def test_a_new_scan_shows_after_a_reload_and_old_numbers_are_refused(served):
    """The page is made anew when the stamp changes; what an old page asks for by its numbers is gone."""
    port, token, _, stamp = served
    assert data_of(get(port, f"/{token}/")[2])["feed"] == 0
    assert get(port, f"/{token}/0/tools/1.json")[0] == 200
    stamp[0] = "2"
    assert data_of(get(port, f"/{token}/")[2])["feed"] == 1
    assert get(port, f"/{token}/0/tools/1.json")[0] == 410
    assert get(port, f"/{token}/1/tools/1.json")[0] == 200


def test_partners_of_tools_count_dependencies_both_ways():
    """The counts of the served page are those of the edges."""
    atlas = Atlas(*estate(assets=200))
    feed = json.loads(json.dumps(data_of(Feed(atlas).page)))
    first = atlas.estate.first_tool
    for tool, row in enumerate(feed["partners"]):
        for node, on, by in zip(row[::3], row[1::3], row[2::3], strict=True):
            other = node - first if node < atlas.estate.first_outside else None
            pairs = [(atlas.tool(a), atlas.tool(b), a, b) for a, b in atlas.estate.dependencies]
            assert on == sum(p == tool and (q == other if other is not None else b == node) for p, q, _, b in pairs)
            assert by == sum(q == tool and (p == other if other is not None else a == node) for p, q, a, _ in pairs)


def test_the_commands_write_what_the_ending_says(tmp_path):
    """A page, a drawing, a redacted page, a map of changes; --plan with a picture is refused."""
    from click.testing import CliRunner

    from siloscope.cli import group

    def run(*arguments):
        return CliRunner().invoke(group, list(arguments))

    demo = tmp_path / "demo"
    assert run("demo", str(demo)).exit_code == 0
    store = ("--config", str(demo / "siloscope.toml"))
    for name, start in (("m.html", b"<!doctype html>"), ("m.svg", b"<svg")):
        assert run("map", "-o", str(tmp_path / name), *store).exit_code == 0
        assert (tmp_path / name).read_bytes().startswith(start)
    assert run("map", "-o", str(tmp_path / "r.svg"), "--redact", *store).exit_code == 0
    svg = (tmp_path / "r.svg").read_text(encoding="utf-8")
    assert "Data Platform" not in svg
    assert re.search(r"Department [0-9a-f]{10}", svg)
    refused = run("map", "-o", str(tmp_path / "p.svg"), "--plan", str(demo / "plan" / "plan.json"), *store)
    assert isinstance(refused.exception, ConfigError)
