"""The graph editor on the real stack, played as a person does: files, two windows, undo, keys, a lost server."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Route, expect

from tests.browser.chromium import MARKS
from tests.browser.editor import Editor, middle, node, saved_document, wire

pytestmark = MARKS
expect.set_options(timeout=20_000)

NOTE = {"id": "note_1", "text": "Why", "position": {"x": 40, "y": 520}, "width": 300, "height": 120, "colour": "blue"}
DRAWN = {
    "nodes": [
        node("source", "source.sample", 40, 40, params={"name": "house_prices"}, title="My houses", is_frozen=True),
        node("impute", "clean.impute", 400, 40, params={"add_indicator": True}, is_disabled=True),
        node("scale", "features.scale", 760, 40),
        node("model", "model.linear", 760, 300),
    ],
    "edges": [wire("source", "impute"), wire("impute", "scale")],
    "notes": [NOTE],
    "seed": 7,
}


@pytest.fixture
def new_graph(account):
    def make(document=None, name="Drawn"):
        return account.post("/graphs/", {"name": name, "document": document or DRAWN})["id"]

    return make


@pytest.fixture
def editor(page, stack, new_graph):
    editor = Editor.open(page, stack.address, new_graph())
    editor.node("model").wait_for()
    return editor


class TestFiles:
    def test_an_exported_graph_comes_back_as_the_same_graph(self, editor, stack, account, tmp_path):
        file = str(tmp_path / "houses.json")
        with editor.page.expect_download() as download:
            editor.menu("Export as JSON")
        download.value.save_as(file)

        # As a graph of its own, from the list of graphs.
        page = editor.page
        page.goto(f"{stack.address}/graphs")
        editor.choose_file(file, page.get_by_role("button", name="Import"))
        page.wait_for_url("**/graphs/*-*")
        made = page.url.rsplit("/", 1)[1]
        assert made != editor.graph
        assert account.get(f"/graphs/{made}/")["name"] == "Drawn"
        assert saved_document(account, made) == saved_document(account, editor.graph)

        # And into an empty one that is open; one undo empties it again.
        empty = Editor.open(page, stack.address, account.post("/graphs/", {"name": "Empty"})["id"])
        page.get_by_test_id("graph-menu").click()
        empty.choose_file(file, page.get_by_role("menuitem", name="Import JSON"))
        empty.node("model").wait_for()
        assert empty.drawn() == DRAWN
        empty.keys("Control+z")
        page.get_by_test_id("empty-canvas").wait_for()

    def test_a_graph_dropped_on_another_lies_beside_it_with_names_of_its_own(self, editor):
        canvas = editor.page.get_by_test_id("canvas")
        editor.drop("houses.json", json.dumps(DRAWN), middle(canvas))
        expect(editor.page.locator(".react-flow__node")).to_have_count(10)
        both = editor.drawn()
        assert both["nodes"][:4] == DRAWN["nodes"]
        assert both["seed"] == 7
        assert len({one["id"] for one in [*both["nodes"], *both["notes"]]}) == 10
        tops = [one["position"]["y"] for one in both["nodes"][4:]]
        assert min(tops) > 520, "it covers what was there"
        editor.keys("Control+z")
        assert editor.drawn() == DRAWN

    def test_a_table_dropped_on_the_canvas_becomes_a_source_with_its_rows(self, editor, account):
        table = "a,b\n" + "\n".join(f"{row},{row * 2}" for row in range(50))
        editor.drop("fifty.csv", table, middle(editor.page.get_by_test_id("canvas")))
        source = editor.node("file_1")
        source.wait_for()
        expect(source).to_contain_text("fifty")
        editor.wait_until_saved()
        (made,) = [one for one in account.get("/datasets/")["results"] if one["name"] == "fifty"]
        (drawn,) = [one for one in editor.drawn()["nodes"] if one["id"] == "file_1"]
        assert drawn["params"]["dataset"] == made["id"]

    @pytest.mark.parametrize("content", ["{ not json", '{"a": 1}', '{"nodes": [], "edges": []}'])
    def test_a_file_that_is_no_graph_is_refused_by_name_and_changes_nothing(self, editor, content):
        editor.drop("broken.json", content, middle(editor.page.get_by_test_id("canvas")))
        expect(editor.page.get_by_text("“broken.json”")).to_contain_text("Nothing was changed")
        assert editor.drawn() == DRAWN


class TestTwoWindows:
    @pytest.fixture
    def second(self, context, stack, account, editor):
        """A second window whose own change met that of the first."""
        second = Editor.open(context.new_page(), stack.address, editor.graph)
        second.node("model").wait_for()
        editor.rename("scale", "First window")
        editor.wait_until_saved()
        second.rename("model", "Second window")
        expect(second.page.get_by_role("dialog")).to_contain_text("This draft was changed elsewhere")
        second.keys("Escape")
        expect(second.page.get_by_role("dialog")).to_be_visible()
        assert self.titles(account, editor) == ("First window", "")
        return second

    def titles(self, account, editor):
        by_id = {one["id"]: one["title"] for one in saved_document(account, editor.graph)["nodes"]}
        return by_id["scale"], by_id["model"]

    def choose(self, second, words):
        second.page.get_by_role("button", name=words).click()
        expect(second.page.get_by_role("dialog")).to_have_count(0)

    def test_keeping_mine_replaces_theirs_which_stays_as_a_version(self, second, editor, account):
        self.choose(second, "Keep mine")
        expect(second.page.get_by_test_id("undo-button")).to_be_enabled()
        second.wait_until_saved()
        assert self.titles(account, editor) == ("", "Second window")
        version = account.get(f"/graphs/{editor.graph}/versions/1/")
        assert {one["title"] for one in version["document"]["nodes"]} >= {"First window"}

    def test_a_copy_takes_mine_to_a_graph_of_its_own_and_leaves_theirs(self, second, editor, account):
        self.choose(second, "Save mine as a copy")
        second.page.wait_for_url(lambda url: editor.graph not in url)
        copy = second.page.url.rsplit("/", 1)[1]
        assert account.get(f"/graphs/{copy}/")["name"] == "Drawn (copy)"
        assert saved_document(account, copy)["nodes"][3]["title"] == "Second window"
        assert self.titles(account, editor) == ("First window", "")

    def test_taking_theirs_shows_it_and_undo_brings_mine_back(self, second, editor, account):
        self.choose(second, "Use theirs")
        expect(second.title("scale")).to_contain_text("First window")
        second.wait_until_saved()
        assert self.titles(account, editor) == ("First window", "")
        second.keys("Control+z")
        expect(second.title("model")).to_contain_text("Second window")
        expect(second.page.get_by_test_id("state-pill")).to_have_attribute("data-kind", "dirty")
        second.wait_until_saved()
        assert self.titles(account, editor) == ("", "Second window")


def drag_by(editor, node_id, dx, dy):
    x, y = middle(editor.title(node_id))
    editor.drag((x, y), (x + dx, y + dy))


def copy_and_paste(editor, *keys):
    editor.click("source", "impute")
    editor.keys("Control+c")
    # What was copied before would be pasted too: wait for what is copied now.
    editor.page.wait_for_function("navigator.clipboard.readText().then((text) => text.includes('My houses'))")
    editor.keys(*keys)
    expect(editor.page.locator(".react-flow__node")).to_have_count(7)


def write_note(editor):
    editor.page.get_by_test_id("note-note_1").dblclick(position={"x": 150, "y": 60})
    editor.page.keyboard.type(" not")
    editor.keys("Escape")


def arrange(editor):
    before = middle(editor.node("model"))
    editor.keys("Escape", "l")
    editor.page.wait_for_function(
        """([x]) => {
            const box = document.querySelector('[data-testid=node-model]').getBoundingClientRect()
            return Math.abs(box.x + box.width / 2 - x) > 1
        }""",
        arg=list(before),
    )


def choose_constant(editor):
    editor.click("impute")
    editor.page.get_by_test_id("inspector").get_by_text("Constant").click()


GESTURES = {
    "add": lambda editor: editor.page.get_by_test_id("palette-item-tune.tune").click(),
    "move": lambda editor: drag_by(editor, "model", 60, 40),
    "drag a copy": lambda editor: (
        editor.page.keyboard.down("Alt"),
        drag_by(editor, "model", -120, 60),
        editor.page.keyboard.up("Alt"),
    ),
    "connect": lambda editor: editor.drag(
        middle(editor.port("scale", "output")), middle(editor.port("model", "input"))
    ),
    "rename": lambda editor: editor.rename("model", "Straight"),
    "set": choose_constant,
    "enable": lambda editor: (editor.click("impute"), editor.keys("d")),
    "freeze": lambda editor: (editor.click("scale"), editor.keys("Shift+F")),
    "nudge": lambda editor: (editor.click("scale"), editor.keys("Control+ArrowDown")),
    "duplicate": lambda editor: (editor.click("scale", "impute"), editor.keys("Control+d")),
    "paste": lambda editor: copy_and_paste(editor, "Control+v"),
    "delete": lambda editor: (editor.click("source", "impute"), editor.keys("Delete")),
    "delete all": lambda editor: editor.keys("Control+a", "Delete"),
    "arrange": arrange,
    "write a note": write_note,
    "delete a note": lambda editor: (
        editor.page.get_by_test_id("note-note_1").click(position={"x": 150, "y": 60}),
        editor.keys("Backspace"),
    ),
}


class TestUndo:
    def test_every_gesture_is_one_step_back_and_one_forth(self, editor):
        for gesture, act in GESTURES.items():
            act(editor)
            after = editor.drawn()
            assert after != DRAWN, f"{gesture} did nothing"
            editor.keys("Control+z")
            assert editor.drawn() == DRAWN, f"{gesture} was not taken back by one step"
            editor.keys("Control+y")
            assert editor.drawn() == after, f"{gesture} did not come again"
            editor.keys("Control+z", "Escape")
        editor.wait_until_saved()

    def test_what_is_typed_into_a_field_is_never_a_key_of_the_editor(self, editor, account):
        keys = "dafnlo?1+-. z"
        editor.rename("scale", keys)
        editor.page.get_by_test_id("note-note_1").dblclick(position={"x": 150, "y": 60})
        editor.page.keyboard.type(keys)
        editor.keys("Control+s")
        expect(editor.page.get_by_text("Version 1 saved.")).to_be_visible()
        version = account.get(f"/graphs/{editor.graph}/versions/1/")["document"]
        assert version["notes"] == [NOTE | {"text": NOTE["text"] + keys}], "what was being typed is not in the version"
        wanted = [*DRAWN["nodes"]]
        wanted[2] = wanted[2] | {"title": keys}
        assert version["nodes"] == wanted
        assert version["edges"] == DRAWN["edges"]

    def test_a_reload_shows_the_draft_and_an_old_version_comes_back(self, editor):
        editor.keys("Control+s")
        expect(editor.page.get_by_test_id("state-pill")).to_contain_text("version 1")
        editor.click("impute", "scale")
        editor.keys("Delete")
        editor.wait_until_saved()
        drawn = editor.drawn()
        editor.page.reload()
        editor.node("model").wait_for()
        assert editor.drawn() == drawn
        editor.menu("Versions")
        editor.page.get_by_role("button", name="Restore").click()
        editor.node("impute").wait_for()
        assert editor.drawn() == DRAWN


class TestServerOutOfReach:
    def test_nothing_drawn_meanwhile_is_lost(self, editor, context, account):
        context.set_offline(True)
        editor.rename("scale", "Drawn offline")
        pill = editor.page.get_by_test_id("state-pill")
        expect(pill).to_have_attribute("data-kind", "failed")
        editor.page.get_by_test_id("run-button").click()
        expect(editor.page.get_by_text("The draft could not be saved")).to_be_visible()
        context.set_offline(False)
        expect(pill).to_have_attribute("data-kind", "saved")
        assert saved_document(account, editor.graph)["nodes"][2]["title"] == "Drawn offline"

    def test_an_answer_that_never_came_is_no_conflict(self, editor, account):
        def lose_the_answer(route: Route) -> None:
            route.fetch()
            with suppress(Error):
                route.abort()

        pill = editor.page.get_by_test_id("state-pill")
        editor.page.route("**/draft/", lose_the_answer, times=1)
        editor.rename("scale", "Kept")
        expect(pill).to_have_attribute("data-kind", "failed")
        editor.rename("model", "Later")
        expect(pill).to_have_attribute("data-kind", "saved")
        expect(editor.page.get_by_role("dialog")).to_have_count(0)
        titles = [one["title"] for one in saved_document(account, editor.graph)["nodes"]]
        assert titles == ["My houses", "", "Kept", "Later"]
