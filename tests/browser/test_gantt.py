"""The Gantt chart of a plan, drawn by Mermaid itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from siloscope.export.gantt import gantt
from siloscope.graph.view import Graph
from siloscope.planning.assumptions import defaults
from siloscope.planning.consolidation import plan_graph
from tests.contracts.test_exports import hostile
from tests.estates import company
from tests.test_plan import A, B, C, three


def planned(graph: Graph, **asked: Any) -> dict[str, Any]:
    return plan_graph(graph, samples=0, alternatives=0, **asked)


PLANS: dict[str, Callable[[], dict[str, Any]]] = {
    "company": lambda: planned(company()),
    "hostile names": lambda: planned(hostile()),
    "many waves": lambda: planned(three(count=9), retire=[A, C], keep=[B], assume=replace(defaults(), people=0.1)),
}


@pytest.mark.parametrize("name", PLANS)
def test_mermaid_draws_the_waves(browser_page, mermaid_script: Path, name: str) -> None:
    """It takes the text for a Gantt chart and draws each section; names of others are no syntax."""
    plan = PLANS[name]()
    page = browser_page.page
    page.set_content("<p>")
    page.add_script_tag(path=mermaid_script)
    kind = page.evaluate("async text => (await mermaid.parse(text)).diagramType", gantt(plan))
    assert kind == "gantt"
    drawn = page.evaluate("async text => (await mermaid.render('it', text)).svg", gantt(plan))
    for wave in plan["waves"]:
        assert f"Wave {wave['number']}<" in drawn
    assert browser_page.errors == []
