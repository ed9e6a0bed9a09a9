"""Every screen is free of what axe-core finds wrong for people who do not see it or do not use a mouse."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import DESKTOP, MARKS
from tests.browser.editor import node, wire
from tests.stack import ROOT, wait_for
from tests.story.houses import as_csv, houses

pytestmark = MARKS

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
#: Each rule that is broken, with the elements that break it.
FAULTS = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations.map(
  ({id, help, nodes}) => `${id}: ${help}: ${nodes.map(({html}) => html.slice(0, 200)).join(' | ')}`
)"""
SETTINGS = ("profile", "tokens", "members", "approval", "appearance", "space", "audit")
SCREENS = (
    *("home", "graphs", "data", "data set", "runs", "run", "endpoints", "endpoint", "models", "model"),
    *("version", "compare", "refused data set", "nowhere", *SETTINGS),
)
#: What the inspector of a node that judged a model can show.
EDITOR_TABS = ("parameters", "data", "chart", "metrics", "log", "help")


@pytest.fixture(scope="module")
def addresses(account):
    """The address of each screen, of a table, a finished run and its endpoint."""
    dataset = account.upload("/datasets/", "houses.csv", as_csv(houses()))["id"]
    wait_for("the data set", lambda: account.get(f"/datasets/{dataset}/")["status"] == "ready")
    nodes = [
        node("source", "source.file", 40, 40, params={"dataset": dataset, "target": "price"}),
        node("split", "split.split", 340, 40),
        node("impute", "clean.impute", 640, 40),
        node("encode", "features.encode", 940, 40),
        node("model", "model.linear", 340, 300),
        node("evaluate", "evaluate.evaluate", 640, 300),
        node("deploy", "publish.deploy", 940, 300),
    ]
    edges = [
        *(wire(source, target) for source, target in pairwise(["source", "split", "impute", "encode", "model"])),
        wire("model", "evaluate", "model"),
        wire("model", "deploy", "model"),
    ]
    refused = account.upload("/datasets/", "refused.csv", b"a,b\n" + b"1,2,3\n" * 40)["id"]
    graph = account.post("/graphs/", {"name": "Houses", "document": {"nodes": nodes, "edges": edges}})["id"]
    run = account.post(f"/graphs/{graph}/runs/")["id"]
    plain = {"nodes": nodes[:-1], "edges": edges[:-1]}  # without the node that deploys
    other = account.post("/graphs/", {"name": "Houses, only judged", "document": plain})["id"]
    compared = account.post(f"/graphs/{other}/runs/")["id"]
    for one in (run, compared):
        wait_for(
            "the end of the run", lambda one=one: account.get(f"/runs/{one}/")["state"] == "done", timeout_seconds=300
        )
    slug = account.post(f"/graphs/{graph}/deploy/", {"name": "Houses"})["endpoint"]["slug"]
    (model,) = [one["id"] for one in account.get("/models/")["results"] if one["graph"] == graph]
    yield {
        "home": "/",
        "graphs": "/graphs",
        "editor": f"/graphs/{graph}",
        "data": "/data",
        "data set": f"/data/{dataset}",
        "refused data set": f"/data/{refused}",
        "compare": f"/runs/compare?ids={run},{compared}",
        "runs": "/runs",
        "run": f"/runs/{run}",
        "endpoints": "/endpoints",
        "endpoint": f"/endpoints/{slug}",
        "models": "/models",
        "model": f"/models/{model}",
        "version": f"/models/{model}/versions/1",
        "nowhere": "/nowhere",
        **{tab: f"/settings?tab={tab}" for tab in SETTINGS},
    }
    account.delete(f"/endpoints/{slug}/")


@pytest.fixture(params=["light", pytest.param("dark", marks=pytest.mark.full)])
def theme(request):
    return request.param


@pytest.fixture
def new_page(browser, stack, theme):
    """Open a page with axe-core in it, as somebody who signed in or as a stranger."""
    contexts = []

    def opened(state=None):
        context = browser.new_context(
            base_url=stack.address,
            viewport=DESKTOP,
            color_scheme=theme,
            reduced_motion="reduce",
            locale="en-GB",
            storage_state=state,
        )
        context.add_init_script(path=AXE)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


def visit(page, address):
    """Open a screen and wait until all of it is there."""
    page.goto(address)
    page.get_by_role("heading", level=1).first.wait_for()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_has_no_fault(new_page, signed_in, addresses, screen):
    page = new_page(signed_in)
    visit(page, addresses[screen])
    assert page.evaluate(FAULTS) == []


@pytest.mark.parametrize("address", ["/login", "/setup?token=wrong"])
def test_a_screen_before_signing_in_has_no_fault(new_page, address):
    page = new_page()
    visit(page, address)
    assert page.evaluate(FAULTS) == []


def test_the_editor_has_no_fault_whatever_is_open_in_it(new_page, signed_in, addresses):
    page = new_page(signed_in)
    visit(page, addresses["editor"])
    page.get_by_test_id("node-evaluate").wait_for()
    assert page.evaluate(FAULTS) == []
    page.get_by_test_id("node-evaluate").locator("header").click()
    for tab in EDITOR_TABS:
        page.get_by_test_id(f"tab-{tab}").click()
        page.wait_for_load_state("networkidle")
        assert page.evaluate(FAULTS) == [], f"with {tab} open"
    for panel in ("Data", "Outline"):
        page.get_by_test_id("left-panel").get_by_role("tab", name=panel).click()
        assert page.evaluate(FAULTS) == [], f"with {panel} open"
    page.get_by_label("Expand the run panel").click()
    assert page.evaluate(FAULTS) == [], "with the run open"
    page.get_by_test_id("node-evaluate").locator("header").click()
    page.keyboard.press("a")
    page.get_by_role("combobox", name="Add a node").wait_for()
    assert page.evaluate(FAULTS) == [], "with the list of nodes open"
