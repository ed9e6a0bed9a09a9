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
from tests.worker.test_ingest import read, upload
from tests.worker.test_resume import epochs_of, found, logged, training, wait_for_epoch

pytestmark = [pytest.mark.worker, pytest.mark.full]


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


def check_ingests(stack):
    """Check that a file is read by a worker that does not see the disk of the web process."""
    rows = "".join(f"{size},{size * 3.5}\n" for size in range(50, 90))
    dataset = read(stack, upload(stack, "houses.csv", f"size,price\n{rows}".encode()))
    assert (dataset["status"], dataset["rows"]) == ("ready", 40), dataset
    source = {"id": "s", "type": "source.file", "params": {"dataset": dataset["id"], "target": "price"}}
    run = stack.ended(stack.new_run({"nodes": [source], "edges": []}), 120)
    assert run["state"] == "done", run["nodes"][0]["error"]
    assert not [path for path in (stack.folder / "uploads").rglob("*") if path.is_file()]
    return dataset["id"]


def uploaded(names):
    """Return the uploaded files in the bucket."""
    import s3fs

    store = s3fs.S3FileSystem(
        key="test", secret="test", endpoint_url=names["AWS_ENDPOINT_URL"], skip_instance_cache=True
    )
    return list(store.find("results/kept/uploads"))


def test_another_worker_with_a_disk_of_its_own_reads_uploads_and_goes_on_with_trainings(tmp_path):
    with ExitStack() as kept:
        stack = Stack(tmp_path / "data", slots=1)
        stack.environment["DATABASE_URL"] = kept.enter_context(services.database())
        stack.environment |= (names := kept.enter_context(remote.object_store(tmp_path)))
        stack.environment["LEPTON_CHECKPOINT_SECONDS"] = "0"
        kept.callback(stack.close)
        stack.start_redis()
        stack.prepare()
        stack.start_web()
        stack.start("reconciler", "manage.py", "reconcile")
        wait_until(stack.is_up, "the web process answers")
        start_worker_elsewhere(stack, "one")
        dataset = check_ingests(stack)
        assert len(uploaded(names)) == 1
        stack.call("DELETE", f"datasets/{dataset}/")
        assert uploaded(names) == []
        run = stack.new_run(training(seed=6))
        wait_for_epoch(stack, run, 10)
        stack.stop("one")
        start_worker_elsewhere(stack, "two")
        done = stack.ended(run, 120)
        assert (done["state"], found(done, "m")["attempt"] > 1) == ("done", True), done
        assert any(line.startswith("Continued from epoch ") for line in logged(stack, run))
        steps = [step for step, _ in epochs_of(stack, run)]
        assert steps == list(range(1, len(steps) + 1))


def start_worker_elsewhere(stack, name):
    """Start a worker that has neither the data folder nor the temporary folder of any other process."""
    ours = stack.environment
    folder = stack.folder.parent / name
    (folder / "tmp").mkdir(parents=True)
    stack.environment = {**ours, "LEPTON_DATA_DIR": str(folder), "TMPDIR": str(folder / "tmp")}
    stack.start_worker(name)
    stack.environment = ours


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
        check_ingests(stack)
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
