"""A run that did not get to its end: whoever wants to deploy is told why, on the spot and on the page of the run."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import MARKS, PHONE
from tests.browser.editor import Editor, node, wire
from tests.stack import wait_for

pytestmark = MARKS
expect.set_options(timeout=20_000)

WHY = "A model needs at least 2 training rows with a known target, but there is 1."


@pytest.fixture
def refused(account):
    """The id of a graph and of its failed run: one row is nothing to learn from."""
    dataset = account.upload("/datasets/", "one row", b"area,price\n70,200\n")["id"]
    wait_for("the data set", lambda: account.get(f"/datasets/{dataset}/")["status"] == "ready")
    document = {
        "nodes": [
            node("source", "source.file", 40, 40, params={"dataset": dataset, "target": "price"}),
            node("model", "model.linear", 400, 40, params={"task": "regression"}, title="Straight"),
            node("deploy", "publish.deploy", 760, 40),
        ],
        "edges": [wire("source", "model"), wire("model", "deploy", "model")],
    }
    graph = account.post("/graphs/", {"name": "Refused", "document": document})["id"]
    run = account.post(f"/graphs/{graph}/runs/")["id"]
    wait_for("the end of the run", lambda: account.get(f"/runs/{run}/")["state"] == "failed")
    return graph, run


def test_who_wants_to_deploy_is_told_where_the_last_run_stopped(page, stack, refused):
    editor = Editor.open(page, stack.address, refused[0])
    editor.node("deploy").wait_for()
    page.get_by_test_id("deploy-button").click()
    said = page.get_by_role("dialog").get_by_role("alert")
    expect(said).to_have_text(f"The last run stopped at “Straight”. {WHY}")


def test_the_page_of_the_run_begins_with_the_reason_on_a_phone_too(page, stack, refused):
    page.set_viewport_size(PHONE)
    page.goto(f"{stack.address}/runs/{refused[1]}")
    said = page.get_by_role("alert").first
    expect(said).to_have_text(f"Straight: {WHY}")
    expect(said).to_be_in_viewport()
