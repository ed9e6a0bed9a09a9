"""The canvas in a real browser: what is known of a node before it is drawn is what is drawn."""

import pytest

from tests.browser.chromium import DESKTOP, MARKS
from tests.stack import PASSWORD

MANY = 500
#: Pixels between the end of each node's own foot and of the node; 1 is its border.
ENDS = """() => Object.fromEntries([...document.querySelectorAll('.react-flow__node article')].map((node) => [
  node.dataset.testid, node.getBoundingClientRect().bottom - node.querySelector('footer').getBoundingClientRect().bottom
]))"""
#: Whether what is measured is drawn at 100 %: the style says so a moment before the boxes do.
IS_FULL_SIZE = """() => {
  const node = document.querySelector('.react-flow__node article')
  return Math.abs(node.getBoundingClientRect().width - node.offsetWidth) < 0.5
}"""

pytestmark = MARKS


@pytest.fixture
def page(browser, stack, signed_in):
    """A page that shows no motion."""
    context = browser.new_context(
        base_url=stack.address, viewport=DESKTOP, reduced_motion="reduce", storage_state=signed_in
    )
    yield context.new_page()
    context.close()


def sign_in(page, username):
    page.goto("/login")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Graphs").first.wait_for()


def graph_of(account, kinds):
    """Make a graph of these kinds of nodes, twenty-five in a row, and return its address in the page."""
    nodes = [
        {"id": f"n{number}", "type": kind, "version": 1, "params": {}, "position": at(number)}
        for number, kind in enumerate(kinds)
    ]
    graph = account.post("/graphs/", {"name": "Canvas", "document": {"nodes": nodes, "edges": []}})
    return f"/graphs/{graph['id']}"


def at(number):
    return {"x": number % 25 * 296, "y": number // 25 * 208}


def look_near(page):
    # The whole graph comes into view first, once its nodes were measured; what is clicked before that is undone by it.
    page.wait_for_function(
        "() => !document.querySelector('.react-flow__viewport').style.transform.endsWith('scale(1)')"
    )
    page.get_by_test_id("canvas-fit").click()
    page.get_by_title("Zoom to 100%").click()
    page.get_by_text("100 %", exact=True).wait_for()
    page.wait_for_function(IS_FULL_SIZE)


def test_every_kind_of_node_is_as_tall_as_was_said_before_it_was_drawn(account, page):
    kinds = [node["id"] for node in account.get("/nodes/")["nodes"]]
    page.goto(graph_of(account, kinds))
    page.get_by_test_id("node-n0").wait_for()
    look_near(page)
    ends = page.evaluate(ENDS)
    assert len(ends) == len(kinds)
    assert {name: end for name, end in ends.items() if abs(end - 1) > 0.1} == {}


def test_a_large_graph_opens_as_blocks_and_is_drawn_in_full_where_one_looks(account, page):
    page.goto(graph_of(account, ["clean.impute"] * MANY))
    page.get_by_test_id("node-n0").wait_for()
    assert page.locator("article").count() == MANY
    assert page.locator("article header").count() == 0
    look_near(page)
    page.locator("article header").first.wait_for()
    # The middle of twenty-five columns and twenty rows.
    page.get_by_test_id("node-n262").locator("header").wait_for()
    assert page.locator("article").count() < MANY / 2
    page.get_by_test_id("canvas-fit").click()
    page.wait_for_function("() => document.querySelectorAll('article header').length === 0")


def test_who_may_only_look_is_told_so_and_changes_nothing(account, page):
    account.post("/members/", {"username": "vera", "password": PASSWORD, "role": "viewer"})
    address = graph_of(account, ["clean.impute", "model.linear"])
    page.context.clear_cookies()
    sign_in(page, "vera")
    writes = []
    page.on("request", lambda request: writes.append(request.url) if request.method in ("PUT", "PATCH") else None)
    page.goto(address)
    page.get_by_test_id("state-pill").get_by_text("view only").wait_for()
    node = page.get_by_test_id("node-n0")
    before = node.bounding_box()
    node.locator("header").click()
    fields = page.locator("[data-inspector-body] fieldset").first
    assert fields.locator("input").first.is_disabled()
    page.keyboard.press("Delete")
    page.get_by_test_id("palette-item-source.sample").click(force=True)
    page.mouse.move(before["x"] + 60, before["y"] + 12)
    page.mouse.down()
    page.mouse.move(before["x"] + 300, before["y"] + 200, steps=5)
    page.mouse.up()
    assert page.locator(".react-flow__node").count() == 2
    page.reload()
    node.wait_for()
    assert page.locator(".react-flow__node").count() == 2
    assert writes == []
