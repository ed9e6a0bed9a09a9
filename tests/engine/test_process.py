"""The engine process as its parent sees it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from apps.common import engine_process
from apps.common.engine_environment import SECRETS
from apps.common.engine_process import (
    ENGINE_COMMAND,
    EngineProcess,
    EngineProcessAnswerTooLarge,
    EngineProcessDied,
    EngineProcessTimeout,
)
from tasks.graph.messages import parts_of
from tasks.jobs.interruptions import is_interruption

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def child(monkeypatch):
    monkeypatch.setenv("LEPTON_NODE_PACKAGES", "test=tests.worker.plugin")
    made = EngineProcess((*ENGINE_COMMAND, "--light"))
    yield made
    made.close()


@pytest.fixture
def request_for(tmp_path):
    def build(kind, inputs=None, **params):
        return {
            "op": "run",
            "type": f"test.{kind}",
            "version": 1,
            "params": params,
            "seed": 0,
            "device": "cpu",
            "inputs": inputs or {},
            "datasets": {},
            "store": str(tmp_path / "artifacts"),
            "workspace": str(tmp_path / "attempts"),
        }

    return build


def wait_until(condition, seconds=20):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_node_runs_and_its_result_lies_in_the_store(child, request_for):
    done = child.request(request_for("nothing", value=3.0))["done"]
    output = done["outputs"]["metrics"]
    assert (output["wire"], done["headline"]["message"]) == ("metrics", "value 3")
    address = output["address"]
    again = child.request(request_for("nothing", {"a": address}, value=3.0))["done"]
    assert again["outputs"]["metrics"]["address"] == address  # equal values share an address


def test_what_libraries_print_does_not_break_the_protocol_and_no_point_is_dropped(child, request_for):
    heard = []
    answer = child.request(request_for("talks", points=20_000), on_events=heard.extend)
    assert answer["done"]["headline"]["message"] == "points 20,000"
    points = [point["step"] for event in heard if event["event"] == "metric" for point in event["points"]]
    assert points == list(range(20_000))


def test_events_come_at_most_ten_times_a_second(child, request_for):
    child.request(request_for("nothing"))
    batches = []
    started = time.monotonic()
    child.request(request_for("talks", points=200, pause_seconds=0.003), on_events=batches.append)
    assert len(batches) <= (time.monotonic() - started) * 10 + 2


def test_an_error_for_the_person_keeps_its_trace_apart(child, request_for):
    error = child.request(request_for("fails"))["error"]
    assert error["message"] == "This cannot be done. Choose something else."
    assert (error["kind"], error["param"], error["fix"]) == ("node", "how", "test.nothing")
    assert "fails/node.py" in error["trace"]


@pytest.mark.parametrize(("how", "kind"), [("bug", "bug"), ("memory", "memory")])
def test_any_other_error_is_told_apart_and_the_process_lives_on(child, request_for, how, kind):
    assert child.request(request_for("fails", how=how))["error"]["kind"] == kind
    assert "done" in child.request(request_for("nothing"))


def test_wrong_parameters_and_unknown_nodes_are_sentences(child, request_for):
    error = child.request(request_for("nothing", value="many"))["error"]
    assert (error["kind"], error["param"]) == ("node", "value")
    assert "not installed" in child.request(request_for("never_made"))["error"]["message"]


def test_cancelling_stops_a_node_that_asks_and_not_the_next_one(child, request_for, tmp_path):
    heard = threading.Event()
    result = {}

    def ask():
        request = request_for("talks", until=str(tmp_path / "never"))
        result.update(child.request(request, on_events=lambda _: heard.set()))

    asking = threading.Thread(target=ask)
    asking.start()
    heard.wait(20)
    child.cancel()
    asking.join(20)
    assert result["error"]["kind"] == "cancelled"
    child.cancel()  # too late: nothing runs
    assert "done" in child.request(request_for("nothing"))


def test_a_node_that_blocks_is_killed_when_time_is_up_and_the_process_replaced(child, request_for):
    with pytest.raises(EngineProcessTimeout):
        child.request(request_for("blocks"), timeout_seconds=1)
    assert "done" in child.request(request_for("nothing"))


def test_the_cause_of_a_death_is_named(child, request_for, tmp_path):
    with pytest.raises(EngineProcessDied, match="SIGKILL"):
        child.request(request_for("dies", folder=str(tmp_path)))


def test_a_memory_limit_hurts_the_attempt_and_nobody_else(request_for, monkeypatch):
    monkeypatch.setenv("LEPTON_NODE_PACKAGES", "test=tests.worker.plugin")
    child = EngineProcess((*ENGINE_COMMAND, "--light"), memory_bytes=3 * 1024**3)
    try:
        answer = child.request(request_for("grows", gigabytes=8))
        assert answer["error"]["kind"] == "memory"
        assert "done" in child.request(request_for("nothing"))
    finally:
        child.close()


def test_the_process_dies_with_its_parent_even_while_c_code_runs(request_for, tmp_path):
    started = tmp_path / "started"
    code = (
        "import os, sys, json\n"
        "from apps.common.engine_process import EngineProcess\n"
        "child = EngineProcess(); child.start(); print(child.pid, flush=True)\n"
        "child.request(json.loads(sys.argv[1]))\n"
    )
    import json

    parent = subprocess.Popen(
        [sys.executable, "-c", code, json.dumps(request_for("blocks", started=str(started)))],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "leptonweb.settings.test",
            "LEPTON_NODE_PACKAGES": "test=tests.worker.plugin",
        },
        stdout=subprocess.PIPE,
    )
    engine = int(parent.stdout.readline())
    wait_until(started.exists)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not psutil.pid_exists(engine) or psutil.Process(engine).status() == psutil.STATUS_ZOMBIE)


def test_an_answer_that_is_no_json_is_an_error_of_the_node_and_the_process_lives_on():
    code = (
        "import sys, tasks.engine.__main__ as engine\n"
        "engine._perform = lambda request, *_: {'value': request['value'] or float('nan')}\n"
        "sys.argv = ['engine', '--light']\n"
        "engine.main()\n"
    )
    child = EngineProcess((sys.executable, "-c", code))
    try:
        error = child.request({"op": "run", "value": 0})["error"]
        assert error["kind"] == "bug"
        assert "ValueError" in error["message"]
        assert child.request({"op": "run", "value": 7})["done"] == {"value": 7}
    finally:
        child.close()


def test_the_light_process_imports_no_heavy_library(child):
    child.request({"op": "infer", "document": {"nodes": [], "edges": []}})
    maps = Path(f"/proc/{child.pid}/maps").read_text()
    for library in ("pandas", "sklearn", "torch", "lightgbm"):
        assert f"/{library}/" not in maps


def test_the_process_does_not_get_the_secrets_of_the_application(monkeypatch):
    for name in (*SECRETS, "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "secret")
    code = "import json, os; input(); print(json.dumps({'request': 1, 'done': dict(os.environ)}), flush=True)"
    child = EngineProcess((sys.executable, "-c", code))
    try:
        given = child.request({}, timeout_seconds=30)["done"]
    finally:
        child.close()
    assert not SECRETS & set(given)
    assert given["AWS_SECRET_ACCESS_KEY"] == "secret"


def test_the_key_of_models_comes_through_a_pipe_and_is_read_once():
    code = (
        "import json, os; from tasks.artifacts import signature; input(); signature.receive_key(); "
        "print(json.dumps({'request': 1, 'done': [signature._key().decode(), sorted(os.environ)]}), flush=True)"
    )
    child = EngineProcess((sys.executable, "-c", code))
    try:
        key, names = child.request({}, timeout_seconds=30)["done"]
    finally:
        child.close()
    assert key == settings.LEPTON_ARTIFACT_KEY
    assert not [name for name in names if "KEY" in name.replace("AWS", "") and ("ARTIFACT" in name or "MODEL" in name)]


@pytest.fixture
def deaf(tmp_path):
    """A child that reads nothing before somebody opens the other end of a pipe; then it tells what it was sent."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    code = (
        "import json, sys\n"
        "open(sys.argv[1]).close()\n"
        "first, second = (json.loads(sys.stdin.readline()) for _ in range(2))\n"
        "print(json.dumps({'request': first['request'], 'done': [len(first['text']), second]}), flush=True)\n"
    )
    made = EngineProcess((sys.executable, "-c", code, str(gate)))
    made.gate = gate
    yield made
    made.close()


MORE_THAN_A_PIPE_HOLDS = {"op": "run", "text": "x" * 200_000}


def test_a_child_that_does_not_read_its_request_is_given_up_in_time(deaf):
    began = time.monotonic()
    with pytest.raises(EngineProcessTimeout):
        deaf.request(MORE_THAN_A_PIPE_HOLDS, timeout_seconds=0.2)
    assert time.monotonic() - began < 10
    assert not deaf.is_alive


def test_cancelling_never_waits_for_a_child_that_does_not_read_and_reaches_it_when_it_does(deaf):
    answers = []
    asking = threading.Thread(target=lambda: answers.append(deaf.request(MORE_THAN_A_PIPE_HOLDS)), daemon=True)
    asking.start()
    wait_until(lambda: deaf._writing.locked() and deaf.is_alive)
    cancelling = threading.Thread(target=deaf.cancel, daemon=True)
    cancelling.start()
    cancelling.join(10)
    assert not cancelling.is_alive()
    deaf.gate.open("w").close()
    asking.join(20)
    assert answers == [{"done": [200_000, {"op": "cancel", "request": 1}]}]


def test_a_child_that_cannot_be_killed_is_not_waited_for_without_limit(deaf):
    deaf.start()
    process = deaf._process
    waits = []

    def wait(timeout=None):
        waits.append(timeout)
        raise subprocess.TimeoutExpired("child", timeout)

    process.wait, really_wait = wait, process.wait
    deaf.kill()
    assert waits == []
    assert not deaf.is_alive  # the next request starts another one
    deaf.close()
    assert len(waits) == 1
    assert waits[0] is not None
    really_wait(20)


def test_an_answer_that_is_too_large_is_named_so_and_does_not_count_as_an_interruption(monkeypatch):
    monkeypatch.setattr(engine_process, "MAX_LINE_BYTES", 1_000_000)
    child = EngineProcess((sys.executable, "-c", "input(); print('x' * 3_000_000, flush=True); input()"))
    with pytest.raises(EngineProcessAnswerTooLarge) as caught:
        child.request({"op": "run"})
    assert parts_of(caught.value.message) == {"id": "engine.answer_too_large", "params": {"limit": 1}}
    assert not is_interruption(caught.value)
    assert not child.is_alive
    child.close()
