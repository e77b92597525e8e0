"""The architecture and the manners of the code, held by tests."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "siloscope"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Imports point from a later layer to an earlier one, never back; names within a layer are apart from each other,
# but for those that stand together in a group.
LAYERS = (
    ({"version", "errors", "model", "codec", "times", "tabular"},),
    ({"names"}, {"catalog"}),
    ({"redact"},),
    ({"config"},),
    ({"collectors"}, {"graph"}),
    ({"analysis"}, {"scanner", "forgetting", "runs", "spool", "checking"}, {"detecting"}, {"doctor"}),
    (
        {"explain"},
        {"comparing"},
        {"viz"},
        {"export"},
    ),
    ({"api"}, {"demo"}),
    ({"cli", "__init__", "__main__"},),
)
RANK = {name: (rank, group) for rank, layer in enumerate(LAYERS) for group, names in enumerate(layer) for name in names}


def part(module: str) -> str:
    """`siloscope.graph.view` -> `graph`; `siloscope` itself -> `__init__`."""
    return module.split(".")[1] if "." in module else "__init__"


def imported(file: Path) -> set[str]:
    """Modules of ours that a file imports, also inside functions; not those for type checking only."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "siloscope":
            names = [f"siloscope.{each.name}" for each in node.names] if node.module == "siloscope" else [node.module]
            found.update(names)
        elif isinstance(node, ast.Import):
            found.update(each.name for each in node.names if each.name.split(".")[0] == "siloscope")
    return found


@pytest.mark.parametrize("file", MODULES, ids=lambda each: each.relative_to(PACKAGE).as_posix())
def test_imports_point_one_way(file: Path) -> None:
    """A module imports its own part and earlier layers, nothing else."""
    own = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert own in RANK, f"{own} has no place in LAYERS"
    for module in imported(file):
        other = part(module)
        assert other in RANK, f"{module} has no place in LAYERS"
        assert RANK[other][0] < RANK[own][0] or RANK[other] == RANK[own], f"{own} imports {other}"


@pytest.mark.parametrize("file", MODULES, ids=lambda each: each.relative_to(PACKAGE).as_posix())
def test_a_module_says_what_it_is_for_and_stays_readable(file: Path) -> None:
    """Every module opens with a docstring and has at most 350 lines; no function has more than 60."""
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)

    assert ast.get_docstring(tree), "no module docstring"
    assert text.count("\n") <= 350
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, node.name


@pytest.mark.parametrize("file", MODULES, ids=lambda each: each.relative_to(PACKAGE).as_posix())
def test_a_broad_except_gives_its_reason(file: Path) -> None:
    """`except Exception` stands only with a comment that says why."""
    lines = file.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        if line.strip().startswith(("except Exception", "except BaseException", "except:")):
            reraises = "raise" in "".join(lines[number : number + 3])
            assert "#" in line or reraises, f"line {number}"


def test_the_help_costs_no_heavy_import() -> None:
    """`siloscope --help` imports none of the heavy libraries."""
    import subprocess
    import sys

    code = (
        "import sys; from siloscope.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'scipy', 'networkx', 'boto3', 'botocore', 'httpx', 'neo4j', 'sqlglot', 'rich', 'pyvis', 'azure'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert out.splitlines()[-1] == "heavy: []"
