"""Nodes are added where one works: beside the chosen one, where they are let go, and from the clipboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import DESKTOP, MARKS
from tests.browser.editor import Editor, middle, node, wire

pytestmark = MARKS
MANY = 300

SHORT = {
    "nodes": [
        node("source", "source.sample", 40, 40, params={"name": "house_prices"}),
        node("impute", "clean.impute", 340, 40),
    ],
    "edges": [wire("source", "impute")],
}


@pytest.fixture
def page(browser, stack, signed_in):
    """A page that shows no motion and was allowed nothing, the clipboard least of all."""
    context = browser.new_context(
        base_url=stack.address, viewport=DESKTOP, reduced_motion="reduce", locale="en-GB", storage_state=signed_in
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def open_graph(page, stack, account):
    def opened(document):
        graph = account.post("/graphs/", {"name": "Added", "document": document})["id"]
        return Editor.open(page, stack.address, graph)

    return opened


def test_what_is_searched_for_follows_the_chosen_node_and_has_the_focus(open_graph):
    editor = open_graph(SHORT)
    editor.click("impute")
    editor.keys("a")
    editor.page.get_by_role("combobox", name="Add a node").fill("scale")
    editor.keys("Enter")
    expect(editor.page.locator(".react-flow__node[data-id=scale_1]")).to_be_focused()
    # From there the keyboard goes on: the next one follows this one.
    editor.keys("a")
    editor.page.get_by_role("combobox", name="Add a node").fill("linear")
    editor.keys("Enter")
    expect(editor.node("linear_1")).to_be_visible()
    drawn = editor.drawn()
    assert wire("impute", "scale_1") in drawn["edges"]
    assert wire("scale_1", "linear_1") in drawn["edges"]
    places = {one["id"]: one["position"] for one in drawn["nodes"]}
    assert places["impute"]["x"] < places["scale_1"]["x"] < places["linear_1"]["x"]
    assert places["impute"]["y"] == places["scale_1"]["y"] == places["linear_1"]["y"]


def test_a_click_in_the_palette_puts_the_node_beside_the_chosen_one_and_feeds_it(open_graph):
    editor = open_graph(SHORT)
    editor.click("impute")
    editor.page.get_by_test_id("palette-item-features.scale").click()
    expect(editor.node("scale_1")).to_be_visible()
    # From there it goes on: the added one is chosen now.
    editor.page.get_by_test_id("palette-item-model.linear").click()
    expect(editor.node("linear_1")).to_be_visible()
    drawn = editor.drawn()
    assert wire("impute", "scale_1") in drawn["edges"]
    assert wire("scale_1", "linear_1") in drawn["edges"]
    places = {one["id"]: one["position"] for one in drawn["nodes"]}
    assert places["impute"]["x"] < places["scale_1"]["x"] < places["linear_1"]["x"]


def test_an_edge_goes_around_what_lies_between_its_nodes(open_graph):
    model = {"source_port": "model", "target_port": "model"}
    editor = open_graph(
        {
            "nodes": [
                node("model", "model.linear", 40, 40),
                node("evaluate", "evaluate.evaluate", 340, 40),
                node("deploy", "publish.deploy", 640, 40),
            ],
            "edges": [
                {"source": "model", "target": "evaluate", **model},
                {"source": "model", "target": "deploy", **model},
            ],
        }
    )
    path = editor.page.locator(".react-flow__edge[data-id*=deploy] path.react-flow__edge-path")
    hidden = path.evaluate(
        """(path) => {
            const evaluate = document.querySelector('[data-testid=node-evaluate]').getBoundingClientRect()
            const matrix = path.getScreenCTM()
            return Array.from({length: 101}, (_, at) => path.getPointAtLength(path.getTotalLength() * at / 100)
                .matrixTransform(matrix)).filter(({x, y}) => x > evaluate.left && x < evaluate.right
                    && y > evaluate.top && y < evaluate.bottom).length
        }"""
    )
    assert hidden == 0


def test_connecting_by_mouse_leaves_the_keyboard_where_one_works(open_graph):
    editor = open_graph({**SHORT, "edges": []})
    editor.drag(middle(editor.port("source", "output")), middle(editor.port("impute", "input")))
    expect(editor.page.locator(".react-flow__edge")).to_have_count(1)
    expect(editor.page.locator(".react-flow__node[data-id=source]")).to_be_focused()


def test_a_graph_that_is_seen_whole_stays_clear_of_the_controls_when_the_run_opens(open_graph):
    editor = open_graph(
        {
            "nodes": [node(f"n{at}", "clean.impute", at % 4 * 296, at // 4 * 208) for at in range(12)],
            "edges": [],
        }
    )
    editor.page.get_by_test_id("canvas-fit").click()
    editor.page.set_viewport_size({"width": DESKTOP["width"], "height": DESKTOP["height"] - 264})
    controls = editor.page.get_by_test_id("canvas-fit")
    expect(controls).to_be_visible()
    editor.page.wait_for_function(
        """() => {
            const top = document.querySelector('[data-testid=canvas-fit]').closest('.react-flow__panel')
            return [...document.querySelectorAll('.react-flow__node')].every((node) =>
                node.getBoundingClientRect().bottom <= top.getBoundingClientRect().top)
        }"""
    )


def test_the_first_node_lies_where_it_was_let_go(open_graph):
    editor = open_graph({"nodes": [], "edges": []})
    x, y = middle(editor.page.get_by_test_id("palette-item-source.sample"))
    editor.drag((x, y), (520, 200))
    box = editor.node("sample_1").bounding_box()
    assert box is not None
    assert box["x"] < 520 < box["x"] + box["width"]
    assert box["y"] < 200 < box["y"] + box["height"]


def test_copying_and_pasting_needs_no_permission(open_graph):
    editor = open_graph(SHORT)
    editor.click("impute")
    editor.keys("Control+c", "Control+Shift+v")
    expect(editor.page.locator(".react-flow__node")).to_have_count(3)
    assert {"source": "source", "source_port": "table", "target": "impute_1", "target_port": "table"} in editor.drawn()[
        "edges"
    ]


def test_three_hundred_nodes_in_one_line_are_seen_whole(open_graph):
    nodes = [node(f"n{number}", "clean.impute", number * 296, 0) for number in range(MANY)]
    editor = open_graph({"nodes": nodes, "edges": []})
    editor.page.get_by_test_id("canvas-fit").click()
    canvas = editor.page.get_by_test_id("canvas").bounding_box()
    last = editor.node(f"n{MANY - 1}")
    last.wait_for()
    box = last.bounding_box()
    assert canvas is not None
    assert box is not None
    assert canvas["x"] <= box["x"]
    assert box["x"] + box["width"] <= canvas["x"] + canvas["width"]


def test_a_message_covers_no_button_and_no_panel(open_graph):
    editor = open_graph(SHORT)
    editor.keys("Control+s")
    message = editor.page.get_by_text("Version 1 saved.")
    message.wait_for()
    covered = message.evaluate(
        """(text) => {
            const box = text.closest('[role=alert], .mantine-Notification-root').getBoundingClientRect()
            const others =
                '[data-testid=editor] :is(button, input, a), aside, .react-flow__minimap, [data-testid^=node-]'
            return [...document.querySelectorAll(others)].map((other) => [other, other.getBoundingClientRect()])
                .filter(([, at]) => at.width && at.left < box.right && box.left < at.right
                    && at.top < box.bottom && box.top < at.bottom)
                .map(([other]) => other.dataset.testid ?? other.ariaLabel ?? other.className)
        }"""
    )
    assert covered == []
