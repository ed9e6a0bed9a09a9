"""Loading packages in threads, none of which is waited for beyond a time limit.

A thread cannot be ended from outside: one that hangs goes on, in a file system that does not answer for instance, and
its package counts as not loadable until it ends. Each load has a daemon thread of its own. In the event loop's thread
pool hanging ones would take the threads from everything else, and the process would wait for them when it ends.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from time import monotonic

from tasks.inference.server.deployments.package import Loader, Package


class LoadTimeout(Exception):
    """A package is being loaded for longer than the time limit. ``seconds``: that limit."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:g} seconds have passed")
        self.seconds = seconds


class PackageLoader:
    """Loads packages, each in one thread at a time.

    Args:
        load: Reads a package; runs in a thread.
        timeout_seconds: A load that takes longer counts as failed.
        on_late: Called in the event loop with a package that was loaded after it counted as failed.
    """

    def __init__(self, load: Loader, timeout_seconds: float, on_late: Callable[[Package], None]) -> None:
        self._load = load
        self._timeout = timeout_seconds
        self._on_late = on_late
        self._running: dict[str, tuple[asyncio.Future[Package], float]] = {}
        self._late: set[str] = set()

    async def load(self, address: str) -> Package:
        """Return the package at an address.

        Raises:
            LoadTimeout: It takes too long, or a load that did has not ended yet: then at once.
            Exception: What reading it raised.
        """
        if address not in self._running:
            self._running[address] = self._start(address), monotonic() + self._timeout
        future, ends_at = self._running[address]
        await asyncio.wait({future}, timeout=max(0.0, ends_at - monotonic()))
        if not future.done():
            self._late.add(address)
            raise LoadTimeout(self._timeout)
        return future.result()

    def _start(self, address: str) -> asyncio.Future[Package]:
        loaded: Future[Package] = Future()

        def run() -> None:
            try:
                loaded.set_result(self._load(address))
            except BaseException as error:  # thread edge: whoever waits gets it
                loaded.set_exception(error)

        loaded.set_running_or_notify_cancel()
        future = asyncio.wrap_future(loaded)
        future.add_done_callback(lambda _: self._end(address, future))
        threading.Thread(target=run, name=f"load {address[:12]}", daemon=True).start()
        return future

    def _end(self, address: str, future: asyncio.Future[Package]) -> None:
        del self._running[address]
        is_late = address in self._late
        self._late.discard(address)
        # Asking for the exception also marks it as seen, where nobody waits for the load any more.
        if not future.cancelled() and future.exception() is None and is_late:
            self._on_late(future.result())
