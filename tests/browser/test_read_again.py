"""A file that was read wrong is read again as a person says, who sees the rows change before that."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import MARKS, PHONE
from tests.stack import wait_for

pytestmark = MARKS
expect.set_options(timeout=20_000)

FILE = b"city|amount\nBonn|1.234\nKiel|2.500\n"


@pytest.fixture
def dataset(account):
    """The id of a data set whose amounts were read as decimals."""
    made = account.upload("/datasets/", "amounts", FILE)["id"]
    wait_for("the data set", lambda: account.get(f"/datasets/{made}/")["status"] == "ready")
    return made


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


@pytest.mark.parametrize("size", [None, PHONE], ids=["desk", "phone"])
def test_the_first_rows_follow_each_choice(page, stack, account, dataset, size):
    if size is not None:
        page.set_viewport_size(size)
    page.goto(f"{stack.address}/data/{dataset}")
    page.get_by_role("button", name="Read again with").click()
    dialog = page.get_by_role("dialog")
    cell = dialog.get_by_title("1.234", exact=True)
    expect(cell).to_have_text("1.234")
    choose(page, "Thousands mark", "Point .")
    expect(cell).to_have_text("1234")
    choose(page, "Values are separated by", "Semicolon ;")
    expect(dialog.get_by_role("table").get_by_text("city|amount")).to_be_visible()
    choose(page, "Values are separated by", "Bar |")
    expect(cell).to_have_text("1234")
    dialog.get_by_role("button", name="Read again").click()
    expect(dialog).to_be_hidden()
    wait_for("the second reading", lambda: account.get(f"/datasets/{dataset}/")["version"] == 2)
    rows = account.get(f"/datasets/{dataset}/rows/")["rows"]
    assert rows == [["Bonn", 1234], ["Kiel", 2500]]
