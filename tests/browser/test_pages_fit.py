"""Every page fits a phone, however long the names on it are: nothing is scrolled sideways or drawn outside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.browser.chromium import MARKS, PHONE
from tests.browser.editor import node, wire
from tests.stack import wait_for

pytestmark = MARKS

LONG = "a_name_without_a_space_that_an_export_of_a_legacy_system_gave_to_it_and_nobody_shortened"
CHINESE = "二零二四年第三季度北京市朝阳区二手房成交价格与建筑面积明细数据汇总"
SETTINGS = ("profile", "tokens", "members", "approval", "appearance", "space", "audit")

#: Texts that begin or end outside the window, in no box of their own that scrolls or cuts them off.
OUTSIDE = """() => {
  const found = []
  const main = document.querySelector('main')
  if (document.documentElement.scrollWidth > innerWidth) found.push('the page scrolls sideways')
  if (document.documentElement.scrollHeight > innerHeight) found.push('the window scrolls beside the page')
  if (main && main.scrollWidth > main.clientWidth) found.push('what is in the page scrolls sideways')
  const cuts = (element) => getComputedStyle(element).overflowX !== 'visible' && element !== main
  for (const element of document.querySelectorAll('#root *')) {
    if (![...element.childNodes].some((each) => each.nodeType === 3 && each.textContent.trim())) continue
    const { left, right, width } = element.getBoundingClientRect()
    if (width === 0 || (left > -1 && right < innerWidth + 1)) continue
    let box = element
    while (box && !cuts(box)) box = box.parentElement
    if (!box || box === document.body) found.push(`“${element.textContent.trim().slice(0, 60)}” is outside`)
  }
  return found
}"""


def table() -> bytes:
    rows = (f"{area},{CHINESE if area % 2 else 'x' * 90},{area * 3 + area % 7}" for area in range(40, 160))
    return f"{LONG},{CHINESE},price\n{chr(10).join(rows)}".encode()


@pytest.fixture(scope="module")
def addresses(account):
    """The address of every page, of things with long names."""
    dataset = account.upload("/datasets/", f"{LONG}.csv", table())["id"]
    wait_for("the data set", lambda: account.get(f"/datasets/{dataset}/")["status"] == "ready")
    unread = account.upload("/datasets/", f"{CHINESE}.csv", b"\x00\x01" * 400)["id"]
    document = {
        "nodes": [
            node("source", "source.file", 40, 40, params={"dataset": dataset, "target": "price"}, title=LONG),
            node("model", "model.linear", 400, 40, title=CHINESE),
            node("evaluate", "evaluate.evaluate", 760, 40),
            node("deploy", "publish.deploy", 760, 300),
        ],
        "edges": [
            wire("source", "model"),
            wire("model", "evaluate", "model"),
            wire("model", "deploy", "model"),
        ],
    }
    graph = account.post("/graphs/", {"name": LONG, "document": document})["id"]
    run = account.post(f"/graphs/{graph}/runs/")["id"]
    wait_for("the end of the run", lambda: account.get(f"/runs/{run}/")["state"] == "done")
    acknowledged = ["no_held_out_rows", "no_better_than_guessing", "too_good_to_be_true"]  # a table made for its names
    deployed = account.post(f"/graphs/{graph}/deploy/", {"name": LONG, "acknowledged": acknowledged})
    slug = deployed["endpoint"]["slug"]
    (model,) = [one["id"] for one in account.get("/models/")["results"] if one["graph"] == graph]
    soon = datetime.now(UTC) + timedelta(hours=1)  # a token makes none that lives longer than itself
    account.post("/tokens/", {"name": LONG, "expires_at": soon.isoformat()})
    account.post("/members/", {"username": LONG, "role": "analyst"})
    yield [
        *("/", "/graphs", f"/graphs/{graph}", "/data", f"/data/{dataset}", f"/data/{unread}"),
        *("/runs", f"/runs/{run}", "/endpoints", f"/endpoints/{slug}"),
        *("/models", f"/models/{model}", f"/models/{model}/versions/1"),
        *(f"/settings?tab={tab}" for tab in SETTINGS),
        "/nowhere",
    ]
    account.delete(f"/endpoints/{slug}/")


#: Boxes as tall as the page that scroll up and down, as scroll bars are drawn beside each other.
TALL = """() => [document.documentElement, ...document.querySelectorAll('body *')].filter((element) => {
  const scrolls = element === document.documentElement || /auto|scroll/.test(getComputedStyle(element).overflowY)
  return scrolls && element.scrollHeight > element.clientHeight + 1 && element.clientHeight > innerHeight * 0.7
}).map((element) => `${element.tagName} ${element.className}`)"""


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_nothing_on_any_page_is_wider_than_a_phone(browser, stack, signed_in, addresses, locale):
    context = browser.new_context(
        viewport=PHONE, locale=locale, storage_state=signed_in, is_mobile=True, has_touch=True, reduced_motion="reduce"
    )
    page = context.new_page()
    faults: dict[str, list[str]] = {}
    for address in addresses:
        page.goto(stack.address + address)
        page.locator("main").wait_for()
        page.wait_for_load_state("networkidle")
        if found := page.evaluate(OUTSIDE):
            faults[address] = found
        if len(bars := page.evaluate(TALL)) > 1:
            faults.setdefault(address, []).append(f"two scroll bars: {bars}")
    context.close()
    assert faults == {}


def test_what_stands_in_the_place_of_a_page_has_its_margins(browser, stack, signed_in):
    context = browser.new_context(viewport=PHONE, locale="en-GB", storage_state=signed_in)
    page = context.new_page()
    waiting = True

    def answer(route):
        if not waiting:
            route.fulfill(status=500, json={"code": "server_error", "message": "Something went wrong.", "problems": []})

    for kind, shown in (("datasets", "data"), ("runs", "runs"), ("models", "models"), ("endpoints", "endpoints")):
        page.route(f"**/api/v1/{kind}/some/", answer)
        for waiting, stands in ((True, "main [aria-busy=true]"), (False, "main [role=alert]")):
            page.goto(f"{stack.address}/{shown}/some")
            page.get_by_role("link", name="Graphs").first.wait_for()  # until then the whole page is on its way
            page.locator(f"{stands} >> visible=true").first.wait_for()
            inside = page.locator(f"{stands} .mantine-Skeleton-root" if waiting else stands).first.bounding_box()
            assert inside["x"] >= 16, (shown, waiting)
            assert inside["y"] >= 16, (shown, waiting)
    context.close()
