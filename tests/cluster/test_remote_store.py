"""Results in an S3-compatible store: read by pages, reused by later runs, and made on a machine without our disk."""

from __future__ import annotations

import random
import sys
from contextlib import ExitStack
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.cluster import remote, services
from tests.worker.stack import Stack, node, wait_until, wire

pytestmark = pytest.mark.worker


def chain():
    first = random.randrange(10**6)
    nodes = [node("a", "quick", value=first), node("b", "nothing"), node("c", "talks", points=3)]
    return {"nodes": nodes, "edges": [wire("a", "b"), wire("b", "c")]}


def check_runs(stack):
    document = chain()
    run = stack.new_run(document)
    done = stack.ended(run, 120)
    assert done["state"] == "done", done
    content = stack.call("GET", f"runs/{run}/nodes/a/outputs/metrics/")
    assert content["values"]["value"] == document["nodes"][0]["params"]["value"] + 1.0
    assert all(found["is_cached"] for found in stack.ended(stack.new_run(document))["nodes"])


def test_results_in_an_object_store_are_shown_and_used_again(tmp_path):
    stack = Stack(tmp_path / "data")
    with remote.object_store(tmp_path) as names:
        stack.environment |= names
        try:
            stack.start_all()
            check_runs(stack)
            assert not (stack.folder / "artifacts").exists()
        finally:
            stack.close()


def test_a_worker_on_another_machine_without_our_disk_runs_the_same_graphs(tmp_path):
    with ExitStack() as kept:
        far = kept.enter_context(remote.another_host())
        url = kept.enter_context(services.database())
        stack = Stack(tmp_path / "data")
        stack.environment["DATABASE_URL"] = url
        stack.environment |= kept.enter_context(remote.object_store(tmp_path, remote.HERE))
        kept.callback(stack.close)
        parts = urlsplit(url)
        port = kept.enter_context(remote.relayed(parts.hostname or "localhost", parts.port or 5432))
        there = _seen_from_there(stack, url, port)
        stack.start_redis()
        _open_redis(stack)
        stack.prepare()
        stack.start_web()
        stack.start("reconciler", "manage.py", "reconcile")
        stack.environment, ours = there, stack.environment
        command = [sys.executable, "-m", "celery", "-A", "leptonweb", "worker", "-Q", "cpu", "-l", "WARNING"]
        stack._start("far", [*far, *command])
        stack.environment = ours
        wait_until(stack.is_up, "the web process answers")
        check_runs(stack)
        assert not list((tmp_path / "there").glob("**/*.sqlite3"))
        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT name FROM compute_host").fetchall()
        assert rows == [("far-away",)]


def _seen_from_there(stack, url, port):
    catalogue = stack.folder / "catalogue.json"
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    place = f"{user}@{remote.HERE}:{port}"
    return {
        **stack.environment,
        "LEPTON_DATA_DIR": str(stack.folder.parent / "there"),
        "LEPTON_CATALOGUE": str(catalogue),
        "DATABASE_URL": urlunsplit(parts._replace(netloc=place)),
        "REDIS_URL": f"redis://{remote.HERE}:{stack.redis_port}/0",
    }


def _open_redis(stack):
    import redis

    with redis.Redis(port=stack.redis_port) as client:
        client.config_set("protected-mode", "no")
        client.config_set("bind", "0.0.0.0")
