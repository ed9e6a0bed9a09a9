"""One graph whose columns take long to infer holds up nobody else's check or run."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.common import light_engines
from apps.common.engine_process import EngineProcess
from apps.graphs import schema_inference
from tasks.graph.document import Document

# Answers at once, or never a graph with a node of the type `slow`; the process id is among the columns.
ENGINE = """
import json, os, sys, time
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    while request["document"]["nodes"][0]["type"] == "test.slow":
        time.sleep(60)
    print(json.dumps({"request": request["request"], "done": {"schemas": {"pid": os.getpid()}}}), flush=True)
"""


def graph(kind: str, number: int = 0) -> Document:
    return Document.model_validate({"nodes": [{"id": f"n{number}", "type": kind}], "edges": []})


@pytest.fixture
def processes(monkeypatch):
    made: list[EngineProcess] = []

    def make(_command):
        process = EngineProcess([sys.executable, "-c", ENGINE])
        process.request({"document": graph("test.quick").model_dump(mode="json")})  # so that it has started
        made.append(process)
        return process

    monkeypatch.setattr(light_engines, "EngineProcess", make)
    monkeypatch.setattr(schema_inference, "TIMEOUT_SECONDS", 1.5)
    _forget()
    light_engines.idle()
    yield made
    _forget()
    for process in made:
        process.close()


def _forget() -> None:
    light_engines.idle.cache_clear()
    schema_inference._cache.clear()
    schema_inference._timed_out.clear()


def infer(document: Document):
    return schema_inference.infer(document, {})


def test_others_are_answered_while_a_slow_graph_is_checked(processes):
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(infer, graph("test.slow"))
        answers = [infer(graph("test.quick", number)) for number in range(5)]
        assert not slow.done()
        assert None not in answers
        assert slow.result() is None


def test_one_process_is_enough_for_one_person(processes):
    answers = [infer(graph("test.quick", number)) for number in range(5)]
    assert len({answer["schemas"]["pid"] for answer in answers}) == 1
    assert sorted(process.served for process in processes) == [1, 6]


def test_waiting_for_slow_graphs_counts_against_the_time_of_a_check(processes):
    with ThreadPoolExecutor() as pool:
        slow = [pool.submit(infer, graph("test.slow", number)) for number in range(6)]
        assert [each.result() for each in slow] == [None] * 6
    # What only waited is not taken for slow itself.
    assert len(schema_inference._timed_out) == 2


def test_a_graph_that_took_too_long_is_not_tried_again_at_once(processes, monkeypatch):
    assert infer(graph("test.slow")) is None
    number = processes[-1]._number
    assert infer(graph("test.slow")) is None
    assert processes[-1]._number == number
    later = time.monotonic() + 2 * schema_inference.SECONDS_WITHOUT_RETRY
    monkeypatch.setattr(schema_inference.time, "monotonic", lambda: later)
    monkeypatch.setattr(schema_inference, "_request", lambda _: {"schemas": {}, "problems": [], "estimates": {}})
    assert infer(graph("test.slow")) is not None


def test_a_busy_process_refuses_after_the_time_of_the_caller_and_goes_on(processes):
    process = light_engines.idle().get_nowait()
    slow, quick = ({"document": graph(kind).model_dump(mode="json")} for kind in ("test.slow", "test.quick"))
    with ThreadPoolExecutor() as pool:
        first = pool.submit(process.request, slow, timeout_seconds=1.0)
        while not process._asking.locked():
            time.sleep(0.01)
        with pytest.raises(schema_inference.EngineProcessError, match="busy"):
            process.request(quick, timeout_seconds=0.2)
        assert not first.done()
        with pytest.raises(schema_inference.EngineProcessError, match="in time"):
            first.result()
