"""Clicks and seconds from a dropped file to an endpoint's first answer, in a browser, on files as people have them.

Each file of ``tests/cases/story`` is dropped, its column predicted, the graph run, deployed (whatever is warned of) and
asked once on the page; then the very file is posted to the endpoint. Prints for each the clicks, seconds, verdict,
score and whether the file was taken. The exit code is 1 when one takes more than 8 clicks or is refused.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Page, expect, sync_playwright

from bench.machine import describe_machine
from bench.program import run_program
from tests.browser.chromium import CHROMIUM, QUIET
from tests.stack import PASSWORD, ROOT, USERNAME, Stack, stack_environment

FILES = {"telecom churn (export 3).csv": "Churn?", "Umsätze_2022-2024.csv": "Umsatz", "tickets.csv": "category"}
MOST_CLICKS = 8
RUN_MILLISECONDS = 180_000
IS_DEPLOYED_OR_WARNED = """() =>
  location.pathname.startsWith('/endpoints/') || document.querySelector('[data-testid=deploy-warnings]')"""
DROP = """([content, name]) => {
  const data = new DataTransfer()
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))
  data.items.add(new File([bytes], name, { type: 'text/csv' }))
  return data
}"""


class Story:
    """One file on its way. ``clicks``: of the mouse, after the drop."""

    def __init__(self, page: Page, path: Path, target: str) -> None:
        self.page, self.path, self.target = page, path, target
        self.clicks = 0
        self.began = time.perf_counter()

    def click(self, found: Any) -> None:
        """Click as a person does, and count it."""
        found.click()
        self.clicks += 1

    def play(self) -> dict[str, Any]:
        """Play from the drop to the first answer; return the endpoint's address and key."""
        page = self.page
        content = base64.b64encode(self.path.read_bytes()).decode()
        transfer = page.evaluate_handle(DROP, [content, self.path.name])
        for kind in ("dragenter", "dragover", "drop"):
            page.dispatch_event("body", kind, {"dataTransfer": transfer})
        self.click(page.get_by_role("button", name="Predict a column"))
        choice = page.get_by_role("radio", name=self.target)
        choice.first.wait_for(state="attached")
        choice.first.check(force=True)
        self.clicks += 1
        self.click(page.get_by_role("button", name=f"Predict {self.target}"))
        page.locator(".react-flow__node").filter(has_text="Deploy").wait_for()
        self.click(page.get_by_test_id("run-button"))
        expect(page.get_by_test_id("run-button")).to_contain_text("all cached", timeout=RUN_MILLISECONDS)
        self.click(page.get_by_test_id("deploy-button"))
        page.wait_for_function(IS_DEPLOYED_OR_WARNED)
        if page.get_by_test_id("deploy-anyway").count():
            self.click(page.get_by_test_id("deploy-anyway"))
        page.wait_for_url("**/endpoints/**")
        key = page.get_by_test_id("secret").text_content()
        address = page.locator("code").filter(has_text="/predict").first.text_content() or ""
        self.click(page.get_by_role("button", name="Predict", exact=True))
        page.get_by_test_id("prediction").wait_for()
        return {
            "key": key,
            "address": address,
            "slug": page.url.partition("/endpoints/")[2].partition("?")[0].strip("/"),
        }


def post_file(address: str, key: str, content: bytes) -> tuple[int, dict[str, Any]]:
    """Post a file to an endpoint and return the status and the answer."""
    url = urlsplit(address)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=120)
    connection.request("POST", url.path, content, {"Authorization": f"Bearer {key}", "Content-Type": "text/csv"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def main() -> int:
    """Play the stories; return 1 when one takes too many clicks or its file is refused."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pictures", type=Path, help="folder for a picture of the end of each")
    wanted = parser.parse_args()
    print(describe_machine())
    is_good = True
    environment = Path(tempfile.mkdtemp())
    with Stack(stack_environment(environment)) as stack, sync_playwright() as playwright:
        api = stack.signed_in()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB").new_page()
        page.set_default_timeout(60_000)
        page.goto(stack.address)
        page.get_by_label("User name").fill(USERNAME)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Graphs").first.wait_for()
        for name, target in FILES.items():
            page.goto(stack.address)
            page.get_by_role("link", name="Graphs").first.wait_for()
            path = ROOT / "tests" / "cases" / "story" / name
            story = Story(page, path, target)
            made = story.play()
            seconds = time.perf_counter() - story.began
            if wanted.pictures:
                wanted.pictures.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=wanted.pictures / f"{path.stem}.png")
            verdict = api.get(f"/endpoints/{made['slug']}/")["release"]["model"]["verdict"]
            status, answer = post_file(made["address"], made["key"], path.read_bytes())
            taken = len(answer.get("predictions", ()))
            print(f"{name}: {story.clicks} clicks, {seconds:.0f} s; {verdict['state']}: {verdict['message']}")
            scored = f"{verdict['measure']} {verdict['score']:.3f} against {verdict['baseline']:.3f}"
            print(f"    {scored}; own file: {status}, {taken} rows answered")
            is_good = is_good and story.clicks <= MOST_CLICKS and status == 200
        browser.close()
    return 0 if is_good else 1


if __name__ == "__main__":
    run_program(main)
