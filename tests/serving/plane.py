"""A serving plane as a process, with snapshots published as the control plane publishes them."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import redis

from leptonweb.supervise.bundled_redis import server_program
from leptonweb.supervise.ports import free_port
from tasks import serving_interface
from tasks.artifacts.store import Store

ROOT = Path(__file__).resolve().parents[2]
KEY = "lep_for-tests"

# Far more than it takes, for machines that do much else at the time: processes that start need seconds of a core.
SECONDS = 60
START_SECONDS = 120


def wait_for(what, condition, seconds=SECONDS):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} did not come about within {seconds} s"
        time.sleep(0.01)
    return value


class RedisServer:
    """A redis-server without a disk."""

    def __init__(self, folder):
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.folder = folder

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        command = [str(server_program()), "--port", str(self.port), "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self.client = redis.Redis.from_url(self.url)
        wait_for("redis", self._answers)

    def stop(self):
        self.client.close()
        self.process.kill()
        self.process.wait()

    def _answers(self):
        try:
            return self.client.ping()
        except redis.RedisError:
            return False


class Plane:
    """A serving process, and the snapshot that a control plane would publish to it."""

    def __init__(self, folder, redis_url):
        self.folder = folder
        self.port = free_port()
        self.redis_url = redis_url
        self.store = Store(folder / "artifacts")
        self.revision = 0
        self.endpoints = {}
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            survivors = self.processes()
            for process in survivors:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(survivors, timeout=SECONDS)

    def processes(self):
        """Return all live processes of this plane, including those that outlived their supervisor."""
        own = {"LEPTON_SERVE_PORT": str(self.port), "LEPTON_DATA_DIR": str(self.folder)}
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if own.items() <= process.environ().items() and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def serving(self):
        """Return the ids of the processes that report to be serving."""
        with redis.Redis.from_url(self.redis_url) as client:
            names = client.smembers(serving_interface.PROCESSES_KEY)
        return {int(name.decode().rsplit("-", 2)[1]) for name in names}

    def start(self, **variables):
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LEPTON_", "DJANGO_")) and name != "REDIS_URL"
        }
        environment |= {
            "LEPTON_DATA_DIR": str(self.folder),
            "LEPTON_SERVE_PORT": str(self.port),
            "REDIS_URL": self.redis_url,
            "LEPTON_SERVE_PROCESSES": "1",
            **variables,
        }
        self.process = subprocess.Popen([sys.executable, "-m", "tasks.inference.server"], cwd=ROOT, env=environment)
        wait_for("an answer", self._answers, START_SECONDS)
        return self

    def _answers(self):
        assert self.process.poll() is None, f"it ended with code {self.process.returncode} before it answered"
        return self.get("/health/live") == 200

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=SECONDS)

    def serve(self, slug="house", *, package=None, address="", release=1, keys=(KEY,)):
        """Publish this endpoint; a package is put into the store first."""
        address = address or self.store.put(package).digest
        self.endpoints[slug] = {
            "slug": slug,
            "name": slug.title(),
            "release": release,
            "version": 1,
            "address": address,
            "keys": [
                {"id": f"key {number}", "hash": hashlib.sha256(key.encode()).hexdigest()}
                for number, key in enumerate(keys)
            ],
        }
        self.publish()
        return address

    def publish(self):
        """Publish all endpoints as the control plane does."""
        self.revision += 1
        content = json.dumps({"revision": self.revision, "endpoints": list(self.endpoints.values())})
        with redis.Redis.from_url(self.redis_url) as client:
            client.set(serving_interface.SNAPSHOT_KEY, content)
            client.set(serving_interface.REVISION_KEY, self.revision)
            client.publish(serving_interface.CHANGED_CHANNEL, self.revision)

    def wait_for_release(self, release, slug="house"):
        """Wait until every process reports to serve the release."""
        wait_for(f"release {release}", lambda: {one.get("release") for one in self.reports(slug)} == {release})

    def report(self, slug="house"):
        """Return the report of the one process on an endpoint."""
        return next(iter(self.reports(slug)), {})

    def reports(self, slug):
        with redis.Redis.from_url(self.redis_url) as client:
            said = [client.get(name) for name in client.keys(f"{serving_interface.PROCESS_KEY}*")]
        return [json.loads(one)["endpoints"].get(slug, {}) for one in said if one]

    def get(self, path):
        try:
            return self.call("GET", path)[0]
        except OSError:
            return 0

    def predict(self, rows, *, slug="house", key=KEY):
        """Return status and body."""
        status, body, _ = self.call("POST", f"/endpoints/{slug}/predict", json.dumps({"rows": rows}), key=key)
        return status, body

    def call(self, method, path, body=None, *, key=KEY, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            all_headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}", **headers}
            is_chunked = "Transfer-Encoding" in headers
            connection.request(method, path, body, all_headers, encode_chunked=is_chunked)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None, dict(answer.headers)
        finally:
            connection.close()
