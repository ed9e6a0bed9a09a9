"""The page of a model version on the real stack: card, lineage, download, deletion, and a deploy that is refused."""

from __future__ import annotations

import io
import zipfile
from itertools import count

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import MARKS
from tests.browser.editor import node, wire
from tests.stack import wait_for

pytestmark = MARKS
expect.set_options(timeout=20_000)

NAME = "Flats"
MADE = count(1)


def table() -> bytes:
    """Return a table that no other model was made of: two packages of equal content are one in the store."""
    step = next(MADE)
    rows = (f"{area},{area % 5 + 1},{area * (3 + step) + area % 5 * 10 + area % 7}" for area in range(40, 160))
    return ("area,rooms,price\n" + "\n".join(rows)).encode()


def drawn(dataset: str, strength: float):
    source = {"dataset": dataset, "target": "price"}
    return {
        "nodes": [
            node("source", "source.file", 40, 40, params=source),
            node("model", "model.linear", 400, 40, params={"alpha": strength}, title="Straight"),
            node("deploy", "publish.deploy", 760, 40),
        ],
        "edges": [wire("source", "model"), wire("model", "deploy", "model")],
        "notes": [],
        "seed": 7,
    }


def read(account, dataset: str, version: int) -> None:
    def is_read():
        shown = account.get(f"/datasets/{dataset}/")
        return shown["status"] == "ready" and shown["version"] == version

    wait_for(f"version {version} of the data set", is_read)


def publish(account, graph: str, dataset: str, strength: float) -> None:
    """Draw, run and deploy: another version of the graph's model."""
    draft = account.get(f"/graphs/{graph}/draft/")
    account.put(f"/graphs/{graph}/draft/", {"document": drawn(dataset, strength), "revision": draft["revision"]})
    run = account.post(f"/graphs/{graph}/runs/")["id"]
    wait_for("the end of the run", lambda: account.get(f"/runs/{run}/")["state"] == "done")
    acknowledged = ["no_held_out_rows", "too_good_to_be_true"]  # no split, and a price made of the area
    account.post(f"/graphs/{graph}/deploy/", {"name": NAME, "acknowledged": acknowledged})


@pytest.fixture
def made(account):
    """A model of three versions, the last of which answers; the data set was read again after the first."""
    dataset = account.upload("/datasets/", "surveyed", table())["id"]
    read(account, dataset, 1)
    graph = account.post("/graphs/", {"name": NAME, "document": drawn(dataset, 1.0)})["id"]
    publish(account, graph, dataset, 1.0)
    account.post(f"/datasets/{dataset}/read-again/", {"skip_rows": 0, "header": "yes"})
    read(account, dataset, 2)
    publish(account, graph, dataset, 20.0)
    publish(account, graph, dataset, 300.0)
    (model,) = [one for one in account.get("/models/")["results"] if one["graph"] == graph]
    yield {"dataset": dataset, "graph": graph, "model": model["id"], "address": f"/models/{model['id']}"}
    for endpoint in account.get("/endpoints/")["results"]:
        if endpoint["graph"] == graph:
            account.delete(f"/endpoints/{endpoint['slug']}/")


def go(page: Page, stack, made, version: int) -> None:
    page.goto(f"{stack.address}{made['address']}/versions/{version}")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{NAME}, version {version}")


def more(page: Page, item: str) -> None:
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name=item).click()


def turn(switch: Locator) -> None:
    """Turn a switch that moves once the server has agreed."""
    expect(switch).to_be_enabled()
    switch.click(force=True)


class TestVersionPage:
    def test_a_card_is_written_and_a_former_text_stands_there_again(self, page, stack, made):
        go(page, stack, made, 1)
        page.get_by_role("button", name="Write the card").click()
        text = page.get_by_label("Text of the card")
        expect(text).to_have_value("## What it is for\n\n\n## What it must not be used for\n\n\n## Whom to ask\n\n")
        text.fill("## Use\n\nFor **spring** only.\n\n<script>window.pwned = 1</script>")
        page.get_by_text("Preview", exact=True).click()
        expect(page.get_by_role("heading", name="Use", exact=True)).to_be_visible()
        page.get_by_role("button", name="Save the card").click()
        expect(page.get_by_text("Written by alice")).to_be_visible()
        expect(page.locator("strong", has_text="spring")).to_be_visible()
        assert page.evaluate("window.pwned") is None

        page.get_by_role("button", name="Edit", exact=True).click()
        page.get_by_label("Text of the card").fill("For autumn.")
        page.get_by_role("button", name="Save the card").click()
        expect(page.get_by_label("Text of the card")).to_have_count(0)
        expect(page.get_by_text("For autumn.")).to_be_visible()
        expect(page.locator("strong", has_text="spring")).to_have_count(0)

        page.get_by_role("button", name="Previous texts").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("button", name="alice,")).to_have_count(2)
        dialog.get_by_role("button", name="alice,").nth(1).click()
        dialog.get_by_role("button", name="Restore").click()
        expect(dialog).to_have_count(0)
        expect(page.locator("strong", has_text="spring")).to_be_visible()
        page.reload()
        expect(page.locator("strong", has_text="spring")).to_be_visible()

    def test_what_somebody_else_wrote_meanwhile_is_not_written_over_unseen(self, page, stack, made, account):
        go(page, stack, made, 2)
        page.get_by_role("button", name="Write the card").click()
        page.get_by_label("Text of the card").fill("Mine")
        account.put(f"{made['address']}/versions/2/card/", {"text": "Theirs", "after": 0})
        page.get_by_role("button", name="Save the card").click()
        expect(page.get_by_role("alert")).to_contain_text("changed this card since you opened it")
        page.get_by_role("button", name="Save mine instead").click()
        expect(page.get_by_label("Text of the card")).to_have_count(0)
        expect(page.get_by_text("Mine", exact=True)).to_be_visible()
        texts = account.get(f"{made['address']}/versions/2/card/texts/")["results"]
        assert [one["text"] for one in texts] == ["Mine", "Theirs"]

    def test_the_lineage_leads_to_the_very_data_graph_and_run(self, page, stack, made):
        go(page, stack, made, 1)
        lineage = page.get_by_test_id("lineage")
        expect(lineage).to_contain_text("there is a newer version")
        expect(page.get_by_test_id("code-versions")).to_contain_text("scikit-learn")
        page.get_by_text("Straight").click()
        expect(page.locator("details[open]")).to_contain_text("Penalty")

        lineage.get_by_role("link", name="surveyed, version 1").click()
        expect(page.get_by_role("status")).to_contain_text("This is version 1")
        expect(page.get_by_text("120 rows")).to_be_visible()
        page.go_back()

        page.get_by_test_id("lineage").get_by_role("link", name=f"{NAME}, version 1").click()
        page.get_by_test_id("node-model").locator("header").click()
        inspector = page.get_by_test_id("inspector")
        expect(inspector.locator("dt", has_text="Strength").locator("+ dd")).to_have_text("1")
        page.keyboard.press("Delete")
        expect(page.get_by_test_id("node-model")).to_be_visible()
        page.go_back()

        page.get_by_test_id("lineage").get_by_role("link", name="Run #1").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(NAME)

    def test_a_saved_version_brought_back_is_a_change_of_the_draft_that_undo_takes_back(
        self, page, stack, made, account
    ):
        strength = lambda: next(  # noqa: E731
            one["params"]["alpha"]
            for one in account.get(f"/graphs/{made['graph']}/draft/")["document"]["nodes"]
            if one["id"] == "model"
        )
        page.goto(f"{stack.address}/graphs/{made['graph']}?version=1")
        page.get_by_test_id("node-model").wait_for()
        assert strength() == 300
        page.get_by_role("button", name="Restore").click()
        page.get_by_test_id("undo-button").wait_for()
        wait_for("version 1 as the draft", lambda: strength() == 1)
        expect(page.get_by_test_id("state-pill")).to_have_attribute("data-kind", "saved")
        page.keyboard.press("Control+z")
        wait_for("the former draft", lambda: strength() == 300)

    def test_the_download_is_a_whole_package_with_the_card(self, page, stack, made, account):
        account.put(f"{made['address']}/versions/2/card/", {"text": "Ask Ada.", "after": 0})
        go(page, stack, made, 2)
        with page.expect_download() as download:
            page.get_by_role("link", name="Download").click()
        assert download.value.suggested_filename == "flats-2.zip"
        with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
            assert archive.testzip() is None
            assert len(archive.read("program.json")) > 1000
            assert "Ask Ada." in archive.read("CARD.md").decode()

    def test_an_unused_version_is_deleted_and_what_became_free_is_said(self, page, stack, made, account):
        go(page, stack, made, 1)
        expected = account.get(f"{made['address']}/versions/1/")["deletion"]["freed_bytes"]
        assert expected > 0
        more(page, "Delete")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("kB. A previous release of its endpoint is deleted with it.")
        dialog.get_by_role("button", name="Delete").click()
        expect(page.get_by_text("Version 1 of “Flats” was deleted.")).to_contain_text("kB were freed")
        page.wait_for_url(f"**{made['address']}")
        expect(page.get_by_role("row")).to_have_count(3)
        assert {one["number"] for one in account.get(f"{made['address']}/")["versions"]} == {2, 3}

    def test_a_version_that_answers_is_not_deleted_and_the_way_out_is_a_link(self, page, stack, made, account):
        go(page, stack, made, 3)
        more(page, "Delete")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("alert")).to_contain_text("Version 3 answers at flats")
        expect(dialog.get_by_role("button", name="Delete")).to_have_count(0)
        dialog.get_by_role("link", name="Open it").click()
        page.wait_for_url("**/endpoints/flats*")
        assert len(account.get(f"{made['address']}/")["versions"]) == 3

    def test_a_deploy_without_approval_is_refused_and_goes_through_once_approved(self, page, stack, made):
        page.goto(f"{stack.address}/settings")
        page.get_by_role("tab", name="Approval").click()
        switch = page.get_by_role("switch", name="Release approved models only")
        turn(switch)
        expect(switch).to_be_checked()
        try:
            go(page, stack, made, 2)
            page.get_by_role("button", name="Deploy").click()
            dialog = page.get_by_role("dialog")
            expect(dialog).to_contain_text("instead of version 3")
            dialog.get_by_role("button", name="Deploy").click()
            expect(dialog.get_by_role("alert")).to_contain_text("It was judged on the rows it learned from")
            dialog.get_by_role("button", name="Deploy anyway").click()
            expect(dialog.get_by_role("alert")).to_contain_text(
                "Only approved models are released here, and version 2 of “Flats” is not approved."
            )
            dialog.get_by_role("button", name="Cancel").click()
            more(page, "Reject approval")
            page.get_by_role("dialog").get_by_label("Reason").fill("Not before the audit.")
            page.get_by_role("dialog").get_by_role("button", name="Reject approval").click()
            expect(page.get_by_text("alice rejected approval")).to_contain_text("Not before the audit.")
            page.get_by_role("button", name="Approve").click()
            expect(page.get_by_text("Approved by alice")).to_be_visible()
            page.get_by_role("button", name="Deploy").click()
            page.get_by_role("dialog").get_by_role("button", name="Deploy").click()
            page.get_by_role("dialog").get_by_role("button", name="Deploy anyway").click()
            page.wait_for_url("**/endpoints/flats*")
            expect(page.get_by_text("Release 2").first).to_be_visible()
        finally:
            page.goto(f"{stack.address}/settings")
            page.get_by_role("tab", name="Approval").click()
            turn(switch)
            expect(switch).not_to_be_checked()
