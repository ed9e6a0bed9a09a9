"""``python -m tasks.inference.server``: start the serving processes."""

from __future__ import annotations

import contextlib
import sys

import uvicorn

from tasks.inference.devices import NoSuchDevice, providers
from tasks.inference.server.process.handover import AddressInUse, SupervisorLock, bound
from tasks.inference.server.process.orphan_guard import STOP_SECONDS
from tasks.inference.server.process.settings import BadSetting, Settings
from tasks.inference.server.process.supervisor import SingleProcessServer, Supervisor

HANG_SECONDS = 30
"""A process that says nothing for so long is replaced, and a new one may take so long to load what it serves."""

BACKLOG = 2048


def main() -> None:
    """Serve until a signal to stop; requests under way are answered first.

    Several processes share one listening socket that this one holds: a client that connects while one of them is
    replaced is accepted by the other or waits. SIGHUP replaces them one by one, each when its successor answers. When
    this process is killed they serve on until those of the next one answer (`orphan_guard`).
    """
    try:
        settings = Settings.from_environment()
        providers(settings.device)
    except BadSetting as fault:
        sys.exit(str(fault))
    except NoSuchDevice as fault:
        sys.exit(f"LEPTON_SERVE_DEVICE: {fault}")
    try:
        claim = SupervisorLock(settings.port)
        listening = bound(settings.host, settings.port)
    except AddressInUse as fault:
        sys.exit(str(fault))
    if settings.processes > 1:
        Supervisor(_config(settings), listening, claim).run()
    else:
        with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it once more after everything has stopped
            SingleProcessServer(_config(settings), claim).run([listening])


def _config(settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        "tasks.inference.server.http.application:create",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.processes,
        loop="uvloop",
        http="tasks.inference.server.http.buffered_protocol:BufferedProtocol",
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_worker_healthcheck=HANG_SECONDS,
    )


if __name__ == "__main__":
    main()
