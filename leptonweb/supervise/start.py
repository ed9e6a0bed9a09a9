"""The steps of ``manage.py up``, in order."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings
from django.http.request import validate_host

from apps.common.spa_shell import is_built
from leptonweb.supervise import preparation, processes, readiness
from leptonweb.supervise.bundled_redis import bundled_redis
from leptonweb.supervise.data_dir_lock import lock_data_dir
from leptonweb.supervise.gpus import count_gpus
from leptonweb.supervise.library_check import LibraryCheck
from leptonweb.supervise.ports import require_free
from leptonweb.supervise.process_spec import ProcessSpec
from leptonweb.supervise.start_error import StartError
from leptonweb.supervise.stored_secrets import load_or_create_secret
from leptonweb.supervise.supervision import Supervision
from leptonweb.supervise.terminal import Terminal
from tasks.inference.server.process.handover import may_begin

REDIS = "redis"
START_SECONDS = 90.0
ANY_ADDRESS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104


@dataclass(frozen=True)
class Plan:
    """The processes to start, and what the announcement needs."""

    layout: processes.Layout
    children: list[ProcessSpec]
    redis_url: str
    broker_url: str
    setup_token: str | None
    has_page_server: bool = False

    @property
    def reachable_host(self) -> str:
        """The host in the page's address: the loopback address when the server listens on every interface."""
        return "127.0.0.1" if self.layout.host in ANY_ADDRESS else self.layout.host

    @property
    def address(self) -> str:
        """The page."""
        host = f"[{self.reachable_host}]" if ":" in self.reachable_host else self.reachable_host
        return f"http://{host}:{self.layout.port}/"


def up(*, with_page_server: bool = False) -> None:
    """Start all processes, and return once a signal has ended them.

    Args:
        with_page_server: Start Vite's server too, for working on the page.

    Raises:
        StartError: A check failed, or a process did not become ready.
    """
    # The data hold accounts, uploads and models: what this process and its children write is for this user alone,
    # also in a data folder that others may enter.
    os.umask(0o077)
    folder: Path = settings.LEPTON_DATA_DIR
    lock = lock_data_dir(folder)
    preparation.close_data_folder(folder)
    layout = _layout(folder)
    require_free(layout.host, layout.port, variable="LEPTON_PORT", what="The page")
    if not may_begin(layout.host, layout.serve_port):
        require_free(layout.host, layout.serve_port, variable="LEPTON_SERVE_PORT", what="The serving plane")
    if layout.port == layout.serve_port:
        raise StartError(f"LEPTON_PORT and LEPTON_SERVE_PORT are both {layout.port}. Give each a port of its own.")
    preparation.require_catalogue()
    plan = _prepare(layout, folder)
    if with_page_server:
        page_server = processes.page_server_process(plan.children[-1].environment)
        plan = replace(plan, children=[*plan.children, page_server], has_page_server=True)
    lock.record_holder(address=plan.address)
    asyncio.run(_supervise(plan))


def _layout(folder: Path) -> processes.Layout:
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:8]
    return processes.Layout(
        host=settings.LEPTON_HOST,
        port=settings.LEPTON_PORT,
        serve_port=settings.LEPTON_SERVE_PORT,
        slots=settings.LEPTON_WORKER_SLOTS,
        gpus=count_gpus(),
        worker_suffix=f"{socket.gethostname()}-{digest}",
    )


def _prepare(layout: processes.Layout, folder: Path) -> Plan:
    secrets_folder: Path = settings.LEPTON_SECRETS_DIR
    settings.SECRET_KEY = load_or_create_secret("LEPTON_SECRET_KEY", secrets_folder)
    settings.LEPTON_ARTIFACT_KEY = load_or_create_secret("LEPTON_ARTIFACT_KEY", secrets_folder)
    redis_url = os.environ.get("REDIS_URL", "").strip()
    children = []
    if redis_url:
        preparation.require_redis(redis_url)
    else:
        own = bundled_redis(folder, secrets_folder)
        redis_url = own.url
        children.append(processes.redis_process(own.command))
    broker_url = os.environ.get("LEPTON_BROKER_URL", "").strip()
    if broker_url:
        preparation.require_broker(broker_url)
    preparation.require_artifact_store(settings.LEPTON_ARTIFACTS_URL)
    preparation.require_database(os.environ.get("DATABASE_URL", "").strip())
    preparation.migrate()
    token = preparation.ensure_first_account()
    preparation.close_database_connections()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
        "LEPTON_DATA_DIR": str(folder),
        "LEPTON_SECRET_KEY": settings.SECRET_KEY,
        "LEPTON_ARTIFACT_KEY": settings.LEPTON_ARTIFACT_KEY,
        "REDIS_URL": redis_url,
        "PYTHONUNBUFFERED": "1",
    }
    children += processes.product_processes(layout, environment)
    return Plan(layout, children, redis_url, broker_url or redis_url, token)


async def _supervise(plan: Plan) -> None:
    terminal = Terminal([child.name for child in plan.children])
    supervision = Supervision(plan.children, terminal)
    asked_to_end = _on_signals(supervision)
    await supervision.open()
    bringing_up = asyncio.ensure_future(_bring_up(plan, supervision, terminal))
    library_check = LibraryCheck(terminal.announce)
    library_check.start()
    try:
        await asyncio.wait({bringing_up, asked_to_end, supervision.gave_up}, return_when=asyncio.FIRST_COMPLETED)
        for step in (supervision.gave_up, bringing_up):
            if step.done():
                step.result()
        if not asked_to_end.done():
            supervision.ready()
            announce(plan, terminal)
            await asked_to_end
        terminal.announce("Ending.")
    finally:
        bringing_up.cancel()
        library_check.stop()
        await supervision.close(last=REDIS)
    terminal.announce("Everything has ended.")


async def _bring_up(plan: Plan, supervision: Supervision, terminal: Terminal) -> None:
    async def answer(what: str, probe: Callable[[], bool]) -> None:
        def on_wait() -> None:
            terminal.announce(f"{what} is still starting.")

        await readiness.wait_until(what, probe, timeout_seconds=START_SECONDS, on_wait=on_wait)

    names = [child.name for child in plan.children]
    terminal.announce(f"Starting {', '.join(names)}.")
    if REDIS in names:
        await supervision.start(REDIS)
        await answer("Redis", lambda: readiness.redis_answers(plan.redis_url))
    await supervision.start(*(name for name in names if name != REDIS))
    host, layout = plan.reachable_host, plan.layout
    await asyncio.gather(
        answer(
            "The page",
            lambda: readiness.http_answers(host, layout.port, "/api/v1/health/", name=known_host_name(host)),
        ),
        answer("The server of endpoints", lambda: readiness.http_answers(host, layout.serve_port, "/")),
        answer("The worker", lambda: readiness.worker_answers(plan.broker_url, layout.cpu_worker)),
    )


def known_host_name(host: str) -> str:
    """Return a name that the page answers to: behind a proxy it may not be that of this machine."""
    if validate_host(host, settings.ALLOWED_HOSTS):
        return ""
    return settings.ALLOWED_HOSTS[0].removeprefix(".")


def _on_signals(supervision: Supervision) -> asyncio.Future[None]:
    """Return a future that the first signal to end resolves; the second signal kills all processes."""
    loop = asyncio.get_running_loop()
    stop_requested: asyncio.Future[None] = loop.create_future()

    def end() -> None:
        if stop_requested.done():
            supervision.kill_all()
        else:
            stop_requested.set_result(None)

    # They replace those of circus, which restarts everything when the terminal is closed (SIGHUP).
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        loop.add_signal_handler(number, end)
    return stop_requested


def announce(plan: Plan, terminal: Terminal) -> None:
    """Write where LeptonWeb is reached, and what a person does next."""
    terminal.announce(f"LeptonWeb is ready at {plan.address}")
    if not (plan.has_page_server or is_built()):
        terminal.announce(
            "The page itself is not built, so that this address shows a note and only the API works. "
            "End this and start with “make run”, which builds it."
        )
    if plan.setup_token:
        terminal.announce(
            f"Make the first account with this link, which works once: {plan.address}setup?token={plan.setup_token}"
        )
    terminal.announce("Press Ctrl-C to end it.")
