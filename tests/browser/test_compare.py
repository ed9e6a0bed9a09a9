"""Runs of different graphs are compared: ticked in their list, named, and each with one colour in every figure."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import MARKS
from tests.browser.editor import node, wire
from tests.stack import wait_for

pytestmark = MARKS


def document(model, trees, *, scales=False):
    """Return a graph whose nodes have ids of its own."""
    chain = [
        node(f"{model}_source", "source.sample", 40, 40, params={"name": "house_prices"}),
        node(f"{model}_split", "split.split", 340, 40),
        node(f"{model}_impute", "clean.impute", 640, 40),
        node(f"{model}_encode", "features.encode", 940, 40),
        *([node(f"{model}_scale", "features.scale", 1240, 40)] if scales else []),
        node(model, "model.boosting", 40, 300, params={"n_estimators": trees}),
    ]
    judge = node(f"{model}_judge", "evaluate.evaluate", 340, 300)
    edges = [wire(source["id"], target["id"]) for source, target in pairwise(chain)]
    return {"nodes": [*chain, judge], "edges": [*edges, wire(model, judge["id"], "model")]}


@pytest.fixture(scope="module")
def compared(account):
    """Two runs of two graphs."""
    runs = []
    for name, drawn in (("Few trees", document("few", 20)), ("Many trees", document("many", 60, scales=True))):
        graph = account.post("/graphs/", {"name": name, "document": drawn})["id"]
        runs.append(account.post(f"/graphs/{graph}/runs/")["id"])
    for run in runs:
        wait_for("the end of the run", lambda run=run: account.get(f"/runs/{run}/")["state"] == "done")
    return runs


def test_runs_of_two_graphs_stand_side_by_side_in_words_and_colours(page, stack, compared):
    page.goto(f"{stack.address}/runs")
    for name in ("Few trees", "Many trees"):
        page.get_by_role("checkbox", name=f"Compare {name} #1").check()
    page.get_by_role("link", name="Compare 2 runs").click()
    # Nodes are found again by their kind, though no id is in both graphs.
    measured = page.get_by_role("table", name="Metrics").get_by_role("row").filter(has_text="Evaluate")
    expect(measured.filter(has_text="R²")).to_have_count(1)
    expect(measured.filter(has_text="–")).to_have_count(0)
    differing = page.get_by_role("table", name="Parameters that differ").get_by_role("row")
    expect(differing.filter(has_text="Maximum trees")).to_contain_text("20")
    expect(differing.filter(has_text="Maximum trees")).to_contain_text("60")
    only = page.get_by_role("table", name="Nodes only in some graphs").get_by_role("row")
    expect(only.filter(has_text="Scale numbers")).to_contain_text("yes")
    # A run has the colour of its line in the list, whatever the figure.
    swatches = page.locator("td > span[aria-hidden]").evaluate_all(
        "(all) => all.map((one) => getComputedStyle(one).backgroundColor)"
    )
    lines = page.locator(".js-plotly-plot .scatterlayer")
    lines.first.wait_for()
    page.wait_for_load_state("networkidle")
    drawn = lines.evaluate_all(
        "(all) => all.map((one) => [...one.querySelectorAll('.js-line')].map((line) => line.style.stroke))"
    )
    assert len(swatches) == len(set(swatches)) == 2
    assert drawn
    assert all(colours == swatches for colours in drawn)
