"""The processes of LeptonWeb: their commands and environments."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from leptonweb.supervise.process_spec import ProcessSpec

PYTHON = (sys.executable, "-m")
MANAGE = (sys.executable, "manage.py")
# Beyond LEPTON_DRAIN_SECONDS, in which requests finish: time for websockets to close.
WEB_GRACE_SECONDS = 5.0
REDIS_ROUTINE = (
    "oO0OoO0OoO0Oo",
    "just started",
    "Configuration loaded",
    "Server initialized",
    "Memory overcommit must be enabled",
    "scheduling shutdown",
    "User requested shutdown",
    "now ready to exit",
)
WORKER_ROUTINE = ("worker: Warm shutdown",)
# Containers run as root. The warning is about pickle, which these workers do not accept.
ROOT_IS_FINE = "ignore:You're running the worker with superuser privileges"
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Layout:
    """Addresses, numbers of slots and GPUs, and the worker's name."""

    host: str
    port: int
    serve_port: int
    slots: int
    gpus: int
    worker_suffix: str

    @property
    def cpu_worker(self) -> str:
        """Celery's name of the CPU worker; two installations on one broker must not share it."""
        return f"cpu@{self.worker_suffix}"


def redis_process(command: tuple[str, ...]) -> ProcessSpec:
    """Return the bundled Redis; its environment has no secrets, its password is in its configuration file."""
    environment = {"PATH": os.environ.get("PATH", os.defpath)}
    return ProcessSpec("redis", command, environment, unremarkable=REDIS_ROUTINE)


def product_processes(layout: Layout, environment: Mapping[str, str]) -> list[ProcessSpec]:
    """Return LeptonWeb's own processes, in the order of starting."""
    web = (*PYTHON, "leptonweb.web", "--host", layout.host, "--port", str(layout.port))
    children = [
        ProcessSpec("web", web, environment, grace_seconds=settings.LEPTON_DRAIN_SECONDS + WEB_GRACE_SECONDS),
        _worker("worker", environment, node=layout.cpu_worker, queues="cpu", slots=layout.slots),
        ProcessSpec("reconciler", (*MANAGE, "reconcile"), environment),
        # Its processes keep answering until those of its successor do.
        ProcessSpec("serve", (*MANAGE, "serve"), environment, offspring_stays=True),
    ]
    if layout.gpus:
        node = f"gpu@{layout.worker_suffix}"
        children.append(_worker("gpu", environment, node=node, queues="gpu", slots=layout.gpus))
    return children


def page_server_process(environment: Mapping[str, str]) -> ProcessSpec:
    """Return Vite's development server, which reloads the page on each change of its source."""
    return ProcessSpec("page", ("npm", "--prefix", "frontend", "run", "dev"), environment)


def _worker(name: str, environment: Mapping[str, str], *, node: str, queues: str, slots: int) -> ProcessSpec:
    work = ("-n", node, "-Q", queues, "-c", str(slots), "--loglevel", "WARNING")
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    command = (*PYTHON, "celery", "-A", "leptonweb", "--quiet", "worker", *work, *quiet)
    # The engine processes share the cores; more threads than cores slow each other down.
    threads = str(max(1, (os.cpu_count() or 1) // slots))
    seen = {**dict.fromkeys(THREAD_VARIABLES, threads), "PYTHONWARNINGS": ROOT_IS_FINE, **environment}
    return ProcessSpec(name, command, seen, unremarkable=WORKER_ROUTINE)
