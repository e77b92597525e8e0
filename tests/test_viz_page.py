"""The page itself: one file, no way out, no way in for names; and colours that stay apart."""

import gzip
import json
import re
import subprocess
from base64 import b64decode, b64encode
from hashlib import sha256
from itertools import combinations
from pathlib import Path

import pytest

from siloscope.analysis import RULES
from siloscope.errors import ConfigError
from siloscope.viz import payload, silo_map_html
from siloscope.viz.network import NODE_LIMIT, network_html, offline
from siloscope.viz.rules import COLOURS, SIGNS, sign_of
from siloscope.viz.silo_map import compressed, json_for_html, static
from tests.viz_estate import estate

VIEWER = Path(__file__).parents[1] / "viewer"
BUNDLER = VIEWER / "node_modules" / "esbuild"

HOSTILE = [
    '<a href="#"><img src=x onerror="window.__pwned=1;alert(1)"></a>',
    "<img src=x onerror=window.__pwned=2>",
    "</script><script>window.__pwned=3;alert(3)</script>",
    "{{script}}{{data}}<!--",
    "\u202eevil\u2028line\n\"quoted\" 'single' " + "x" * 5000,
]


def hostile_estate():
    """A small estate in which every name, department, title, reason and permission is an attack."""
    graph, findings, plan = estate(assets=60, tools=14, departments=5)
    bad = lambda i: HOSTILE[i % len(HOSTILE)]  # noqa: E731 - a table look-up with a name
    departments = {row["department"]: f"{bad(i)} {i}" for i, row in enumerate(graph["tools"])}
    for i, row in enumerate(graph["tools"]):
        row |= {
            "product": bad(i),
            "instance": bad(i + 1),
            "vendor": bad(i + 2),
            "department": departments[row["department"]],
            "capabilities": [bad(i)],
        }
    for i, row in enumerate(graph["assets"]):
        row |= {
            "name": bad(i),
            "owner": bad(i + 1),
            "department": departments.get(row["department"]),
            "kind": bad(i),
            "url": f"javascript:{bad(i)}",
            "environment": bad(i),
        }
    for i, row in enumerate(graph["outside"]):
        row["name"] = bad(i)
    for row in graph["edges"]:
        row["where"] = bad(1)
    for row in graph["slices"]:
        row |= {"listing": bad(0), "reason": bad(1), "permission": bad(2)}
    for i, row in enumerate(findings):
        row |= {"title": bad(i), "because": [{"says": bad(i), "weight": 1.0}], "id": f"{bad(i)}{i}"}
    return graph, findings, plan


def test_the_same_payload_gives_the_same_bytes():
    """Nothing but the payload decides the page."""
    documents = estate(assets=80)

    assert silo_map_html(payload(*documents)) == silo_map_html(payload(*documents))


def test_the_policy_admits_exactly_this_script_and_this_style():
    """Both hashes are those of the elements as written; everything else is forbidden."""
    page = silo_map_html(payload(*hostile_estate(), title=HOSTILE[2]))
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#x27;", "'")
    digest = lambda text: b64encode(sha256(text.encode()).digest()).decode()  # noqa: E731 - used twice, here
    script = re.search(r"<script>(.*?)</script>\n</body>", page, re.DOTALL)[1]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]

    assert f"script-src 'sha256-{digest(script)}';" in policy
    assert f"style-src 'sha256-{digest(style)}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_no_name_can_leave_the_data():
    """Two script elements, whatever the names say, and the data reads back as it was."""
    page_data = payload(*hostile_estate(), title=HOSTILE[2])
    page = silo_map_html(page_data)

    markup = page.replace(static("viewer.js"), "")
    assert len(re.findall(r"<script", markup)) == len(re.findall(r"</script", markup)) == 3
    assert not re.search(r"</script|<!--", static("viewer.js"))
    assert "<img" not in page
    assert data_of(page) == json.loads(json.dumps(page_data))


def data_of(page):
    """The data in a page, compressed or not."""
    kind, text = re.search(r'<script type="application/(json|gzip)" id="data">(.*?)</script>', page, re.DOTALL).groups()
    return json.loads(gzip.decompress(b64decode(text)) if kind == "gzip" else text)


def test_large_data_is_compressed_the_same_way_every_time():
    """A page of 600 assets holds its data as gzip, which reads back as it was; a small one holds it as JSON."""
    large, small = payload(*estate()), payload({}, [])

    assert 'type="application/gzip" id="data"' in silo_map_html(large)
    assert data_of(silo_map_html(large)) == json.loads(json.dumps(large))
    assert 'type="application/json" id="data"' in silo_map_html(small)
    assert compressed("a" * 1000) == compressed("a" * 1000)


def test_files_stay_small():
    """Five thousand assets in 400 tools: at most 0.6 MB, findings and plan included."""
    page = silo_map_html(payload(*estate(assets=5000, tools=400, departments=14)))

    assert len(page.encode()) < 600_000


def test_the_page_can_be_written_as_utf8():
    """Lone surrogates in ids do not break the encoding."""
    graph = {"assets": [{"id": "a\ud800b", "kind": "k", "name": "n\udfff", "tool": "t:\ud801", "source": "s"}]}

    assert silo_map_html(payload(graph, [])).encode("utf-8")


@pytest.mark.parametrize("text", ["<", ">", "&", "\u2028", "\u2029", "\ud83d"])
def test_json_in_a_script_element_has_no_character_that_ends_it(text):
    """The character is escaped, and reads back the same."""
    written = json_for_html({"a": text})

    assert text not in written
    assert json.loads(written) == {"a": text}


def test_the_viewer_never_writes_markup_or_evaluates():
    """Its sources hold none of the calls that turn text into code or leave the page, and the browser forbids them too."""
    page = silo_map_html(payload({}, []))
    viewer = "\n".join(file.read_text(encoding="utf-8") for file in sorted((VIEWER / "src").glob("*.ts")))

    assert "require-trusted-types-for &#x27;script&#x27;; trusted-types &#x27;none&#x27;" in page
    for call in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "XMLHttpRequest",
        "WebSocket",
        "import(",
        "http://",
    ):
        assert call not in viewer.replace("http://www.w3.org/", "")
    # It asks for something only when it is served, and then by a relative address.
    assert re.findall(r"fetch\(", viewer) == ["fetch("]
    assert "connect-src" not in page
    assert "connect-src &#x27;self&#x27;;" in silo_map_html(payload({}, []), served=True)


@pytest.mark.skipif(not BUNDLER.exists(), reason="the viewer's packages are not installed: make viewer")
def test_the_built_viewer_is_what_its_source_builds():
    """Byte for byte, and its types hold."""
    for command in (["node", "build.mjs", "--check"], ["node_modules/.bin/tsc", "--noEmit"]):
        done = subprocess.run(command, cwd=VIEWER, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_notices_name_every_package_in_the_viewer():
    """The licence text of each bundled package goes along."""
    notices = static("NOTICES.txt")
    packages = json.loads((VIEWER / "package.json").read_text(encoding="utf-8"))["dependencies"]

    for name, version in packages.items():
        assert f"{name} {version} (ISC)" in notices
    assert notices.count("Permission to use, copy, modify") >= len(packages)


def channel(value):
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def lab(rgb):
    """CIELAB of linear sRGB, D65."""
    r, g, b = (min(1.0, max(0.0, v)) for v in rgb)
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883,
    )
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear sRGB.
SIGHT = {
    "full": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", COLOURS)
def test_colours_of_findings_stay_apart_for_every_sight(theme, sight):
    """At least 25 in CIE76 between any two families, also for those who see two primaries."""

    def seen(code):
        linear = [channel(int(code[i : i + 2], 16) / 255) for i in (1, 3, 5)]
        return lab([sum(m * v for m, v in zip(row, linear, strict=True)) for row in SIGHT[sight]])

    points = {name: seen(code) for name, code in COLOURS[theme].items()}
    distances = {
        pair: sum((p - q) ** 2 for p, q in zip(points[pair[0]], points[pair[1]], strict=True)) ** 0.5
        for pair in combinations(points, 2)
    }

    assert min(distances.values()) >= 25, min(distances, key=distances.get)


def test_every_sign_has_its_own_letter_and_every_rule_one_sign():
    """Letters tell apart what shares a colour."""
    rules = [rule for sign in SIGNS for rule in sign.rules]

    assert len({sign.letter for sign in SIGNS}) == len(SIGNS)
    assert len(set(rules)) == len(rules)
    assert SIGNS[sign_of("a-rule-of-someone-else")].label == "other finding"
    assert {sign.family for sign in SIGNS} < set(COLOURS["light"])


def test_every_rule_of_ours_has_a_sign_that_says_what_it_found():
    """None is "other finding", and a legend has at most ten of their signs."""
    signs = {rule: sign_of(rule) for rule in RULES}

    assert {rule for rule, sign in signs.items() if sign == len(SIGNS) - 1} == set()
    assert len(set(signs.values())) <= 10


def test_the_network_style_refuses_what_it_cannot_show_and_says_what_can():
    """Above the limit: an error that names the other style."""
    graph, findings, _ = estate(assets=NODE_LIMIT)

    with pytest.raises(ConfigError, match="archipelago"):
        network_html(graph, findings)


def test_the_network_page_loads_nothing_and_holds_no_markup_from_names():
    """No element with an address to load, no heading, and no title that pyvis takes for HTML."""
    graph, findings, _ = hostile_estate()
    page = network_html(graph, findings)
    markup = re.sub(r"<script[^>]*>.*?</script>", "", page, flags=re.DOTALL)

    assert "<link" not in markup
    assert not re.search(r"<script[^>]*\bsrc\s*=", page)
    assert "onerror" not in markup
    nodes = json.loads(re.search(r"nodes = new vis\.DataSet\((\[.*?\])\);", page)[1])
    assert len(nodes) == len(graph["assets"]) + len(graph["tools"]) + len(graph["outside"])
    assert all(not re.search(r"[<>&]|href", node["title"] + node["label"]) for node in nodes)
    assert all("x" in node and "y" in node for node in nodes)
    assert page == network_html(graph, findings)


def test_elements_that_load_something_are_removed_from_a_pyvis_page():
    """The bootstrap tags of pyvis go, inline ones stay."""
    page = '<html><head><link href="https://cdn.example/a.css"/><script src="https://cdn.example/a.js"></script><script>var a = 1;</script></head></html>'

    assert "cdn.example" not in offline(page)
    assert "var a = 1;" in offline(page)
