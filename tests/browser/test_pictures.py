"""The main screens look as their references do, in both themes, on a desktop and on a phone.

``make pictures`` makes the references anew. What differs lies in ``test-results/pictures``: the picture, the reference
and the pixels that differ.
"""

from __future__ import annotations

import json
import shutil

import pytest

from tests.browser import pictures
from tests.browser.chromium import DESKTOP, MARKS, PHONE
from tests.browser.editor import node, wire
from tests.stack import ROOT, wait_for
from tests.story.houses import as_csv, houses

pytestmark = [*MARKS, pytest.mark.full]

OUTPUT = ROOT / "test-results" / "pictures"
SIZES = {"desktop": (DESKTOP, 0.5), "phone": (PHONE, 0.75)}
#: What each screen shows when all of it is there.
SCREENS = {
    "home": "text=houses.csv",
    "data": "text=garden",
    "editor": "[data-testid=node-deploy]",
    "run": ".js-plotly-plot .main-svg",
    "models": "text=House prices",
    "endpoint": "text=First key",
    "settings": "text=127.0.0.1",
}


@pytest.fixture(scope="module")
def stack(stack_with):
    """A stack on which nothing was done but what is shown."""
    return stack_with(LEPTON_SERVE_PROCESSES="1")


@pytest.fixture(scope="module")
def account(stack):
    return stack.signed_in()


@pytest.fixture(scope="module")
def addresses(account):
    """The address of each screen, of a table, a finished run and its endpoint."""
    dataset = account.upload("/datasets/", "houses.csv", as_csv(houses()))["id"]
    wait_for("the data set", lambda: account.get(f"/datasets/{dataset}/")["status"] == "ready")
    document = {
        "nodes": [
            node("source", "source.file", 40, 40, params={"dataset": dataset, "target": "price"}),
            node("split", "split.split", 340, 40),
            node("impute", "clean.impute", 640, 40),
            node("encode", "features.encode", 940, 40),
            node("model", "model.linear", 340, 300),
            node("evaluate", "evaluate.evaluate", 640, 300),
            node("deploy", "publish.deploy", 940, 300),
        ],
        "edges": [
            wire("source", "split"),
            wire("split", "impute"),
            wire("impute", "encode"),
            wire("encode", "model"),
            wire("model", "evaluate", "model"),
            wire("model", "deploy", "model"),
        ],
    }
    graph = account.post("/graphs/", {"name": "House prices", "document": document})["id"]
    run = account.post(f"/graphs/{graph}/runs/")["id"]
    wait_for("the end of the run", lambda: account.get(f"/runs/{run}/")["state"] == "done", timeout_seconds=300)
    slug = account.post(f"/graphs/{graph}/deploy/", {"name": "House prices"})["endpoint"]["slug"]
    return {
        "home": "/",
        "data": f"/data/{dataset}",
        "editor": f"/graphs/{graph}",
        "run": f"/runs/{run}",
        "models": "/models",
        "endpoint": f"/endpoints/{slug}",
        "settings": "/settings",
    }


@pytest.fixture(scope="module")
def blank(browser):
    """A page that compares pictures."""
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture(scope="module")
def is_writing(request, blank):
    """Whether references are made, not compared; skips where they would be compared with another machine's."""
    if request.config.getoption("--write-pictures"):
        shutil.rmtree(pictures.FOLDER, ignore_errors=True)
        pictures.FOLDER.mkdir()
        pictures.MADE_BY.write_text(json.dumps(pictures.drawn_by(blank), indent=2) + "\n")
        return True
    here, there = pictures.drawn_by(blank), pictures.references_drawn_by()
    if here != there:
        pytest.skip(f"the references were drawn by {there}, and here draws {here}: make pictures makes them anew")
    return False


@pytest.fixture(params=["light", "dark"])
def theme(request):
    return request.param


@pytest.fixture(params=SIZES)
def size(request):
    return request.param


@pytest.fixture
def page(browser, stack, signed_in, theme, size):
    context = browser.new_context(
        base_url=stack.address,
        viewport=SIZES[size][0],
        color_scheme=theme,
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
        storage_state=signed_in,
    )
    pictures.steady(context)
    page = context.new_page()
    page.clock.set_fixed_time(pictures.NOW)
    yield page
    context.unroute_all(behavior="ignoreErrors")
    context.close()


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_looks_as_its_reference_does(page, blank, addresses, is_writing, screen, theme, size):
    page.goto(addresses[screen])
    page.locator(SCREENS[screen]).first.wait_for()
    page.wait_for_load_state("networkidle")
    if screen == "editor":
        # It was fitted before or after the panel below opened.
        page.get_by_test_id("canvas-fit").click()
        page.mouse.move(0, 0)
    name = f"{screen}-{size}-{theme}"
    reference = pictures.FOLDER / f"{name}.webp"
    compared = pictures.take(page, blank, reference, SIZES[size][1])
    if is_writing:
        reference.write_bytes(compared.picture)
        return
    if compared.share > pictures.SHARE_TOLERANCE:
        OUTPUT.mkdir(parents=True, exist_ok=True)
        (OUTPUT / f"{name}.webp").write_bytes(compared.picture)
        (OUTPUT / f"{name}-difference.webp").write_bytes(compared.difference or b"")
        if reference.exists():
            shutil.copy(reference, OUTPUT / f"{name}-reference.webp")
    assert compared.share <= pictures.SHARE_TOLERANCE, f"{compared.share:.2%} of the pixels differ: see {OUTPUT}"
