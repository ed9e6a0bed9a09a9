"""Log lines: one record is one line, and one id leads from the click to the worker's last line."""

from __future__ import annotations

import json
import logging
import sys

import pytest
from celery.canvas import Signature

from apps.common.engine_process import EngineProcess
from apps.common.jobs import Job, send
from apps.common.log_formatters import JsonFormatter, TextFormatter
from apps.common.request_ids import LONGEST, accept_or_generate, bound_request_id
from tests.stack import Stack, stack_environment, wait_for

FORGED = "GET /\r\n2026-11-21 INFO root all is well \x1b[2J\x00\u2028end\x9b31m"


def record(message: str, *arguments: object, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("x", logging.INFO, __file__, 1, message, arguments, None)
    made.__dict__.update(more)
    return made


def test_nothing_from_outside_can_forge_or_hide_a_line():
    for formatter in (TextFormatter(), JsonFormatter()):
        line = formatter.format(record("asked for %s", FORGED, path=FORGED))
        assert "\n" not in line
        assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 or letter == "\u2028" for letter in line)


def test_a_json_line_says_what_was_given_beside_the_message():
    with bound_request_id("click-1"):
        told = json.loads(JsonFormatter().format(record("asked for %s", FORGED, milliseconds=1.5)))
    assert told["message"] == f"asked for {FORGED}"
    assert (told["request_id"], told["milliseconds"], told["level"]) == ("click-1", 1.5, "INFO")


def test_a_traceback_is_part_of_its_line():
    try:
        raise ValueError(FORGED)
    except ValueError as error:
        made = record("it failed")
        made.exc_info = (type(error), error, error.__traceback__)
    assert "ValueError" in json.loads(JsonFormatter().format(made))["trace"]
    assert "\x1b" not in TextFormatter().format(made)


@pytest.mark.parametrize("given", ["", " ", "a b", "a\nb", "x" * (LONGEST + 1), "-a", "ä"])
def test_what_is_no_id_is_replaced(given):
    assert accept_or_generate(given) not in {given, ""}


def test_an_id_is_taken_and_answered(client):
    assert client.get("/no/such", headers={"X-Request-ID": "click-7"}).headers["X-Request-ID"] == "click-7"
    assert len(client.get("/no/such").headers["X-Request-ID"]) == 32


ENGINE = """
import json, sys
for line in sys.stdin:
    print("a library complains", file=sys.stderr, flush=True)
    print(json.dumps({"done": {}, "request": json.loads(line)["request"]}), flush=True)
"""


def test_what_an_engine_process_writes_carries_the_id_of_its_request(caplog):
    caplog.set_level(logging.INFO, logger="leptonweb.engine")
    child = EngineProcess([sys.executable, "-c", ENGINE])
    with bound_request_id("click-1"):
        child.request({"op": "anything"}, timeout_seconds=30)
    wait_for("the line", lambda: caplog.records)
    child.close()
    assert [(line.getMessage(), line.request_id) for line in caplog.records] == [("a library complains", "click-1")]


def test_a_job_carries_the_id_of_the_request_that_sent_it(monkeypatch):
    sent = []
    monkeypatch.setattr(Signature, "apply_async", lambda _, **options: sent.append(options["headers"]))
    with bound_request_id("click-1"):
        send(Job.INGEST_DATASET, version_id="1")
    assert sent == [{"request_id": "click-1"}]


def lines_of(stack: Stack, name: str) -> list[dict]:
    """Return the JSON lines a part of the stack wrote."""
    prefixed = [line.partition("|") for line in list(stack.lines)]
    return [json.loads(text) for who, _, text in prefixed if who.strip() == name and text.strip().startswith("{")]


@pytest.mark.worker
def test_one_id_leads_from_the_click_to_the_last_line_of_the_worker(tmp_path):
    with Stack(stack_environment(tmp_path, LEPTON_LOG_FORMAT="json")) as stack:
        api = stack.signed_in()
        template = api.get("/templates/")[0]["slug"]
        graph = api.post("/graphs/", {"name": "prices", "template": template})
        source = graph["draft"]["document"]["nodes"][0]["id"]
        clicked = "click-" + "7" * 20
        started = api.call("POST", f"/graphs/{graph['id']}/runs/", {"to": source}, request_id=clicked)

        def is_over() -> bool:
            return api.get(f"/runs/{started['id']}/")["state"] not in {"queued", "running"}

        wait_for("the end of the run", is_over)
        web = [line for line in lines_of(stack, "web") if line["request_id"] == clicked]
        assert [(line["method"], line["status"]) for line in web] == [("POST", 201)]

        def worker_lines() -> list[dict]:
            return [line for line in lines_of(stack, "worker") if started["id"] in line["message"]]

        wait_for("the last line", lambda: any("is over" in line["message"] for line in worker_lines()))
        told = worker_lines()
        assert {line["request_id"] for line in told} == {clicked}
        assert "begins" in told[0]["message"]
        assert "is over" in told[-1]["message"]
