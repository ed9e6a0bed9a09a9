"""The same promises on PostgreSQL, with Redis and with RabbitMQ as the broker."""

from __future__ import annotations

import random
import uuid
from contextlib import ExitStack
from urllib.parse import urlsplit

import psutil
import pytest

from tests.cluster import services
from tests.worker.stack import Stack, node, wait_until, wire

pytestmark = [pytest.mark.worker, pytest.mark.full]


@pytest.fixture(scope="module", params=["redis", "rabbitmq"])
def stack(request, tmp_path_factory):
    with ExitStack() as kept:
        made = Stack(tmp_path_factory.mktemp(request.param) / "data")
        made.environment["DATABASE_URL"] = kept.enter_context(services.database())
        if request.param == "rabbitmq":
            made.environment["LEPTON_BROKER_URL"] = kept.enter_context(services.virtual_host())
        kept.callback(made.close)
        made.start_all()
        yield made


def chain(*names, kind="nothing", **params_of):
    nodes = [node(name, kind, **params_of.get(name, {})) for name in names]
    nodes[0]["params"].setdefault("value", random.random())
    return {"nodes": nodes, "edges": [wire(a, b) for a, b in zip(names, names[1:], strict=False)]}


def states(run):
    return {found["node"]: found["state"] for found in run["nodes"]}


def ends(stack, run):
    told = stack.call("GET", f"runs/{run}/events/?limit=2000")
    assert [event["seq"] for event in told["events"]] == list(range(1, told["last_seq"] + 1))
    return sorted(e["node"] for e in told["events"] if e["kind"] == "node.status" and e["state"] == "done")


@pytest.mark.parametrize("kind", ["nothing", "quick"])
def test_a_chain_runs_to_its_end_and_is_not_done_again(stack, kind):
    document = chain("a", "b", "c", kind=kind)
    run = stack.new_run(document)
    assert stack.ended(run)["state"] == "done"
    assert ends(stack, run) == ["a", "b", "c"]
    assert all(found["is_cached"] for found in stack.ended(stack.new_run(document))["nodes"])


def test_many_runs_at_once_all_end_and_each_node_once(stack):
    wide = {"nodes": [node(f"n{at}", "nothing", value=random.random()) for at in range(8)], "edges": []}
    wide["nodes"].append(node("end", "nothing"))
    wide["edges"] = [wire("n0", "end", "a"), wire("n1", "end", "b")]
    runs = [stack.new_run(wide) for _ in range(10)]
    for run in runs:
        assert stack.ended(run, 120)["state"] == "done"
        assert len(ends(stack, run)) == 9


def test_a_failed_branch_leaves_the_others(stack):
    nodes = [node("a", "nothing", value=random.random()), node("bad", "fails"), node("b", "nothing")]
    run = stack.new_run({"nodes": nodes, "edges": [wire("a", "bad"), wire("a", "b")]})
    assert states(stack.ended(run)) == {"a": "done", "bad": "failed", "b": "done"}


def test_cancelling_stops_what_blocks(stack, tmp_path):
    started = tmp_path / "started"
    run = stack.new_run({"nodes": [node("x", "blocks", started=str(started))], "edges": []})
    wait_until(started.exists, "the node runs")
    stack.call("POST", f"runs/{run}/cancel/")
    assert stack.ended(run, 15)["state"] == "cancelled"


def test_the_same_key_starts_one_run(stack):
    graph = stack.call("POST", "graphs/", {"name": "g", "document": chain("a")})
    key = uuid.uuid4().hex
    runs = {stack.call("POST", f"graphs/{graph['id']}/runs/", {"idempotency_key": key})["id"] for _ in range(3)}
    assert len(runs) == 1


@pytest.mark.parametrize("kind", ["talks", "quick"])
def test_a_killed_worker_loses_nothing(stack, tmp_path, kind):
    go = tmp_path / "go"
    document = chain("a", "b", "c", kind="quick")
    document["nodes"][1] = node("b", kind, until=str(go))
    run = stack.new_run(document)
    stack.wait_for(run, lambda now: states(now)["b"] == "running")
    engines = stack.children_of("worker")
    stack.stop("worker")
    wait_until(lambda: not any(map(psutil.pid_exists, (e.pid for e in engines))), "its engine processes are gone")
    go.touch()
    stack.start_worker()
    assert stack.ended(run, 90)["state"] == "done"
    assert ends(stack, run) == ["a", "b", "c"]


def test_work_whose_bell_is_gone_is_done_all_the_same(stack):
    stack.stop("worker")
    run = stack.new_run(chain("a", "b"))
    broker = stack.environment.get("LEPTON_BROKER_URL")
    if broker:
        from kombu import Connection

        with Connection(broker) as connection, connection.channel() as channel:
            assert channel.queue_purge("cpu") > 0
    else:
        stack.stop("redis")
        stack.start_redis()
    stack.start_worker()
    assert stack.ended(run, 90)["state"] == "done"


def test_with_rabbitmq_the_queues_are_copied_to_most_brokers(stack):
    broker = stack.environment.get("LEPTON_BROKER_URL")
    if not broker:
        pytest.skip("this one is about RabbitMQ")
    try:
        kinds = services.queues_of(urlsplit(broker).path.lstrip("/"))
    except OSError as error:
        pytest.skip(f"rabbitmqctl cannot be asked: {error}")
    assert kinds["cpu"] == kinds["gpu"] == "quorum"
