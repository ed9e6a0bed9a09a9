"""The serving process itself: keys, swaps, restarts and what it loads."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import redis

from tasks import serving_interface
from tasks.inference.server.process.settings import FORMER_NAMES, BadSetting, Settings
from tests.serving.clients import ROW, RetryingClient, exchange
from tests.serving.packages import line
from tests.serving.plane import KEY, ROOT, Plane, RedisServer, wait_for

pytestmark = pytest.mark.worker


def test_a_revoked_key_is_dead_within_a_second(plane):
    plane.serve(package=line(), keys=(KEY, "lep_other"))
    plane.start().wait_for_release(1)
    assert plane.predict([ROW]) == (
        200,
        {"predictions": [23.0], "model": {"name": "House", "version": 1, "release": 1}, "warnings": []},
    )
    assert plane.predict([ROW], key="lep_other")[0] == 200
    plane.serve(address=plane.endpoints["house"]["address"], keys=("lep_other",))
    wait_for("the end of the key", lambda: plane.predict([ROW])[0] == 401, seconds=1)
    assert plane.predict([ROW], key="lep_other")[0] == 200


def test_a_change_is_taken_over_without_its_notification(plane, redis_server):
    plane.start()
    plane.revision = 1
    address = plane.store.put(line()).digest
    endpoint = {"slug": "house", "name": "House", "release": 1, "version": 1, "address": address, "keys": []}
    content = json.dumps({"revision": 1, "endpoints": [endpoint]})
    redis_server.client.mset({serving_interface.SNAPSHOT_KEY: content, serving_interface.REVISION_KEY: 1})
    plane.wait_for_release(1)


def test_a_redis_that_lost_a_moment_does_not_revive_a_key(plane, redis_server):
    plane.serve(package=line())
    plane.start().wait_for_release(1)
    before = redis_server.client.mget(serving_interface.SNAPSHOT_KEY, serving_interface.REVISION_KEY)
    plane.serve(address=plane.endpoints["house"]["address"], keys=("lep_other",))
    wait_for("the end of the key", lambda: plane.predict([ROW])[0] == 401)
    redis_server.client.mset(
        dict(zip((serving_interface.SNAPSHOT_KEY, serving_interface.REVISION_KEY), before, strict=True))
    )
    redis_server.client.publish(serving_interface.CHANGED_CHANNEL, "1")
    plane.revision += 1
    plane.serve("second", package=line(slope=3))
    wait_for("the next change", lambda: plane.predict([ROW], slug="second")[0] == 200)
    assert plane.predict([ROW])[0] == 401


class Callers:
    """Threads that ask without a pause and keep what they were told."""

    def __init__(self, port, count=4):
        self.port, self.wrong, self.answered = port, [], 0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._run) for _ in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def _run(self):
        body = json.dumps({"rows": [ROW]}).encode()
        head = f"POST /endpoints/house/predict HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
        request = f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            while not self.stopping.is_set():
                answer = exchange(connection, request)
                response = json.loads(answer.partition(b"\r\n\r\n")[2])
                # The slope of a release is its number, so an answer shows which model really made it.
                right = [10 * response.get("model", {}).get("release", 0) + 3]
                if not answer.startswith(b"HTTP/1.1 200") or response["predictions"] != right:
                    self.wrong.append(answer)
                self.answered += 1


def test_releases_are_swapped_under_load_without_a_failed_or_mixed_answer(plane):
    addresses = {number: plane.store.put(line(slope=number)).digest for number in range(1, 21)}
    plane.serve(address=addresses[1])
    plane.start().wait_for_release(1)
    with Callers(plane.port) as callers:
        for number in [*range(2, 21), 7, 1]:
            plane.serve(address=addresses[number], release=number)
            plane.wait_for_release(number)
    assert callers.wrong == []
    assert callers.answered > 100


def test_a_release_that_cannot_be_loaded_leaves_the_old_one_answering(plane):
    plane.serve(package=line())
    plane.start().wait_for_release(1)
    plane.serve(address="0" * 64, release=2)
    wait_for("a report", lambda: plane.report().get("failure"))
    status, body = plane.predict([ROW])
    assert (status, body["model"]["release"]) == (200, 1)


def test_it_goes_on_without_redis_and_starts_without_it(tmp_path):
    with RedisServer(tmp_path) as own, Plane(tmp_path, own.url) as plane:
        plane.serve(package=line())
        plane.start().wait_for_release(1)
        own.stop()
        assert plane.predict([ROW])[0] == 200
        plane.stop()
        plane.start()
        wait_for("an answer without Redis", lambda: plane.predict([ROW])[0] == 200)
        own.start()
        plane.serve(package=line(slope=5), release=2)
        plane.wait_for_release(2)
        assert plane.predict([ROW])[1]["predictions"] == [53.0]


def test_only_its_owner_can_read_the_stored_snapshot(plane):
    plane.serve(package=line())
    plane.start().wait_for_release(1)
    path = plane.folder / "serving" / "snapshot.json"
    assert path.stat().st_mode & 0o077 == 0
    assert KEY not in path.read_text()


def test_a_deleted_endpoint_is_404(plane):
    plane.serve(package=line())
    plane.start().wait_for_release(1)
    plane.endpoints.clear()
    plane.publish()
    wait_for("404", lambda: plane.predict([ROW])[0] == 404, seconds=1)


def test_counts_arrive_and_none_is_lost_when_it_stops(plane, redis_server):
    plane.serve(package=line())
    plane.start().wait_for_release(1)
    for _ in range(5):
        plane.predict([ROW])
    plane.predict([{}])
    plane.stop()
    counted = [json.loads(one) for one in redis_server.client.lrange(serving_interface.STATISTICS_KEY, 0, -1)]
    assert sum(one["statuses"].get("200", 0) for one in counted) == 5
    assert sum(one["statuses"].get("422", 0) for one in counted) == 1
    assert {key for one in counted for key in one["keys"]} == {"key 0"}
    assert redis_server.client.keys(f"{serving_interface.PROCESS_KEY}*") == [], "a process that ended says so"


def test_a_large_body_is_refused_in_words_not_by_a_broken_connection(plane):
    plane.serve(package=line())
    plane.start().wait_for_release(1)
    for headers in ({}, {"Transfer-Encoding": "chunked"}):
        body = b" " * (12 * 1024 * 1024)
        sent = iter([body]) if headers else body
        status, answer, _ = plane.call("POST", "/endpoints/house/predict", sent, **headers)
        assert (status, answer["code"]) == (413, "too_large")
    assert plane.predict([ROW])[0] == 200


def test_several_processes_share_the_port(plane):
    plane.serve(package=line())
    plane.start(LEPTON_SERVE_PROCESSES="2")
    with redis.Redis.from_url(plane.redis_url) as client:
        wait_for("two reports", lambda: client.scard(serving_interface.PROCESSES_KEY) == 2)
    plane.wait_for_release(1)
    assert plane.predict([ROW])[0] == 200


def test_a_request_under_way_is_answered_before_it_stops(plane):
    plane.serve(package=line())
    plane.start().wait_for_release(1)
    body = json.dumps({"rows": [ROW]}).encode()
    head = f"POST /endpoints/house/predict HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
    with socket.create_connection(("127.0.0.1", plane.port)) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:5])
        plane.predict([ROW])  # the process has seen what was sent before
        plane.process.terminate()
        wait_for("the end of listening", lambda: plane.get("/health/live") == 0)
        connection.sendall(body[5:])
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert plane.process.wait(timeout=20) is not None


def test_a_setting_that_is_no_number_is_one_sentence_and_an_exit(tmp_path):
    environment = {"PATH": "", "LEPTON_SERVE_CONCURRENCY": "many"}
    command = [sys.executable, "-m", "tasks.inference.server"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "LEPTON_SERVE_CONCURRENCY must be a whole number of at least 2, but it is “many”.\n"


@pytest.mark.parametrize(("name", "former"), FORMER_NAMES.items())
def test_a_setting_is_read_by_its_former_name_too(name, former, caplog):
    by_name = Settings.from_environment({name: "10"})
    assert not caplog.records
    assert by_name != Settings.from_environment({})
    assert Settings.from_environment({former: "10"}) == by_name
    assert caplog.messages == [f"{former} is called {name} now; the former name is still read."]
    assert Settings.from_environment({former: "20", name: "10"}) == by_name
    with pytest.raises(BadSetting, match=former):
        Settings.from_environment({former: "many"})


def test_a_device_that_is_not_there_is_one_sentence_and_an_exit():
    command = [sys.executable, "-m", "tasks.inference.server"]
    environment = {"PATH": "", "LEPTON_SERVE_DEVICE": "cuda:1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("LEPTON_SERVE_DEVICE: The installed ONNX Runtime cannot compute on “cuda:1”.")


HEAVY = ("pandas", "sklearn", "django", "torch", "scipy", "lightgbm", "rest_framework", "celery", "onnx", "pyarrow")


def test_the_process_loads_neither_django_nor_pandas_nor_a_training_library(tmp_path):
    from tasks.artifacts.store import Store

    address = Store(tmp_path).put(line()).digest
    code = f"""
import sys
from tasks.inference.server.http.application import Application
from tasks.inference.server.protocols.rows_json import answer_rows
import tasks.inference.server.__main__
from tasks.inference.server.process.settings import FORMER_NAMES, BadSetting, Settings
from tasks.inference.server.deployments.model_repository import Release
from tasks.inference.server.deployments.package import loader
from tasks.inference.server.deployments.snapshot import Entry
app = Application(Settings(artifacts_url={str(tmp_path)!r}))
release = Release.of(Entry("house", 1, {address!r}, "House", 1, {{}}), loader({str(tmp_path)!r})({address!r}))
assert b"23.0" in answer_rows(release, b'{{"rows": [{{"size": 10, "rooms": 2}}]}}').body
print(sorted(name for name in {HEAVY!r} if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_one_row_is_answered_in_well_under_the_time_pandas_takes(plane):
    plane.serve(package=line())
    plane.start().wait_for_release(1)
    body = json.dumps({"rows": [ROW]}).encode()
    head = f"POST /endpoints/house/predict HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    times = []
    with socket.create_connection(("127.0.0.1", plane.port)) as connection:
        for _ in range(300):
            started = time.perf_counter()
            exchange(connection, request)
            times.append(time.perf_counter() - started)
    assert sorted(times)[150] < 0.004, "a pandas frame of one row alone takes 7 ms"


@pytest.mark.parametrize("fault", ["killed", "renewed"])
def test_processes_are_killed_and_renewed_and_one_retry_is_enough(plane, fault):
    plane.serve(package=line())
    plane.start(LEPTON_SERVE_PROCESSES="2").wait_for_release(1)
    with redis.Redis.from_url(plane.redis_url) as client:

        def serving():
            return {int(name.decode().rsplit("-", 2)[1]) for name in client.smembers(serving_interface.PROCESSES_KEY)}

        wait_for("two processes", lambda: len(serving()) == 2)
        before = serving()
        with RetryingClient(plane.port) as caller:
            if fault == "killed":
                os.kill(min(before), signal.SIGKILL)
            else:
                plane.process.send_signal(signal.SIGHUP)
            fresh = 1 if fault == "killed" else 2
            wait_for("the new", lambda: len(serving() - before) == fresh, seconds=60)
            seen = caller.answered
            wait_for("more answers", lambda: caller.answered > seen + 20)
    assert caller.failed == []


def test_two_processes_unless_there_is_one_core(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    assert Settings.from_environment({}).processes == 2
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert Settings.from_environment({}).processes == 1
    assert Settings.from_environment({"LEPTON_SERVE_PROCESSES": "4"}).processes == 4
