"""Systems that serve models, each in an environment of its own with the same fitted pipeline: one worker process each.

None of them checks a key, counts responses, or validates a value before the pipeline does. Each is requested for
probabilities only (classes too would cost a second pass), in the fastest form of request that its documentation shows
for a table of numbers and words.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.endpoint.servers import START_SECONDS, Row, Server, as_rows, is_ready
from bench.peers.environments import python_of, run
from leptonweb.supervise.ports import free_port
from tests.serving.plane import ROOT, wait_for

LIBRARIES = ("scikit-learn==1.9.1", "pandas==3.1.1", "lightgbm==4.7.0")
PEERS = ROOT / "bench" / "peers"
QUIET = {
    "BENTOML_DO_NOT_TRACK": "True",
    "DO_NOT_TRACK": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "UVICORN_LOG_LEVEL": "warning",  # a line for each request would cost some of their time
}

Form = Callable[[list[Row]], dict[str, Any]]


def as_tensors(rows: list[Row]) -> dict[str, Any]:
    """Return the body of the Open Inference Protocol: a tensor a column, which MLServer makes a frame of."""
    inputs = []
    for name, value in rows[0].items():
        column: dict[str, Any] = {"name": name, "shape": [len(rows)], "data": [row[name] for row in rows]}
        if isinstance(value, str):
            column |= {"datatype": "BYTES", "parameters": {"content_type": "str"}}
        else:
            column["datatype"] = "FP64"
        inputs.append(column)
    return {"parameters": {"content_type": "pd"}, "inputs": inputs, "outputs": [{"name": "predict_proba"}]}


def as_split(rows: list[Row]) -> dict[str, Any]:
    """Return the body that MLflow recommends."""
    return {"dataframe_split": {"columns": list(rows[0]), "data": [list(row.values()) for row in rows]}}


@dataclass(frozen=True)
class PeerServer:
    """A system that serves models.

    Attributes:
        packages: Pinned requirements.
        shape: Its processes, in words.
        command: Starts it: a program of its environment's ``bin`` with arguments, from the model's folder and the port.
        ready: The path of its readiness check.
        path: The path of predictions.
        form: Makes its request body of rows.
    """

    name: str
    packages: tuple[str, ...]
    shape: str
    command: Callable[[Path, int], list[str]]
    ready: str
    path: str
    form: Form = as_rows

    @contextmanager
    def serving(self, kind: str, folder: Path, environments: Path) -> Iterator[Server]:
        """Serve the pipeline while the block runs.

        Raises:
            subprocess.SubprocessError: It cannot be installed, or the pipeline not be fitted with what it installs.
        """
        home = folder / self.name
        home.mkdir()
        python = python_of(self.name, (*self.packages, *LIBRARIES), environments)
        surroundings = {**os.environ, **QUIET, "HOME": str(home), "PYTHONPATH": str(ROOT), "PEER_FOLDER": str(home)}
        run([str(python), "-m", "bench.peers.fit", kind, self.name, str(home)], surroundings)
        port = free_port()
        program, *options = self.command(home, port)
        surroundings["PATH"] = f"{python.parent}:{surroundings['PATH']}"
        with (home / "log").open("w") as log:
            process = subprocess.Popen(
                [str(python.parent / program), *options],
                env=surroundings,
                cwd=home,
                stdout=log,
                stderr=log,
            )
        try:
            wait_for(self.name, lambda: process.poll() is not None or is_ready(port, self.ready), START_SECONDS)
            if process.poll() is not None:
                raise subprocess.CalledProcessError(process.returncode, program, stderr=(home / "log").read_text())
            yield Server(self.name, port, self.path, psutil.Process(process.pid), form=self.form)
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process with its children, which may lead groups of their own."""
    if process.poll() is None:
        for one in (psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                one.kill()
    process.wait()


def _bentoml(_: Path, port: int) -> list[str]:
    return ["bentoml", "serve", "bench.peers.bentoml_service:House", "--port", str(port)]


def _mlserver(home: Path, port: int) -> list[str]:
    plain = {"host": "127.0.0.1", "http_port": port, "grpc_port": free_port(), "metrics_port": free_port()}
    model = {
        "name": "house",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": "./model.pickle"},
    }
    (home / "settings.json").write_text(json.dumps({**plain, "parallel_workers": 0, "debug": False}))
    (home / "model-settings.json").write_text(json.dumps(model))
    return ["mlserver", "start", str(home)]


def _mlflow(home: Path, port: int) -> list[str]:
    options = ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    return ["mlflow", "models", "serve", "-m", str(home / "model"), *options]


def _litserve(_: Path, port: int) -> list[str]:
    return ["python", str(PEERS / "litserve_server.py"), str(port)]


PEER_SERVERS = (
    PeerServer(
        "BentoML",
        ("bentoml==1.4.39",),
        "one worker behind its supervisor",
        _bentoml,
        "/readyz",
        "/predict",
    ),
    PeerServer(
        "MLServer",
        ("mlserver==1.7.1", "mlserver-sklearn==1.7.1"),
        "one process, the model in it",
        _mlserver,
        "/v2/models/house/ready",
        "/v2/models/house/infer",
        as_tensors,
    ),
    PeerServer(
        "MLflow",
        ("mlflow==3.17.2",),
        "models serve, one worker",
        _mlflow,
        "/ping",
        "/invocations",
        as_split,
    ),
    PeerServer(
        "LitServe",
        ("litserve==0.2.19",),
        "one worker behind one process that speaks HTTP",
        _litserve,
        "/health",
        "/predict",
    ),
)
