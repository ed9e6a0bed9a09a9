"""A column is shown as it will be predicted, with a choice for each guess, before a graph is drawn for it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import MARKS, PHONE
from tests.stack import wait_for

pytestmark = MARKS
expect.set_options(timeout=20_000)

LEFT = ["No"] * 60 + ["Yes"] * 20 + ["yes"] * 6 + [" YES"] * 4
FILE = "\n".join(
    ["calls,left,grade", *(f"{at},{word},{at % 4 + 1}" for at, word in enumerate(LEFT)), f"{len(LEFT)},No,1"]
).encode()


@pytest.fixture
def dataset(account):
    made = account.upload("/datasets/", "callers", FILE)["id"]
    wait_for("the data set", lambda: account.get(f"/datasets/{made}/")["status"] == "ready")
    return made


@pytest.mark.parametrize("size", [None, PHONE], ids=["desk", "phone"])
def test_what_was_guessed_of_a_column_can_be_changed_before_the_graph_is_drawn(page, stack, account, dataset, size):
    if size is not None:
        page.set_viewport_size(size)
    page.goto(f"{stack.address}/data/{dataset}")
    page.get_by_role("button", name="Predict a column").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="grade").check()
    target = dialog.get_by_test_id("target")
    expect(target).to_contain_text("4 different whole numbers from 1 to 4: treated as classes.")
    target.get_by_text("Numbers", exact=True).click()
    expect(target).not_to_contain_text("treated as classes")
    dialog.get_by_role("radio", name="left").check()
    expect(target.get_by_role("radio", name="yes")).to_be_checked()
    merge = target.get_by_label("Merge spellings")
    merge.uncheck()
    expect(target).to_contain_text("each is a class of its own")
    merge.check()
    target.get_by_text("no", exact=True).first.click()
    expect(target.get_by_role("radio", name="no", exact=True)).to_be_checked()
    dialog.get_by_role("button", name="Predict left").click()
    page.wait_for_url("**/graphs/*")
    graph = page.url.rsplit("/", 1)[-1]
    nodes = {node["id"]: node["params"] for node in account.get(f"/graphs/{graph}/draft/")["document"]["nodes"]}
    assert nodes["columns"] == {"tidy": ["left"]}
    assert nodes["model"]["positive"] == "no"
