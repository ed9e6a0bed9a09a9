"""The page with a graph of 500 nodes: its opening, its frames while a person pans, zooms and drags, and beside a run.

A frame's interval holds everything, drawing the pixels included, which without a GPU is the processor's work; script,
style and paint are milliseconds of processor time of the page's main thread a frame, so they say what the page itself
costs even while other programs take turns. ``--beside FOLDER`` plays the same on another built page (``static/app`` of
another checkout) in alternation and prints the ratio. Exits 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path


sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from bench.browser import gestures
from bench.browser.frames import HEADING, Gesture, watch
from bench.browser.graphs import many_nodes, name_of
from bench.browser.opening import NOTE, Opening, open_graph
from bench.browser.other import serve_other
from bench.machine import describe_machine
from tests.stack import PASSWORD, ROOT, USERNAME, Api, Stack, stack_environment, wait_for

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
COLUMNS, PACED_ROWS, PACE_SECONDS = 25, 4, 0.8
FRAMES_TARGET = 55.0
OPEN_TARGET_SECONDS = 1.0
SCRIPT_TARGET_KB = 350.0
SIZE: ViewportSize = {"width": 1440, "height": 900}
NOT_COUNTED = "plotly"
ZOOM_RESET = "Zoom to 100 %"
RUNNING = ("queued", "running")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many openings and gestures counts")
    parser.add_argument("--beside", type=Path, help="another built page, to be played in alternation")
    parser.add_argument("--only", default="", help="gestures whose name has this word")
    options = parser.parse_args()
    print(describe_machine())
    with tempfile.TemporaryDirectory(prefix="lepton-bench-") as folder, _stack(Path(folder)) as stack:
        api = stack.signed_in()
        document = many_nodes(options.nodes, columns=COLUMNS, paced_rows=PACED_ROWS, pace_seconds=PACE_SECONDS)
        graph = str(api.post("/graphs/", {"name": "Five hundred nodes", "document": document})["id"])
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            try:
                return _Bench(stack, api, browser, graph, options).measure()
            finally:
                browser.close()


@contextmanager
def _stack(folder: Path) -> Iterator[Stack]:
    environment = stack_environment(
        folder / "data", LEPTON_NODE_PACKAGES="bench=bench.nodes", LEPTON_CATALOGUE=str(folder / "catalogue.json")
    )
    export = "from tasks.export import catalogue_json; print(catalogue_json())"
    made = subprocess.run([sys.executable, "-c", export], cwd=ROOT, env=environment, capture_output=True, check=True)
    (folder / "catalogue.json").write_bytes(made.stdout)
    with Stack(environment) as stack:
        yield stack


class _Bench:
    """One stack, one browser, one graph."""

    def __init__(self, stack: Stack, api: Api, browser: Browser, graph: str, options: argparse.Namespace) -> None:
        self.stack, self.api, self.browser, self.options, self.graph = stack, api, browser, options, graph
        self.run = ""
        self.address = f"{stack.address}/graphs/{graph}"

    def measure(self) -> int:
        """Print every figure beside its target and return the exit code."""
        missed = [] if self.options.only else self._openings()
        played = [self._play(None, "this page")]
        if self.options.beside:
            played.append(self._play(self.options.beside, "the other page"))
            for mine, other in zip(*played, strict=True):
                print(
                    f"{mine.name:<34} main thread {mine.work.total / other.work.total:.2f} × the other page's, frames/s {mine.per_second / other.per_second:.2f} ×"
                )
        slow = [gesture.name for gesture in played[0] if gesture.per_second < FRAMES_TARGET]
        print("missed: " + ", ".join([*missed, *slow]) if missed or slow else "every target met")
        return 1 if missed or slow else 0

    def _openings(self) -> list[str]:
        cold = [self._opening(is_warm=False) for _ in range(self.options.rounds)]
        warm = [self._opening(is_warm=True) for _ in range(self.options.rounds)]
        sent = sum(cold[0].scripts.values())
        largest = sorted(cold[0].scripts.items(), key=lambda item: -item[1])[:4]
        print(
            f"script before interactive, without Plotly: {sent:.0f} kB compressed (target {SCRIPT_TARGET_KB:g}): "
            + ", ".join(f"{name} {size:.0f}" for name, size in largest)
        )
        for name, openings in (("first visit", cold), ("again", warm)):
            paint, seen, ready = (
                statistics.median(getattr(one, what) for one in openings) for what in ("paint", "seen", "ready")
            )
            print(
                f"{name}: first paint {paint:.2f} s, nodes {seen:.2f} s, interactive {ready:.2f} s (target {OPEN_TARGET_SECONDS:g})"
            )
        missed = ["script"] if sent > SCRIPT_TARGET_KB else []
        return missed + (["opening"] if statistics.median(one.ready for one in warm) > OPEN_TARGET_SECONDS else [])

    def _opening(self, *, is_warm: bool) -> Opening:
        with self._page(None) as page:
            first = open_graph(page, self.address, not_counted=NOT_COUNTED)
            return open_graph(page, self.address, not_counted=NOT_COUNTED) if is_warm else first

    @contextmanager
    def _page(self, built: Path | None) -> Iterator[Page]:
        context = self.browser.new_context(viewport=SIZE, base_url=self.stack.address, reduced_motion="reduce")
        context.add_init_script(NOTE)
        token = context.request.get("/api/v1/session/") and {one["name"]: one["value"] for one in context.cookies()}
        signed = context.request.post(
            "/api/v1/session/",
            data={"username": USERNAME, "password": PASSWORD},
            headers={"X-CSRFToken": token.get("csrftoken", ""), "Referer": self.stack.address},
        )
        assert signed.ok, signed.text()
        if built:
            serve_other(context, built)
        try:
            yield context.new_page()
        finally:
            context.close()

    def _play(self, built: Path | None, title: str) -> list[Gesture]:
        print(f"{title}\n{HEADING}")
        found = []
        with self._page(built) as page:
            open_graph(page, self.address, not_counted=NOT_COUNTED)
            for name, prepare, play in self._gestures(page):
                if self.options.only not in name:
                    continue
                prepare()
                found.append(watch(self.browser, page, name, play))
                print(found[-1].line(), flush=True)
        return found

    def _look_near(self, page: Page) -> None:
        page.get_by_test_id("canvas-fit").click()
        page.get_by_title(ZOOM_RESET).click()
        page.get_by_text("100 %", exact=True).wait_for()

    def _run(self, page: Page) -> None:
        if self.run:
            self.api.post(f"/runs/{self.run}/cancel/")
            wait_for("the end of the run", lambda: self.api.get(f"/runs/{self.run}/")["state"] not in RUNNING)
        last = name_of(self.options.nodes // COLUMNS - 1, COLUMNS - 1)
        self.run = str(self.api.post(f"/graphs/{self.graph}/runs/", {"to": last})["id"])
        open_graph(page, self.address, not_counted=NOT_COUNTED)
        wait_for("the first nodes", lambda: self.api.get(f"/runs/{self.run}/")["state"] == "running")
        page.get_by_test_id("canvas-fit").click()

    def _gestures(self, page: Page) -> list[tuple[str, Callable[[], object], Callable[[], None]]]:
        whole = partial(page.get_by_test_id("canvas-fit").click)
        near = partial(self._look_near, page)
        running = partial(self._run, page)
        node = name_of(9, 12)
        return [
            ("pan, all 500 in view", whole, partial(gestures.pan, page)),
            ("drag a node, all 500 in view", whole, partial(gestures.drag, page, node)),
            ("zoom from all to some and back", whole, partial(gestures.zoom, page)),
            ("pan, full size", near, partial(gestures.pan, page)),
            ("scroll, full size", near, partial(gestures.scroll, page)),
            ("drag a node, full size", near, partial(gestures.drag, page, node)),
            ("watch a run, all 500 in view", running, partial(gestures.rest, page)),
            ("pan beside a run, all 500 in view", running, partial(gestures.pan, page)),
        ]


if __name__ == "__main__":
    sys.exit(main())
