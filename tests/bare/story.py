"""The first session of a new person, over HTTP: set-up link, upload, predict a column, run, deploy, answer."""

from __future__ import annotations

import csv
import io
import random
import re
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

from tests.stack import PASSWORD, USERNAME, Api, wait_for

ROWS = 600
LAST_STATES = {"done", "failed", "cancelled", "crashed"}
RUN_SECONDS = 600
SCRIPT = re.compile(r'<script type="module" src="(/[^"]+)"')
STYLE = re.compile(r'<link rel="stylesheet" href="(/[^"]+)"')


def table() -> bytes:
    """Return a CSV of customers; one column is the same in every row and one in nearly every row."""
    draw = random.Random(3)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["customer", "months", "plan", "calls", "country", "fee", "left"])
    for number in range(ROWS):
        months, plan, calls = draw.randrange(1, 60), draw.choice(["basic", "plus"]), draw.randrange(0, 12)
        left = draw.random() < (0.7 if calls > 6 and months < 24 else 0.1)
        fee = 10.0 if number else 12.0
        writer.writerow([f"C{number:05}", months, plan, calls, "NZ", fee, "yes" if left else "no"])
    return text.getvalue().encode()


def open_page(link: str) -> None:
    """Fetch the page, and of what it loads a script and a style sheet, as a browser does before it shows anything."""
    base = link.partition("/setup")[0]
    page = _fetch(f"{base}/", "text/html")
    for pattern, kind in ((SCRIPT, "text/javascript"), (STYLE, "text/css")):
        named = pattern.search(page)
        assert named, f"{base}/ names nothing of type {kind}"
        assert _fetch(base + named[1], kind), f"{named[1]} is empty"


def _fetch(url: str, kind: str) -> str:
    with urlopen(url) as response:
        given = response.headers.get_content_type()
        assert given == kind, f"{urlsplit(url).path} is of type {given}, not {kind}"
        return str(response.read().decode())


def set_up(link: str) -> Api:
    """Make the first account with the printed link, and return a client with a token of it."""
    base = link.partition("/setup")[0] + "/api/v1"
    token = parse_qs(urlsplit(link).query)["token"][0]
    with urlopen(f"{base}/session/") as response:
        given = SimpleCookie("; ".join(response.headers.get_all("Set-Cookie") or []))
    page = Api(base, cookies={name: morsel.value for name, morsel in given.items()})
    page.post("/setup/", {"token": token, "username": USERNAME, "password": PASSWORD})
    return Api(base, Api(base).post("/auth/token/", {"username": USERNAME, "password": PASSWORD})["token"])


def deploy_a_prediction(api: Api) -> tuple[Api, dict[str, Any]]:
    """Upload a file, predict a column with boosted trees, and deploy.

    Returns:
        A client of the endpoint, and a row that it answers.
    """
    ident = api.upload("/datasets/", "customers.csv", table())["id"]
    dataset = wait_for("the data set", lambda: _read(api, ident), timeout_seconds=120)
    graph = api.post("/graphs/", {"name": "Customers", "dataset": dataset["id"], "target": "left"})
    models = [node["type"] for node in graph["draft"]["document"]["nodes"] if node["type"].startswith("model.")]
    assert models == ["model.boosting"], models
    run = api.post(f"/graphs/{graph['id']}/runs/", {})["id"]
    over = wait_for("the run", lambda: _over(api, run), timeout_seconds=RUN_SECONDS)
    assert over["state"] == "done", [node["error"] for node in over["nodes"] if node["error"]]
    made = api.post(f"/graphs/{graph['id']}/deploy/", {"name": "Customers"})
    caller = Api(made["endpoint"]["url"], made["key"])
    row = {"months": 3, "plan": "basic", "calls": 9, "fee": 10.0}
    assert answer(caller, row) in {"yes", "no"}
    return caller, row


def answer(caller: Api, row: dict[str, Any]) -> Any:
    """Return what the endpoint predicts for ``row``."""
    return caller.post("/predict", {"rows": [row]})["predictions"][0]


def _read(api: Api, ident: str) -> Any:
    found = api.get(f"/datasets/{ident}/")
    assert found["status"] != "failed", found["error"]
    return found if found["status"] == "ready" else None


def _over(api: Api, run: str) -> Any:
    found = api.get(f"/runs/{run}/")
    return found if found["state"] in LAST_STATES else None
