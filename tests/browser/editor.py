"""The graph editor as hands find it: what is on the canvas, and what the hands do there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, TimeoutError, expect

from tasks.catalogue import catalogue
from tests.stack import Api

Point = tuple[float, float]


def node(node_id: str, kind: str, x: int, y: int, **more: Any) -> dict[str, Any]:
    """Return a node as a document holds it, of today's version."""
    plain = {
        "version": catalogue().nodes[kind].version,
        "params": {},
        "title": "",
        "is_disabled": False,
        "is_frozen": False,
    }
    return {"id": node_id, "type": kind, "position": {"x": x, "y": y}} | plain | more


def wire(source: str, target: str, port: str = "table") -> dict[str, str]:
    """Return a wire between ports of one name."""
    return {"source": source, "source_port": port, "target": target, "target_port": port}


def middle(place: Locator) -> Point:
    """Return the middle of what is drawn there, in pixels of the window."""
    box = place.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@dataclass(frozen=True)
class Editor:
    """A graph open in a page."""

    page: Page
    graph: str

    @classmethod
    def open(cls, page: Page, address: str, graph: str) -> Editor:
        """Open a graph and wait until it is drawn."""
        page.goto(f"{address}/graphs/{graph}")
        page.get_by_test_id("editor").wait_for()
        return cls(page, graph)

    def node(self, node_id: str) -> Locator:
        """Return a node."""
        return self.page.get_by_test_id(f"node-{node_id}")

    def title(self, node_id: str) -> Locator:
        """Return the bar at the top of a node, by which it is clicked and dragged."""
        return self.node(node_id).locator("header")

    def port(self, node_id: str, side: str, name: str = "table") -> Locator:
        """Return an ``input`` or ``output`` of a node."""
        return self.page.get_by_test_id(f"port-{node_id}-{side}-{name}")

    def keys(self, *keys: str) -> None:
        """Press one key or combination after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def click(self, *nodes: str) -> None:
        """Choose these nodes and no others."""
        for at, node_id in enumerate(nodes):
            self.title(node_id).click(modifiers=["Shift"] if at else [])

    def drag(self, start: Point, end: Point) -> None:
        """Drag with the left button."""
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down()
        mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
        mouse.move(*end, steps=4)
        mouse.up()

    def rename(self, node_id: str, title: str) -> None:
        """Give a node another title by the keyboard."""
        self.click(node_id)
        self.keys("F2")
        self.page.keyboard.type(title)
        self.keys("Enter")

    def menu(self, item: str) -> None:
        """Choose from the menu of the graph."""
        self.page.get_by_test_id("graph-menu").click()
        self.page.get_by_role("menuitem", name=item).click()

    def drawn(self) -> dict[str, Any]:
        """Return the document that is on the canvas now, saved or not."""
        for kind in ("menu", "dialog"):  # while one is open or closing, keys belong to it
            expect(self.page.get_by_role(kind)).to_have_count(0)
        document: dict[str, Any] = json.loads(self._exported().read_text())
        return {name: document[name] for name in ("nodes", "edges", "notes", "seed")}

    def _exported(self) -> Path:
        """Return the file of an export, asked for again by a page that was still opening."""
        for _ in range(3):
            try:
                with self.page.expect_download(timeout=10_000) as file:
                    self.keys("Control+e")
                return file.value.path()
            except TimeoutError:
                continue
        raise AssertionError("Control+E exports nothing")

    def wait_until_saved(self) -> None:
        """Wait until the server has what is drawn."""
        expect(self.page.get_by_test_id("state-pill")).to_have_attribute("data-kind", "saved")

    def choose_file(self, path: str, press: Locator) -> None:
        """Press what opens a file dialog and choose a file in it."""
        with self.page.expect_file_chooser() as chooser:
            press.click()
        chooser.value.set_files(path)

    def drop(self, name: str, content: str, at: Point) -> None:
        """Let a file go over the canvas, at a place of the window."""
        transfer = self.page.evaluate_handle(
            """([content, name]) => {
                const data = new DataTransfer()
                data.items.add(new File([content], name))
                return data
            }""",
            [content, name],
        )
        for kind in ("dragenter", "dragover", "drop"):
            place = {"dataTransfer": transfer, "clientX": at[0], "clientY": at[1]}
            self.page.dispatch_event(".react-flow", kind, place)


def saved_document(api: Api, graph: str) -> dict[str, Any]:
    """Return what the server holds as the draft."""
    document: dict[str, Any] = api.get(f"/graphs/{graph}/draft/")["document"]
    return document
