"""Loading plug-ins in threads, so that one that is broken or hangs costs its own nodes and nothing else.

A thread cannot be ended from outside: one that hangs in an import goes on, and its plug-in counts as not loadable until
it ends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from time import monotonic
from typing import Generic, TypeVar

from tasks.contract.plugins import NodePackage
from tasks.graph.messages import Message

T = TypeVar("T")


class PluginError(Exception):
    """A plug-in cannot be loaded.

    Attributes:
        plugin: The plug-in.
        reason: Why, for an administrator.
        message: A sentence for the person whose graph has a node of it.
        is_loading: Whether it is still being loaded, and may be there later.
    """

    def __init__(self, plugin: NodePackage, reason: str, message: Message, *, is_loading: bool) -> None:
        super().__init__(message)
        self.plugin = plugin
        self.reason = reason
        self.message = message
        self.is_loading = is_loading


class PluginLoader(Generic[T]):
    """Loads each plug-in once, in a thread of its own; remembers what came of it.

    Args:
        read: Imports the modules of a plug-in and returns what they hold; runs in a thread.
    """

    def __init__(self, read: Callable[[NodePackage], T]) -> None:
        self._read = read
        self._started: dict[NodePackage, tuple[Future[T], float]] = {}
        self._lock = threading.Lock()

    def load(self, plugin: NodePackage, timeout_seconds: float) -> T:
        """Return what a plug-in holds. The time limit counts from the first call: later ones do not wait again.

        Raises:
            PluginError: Loading it failed, or is not over yet.
        """
        with self._lock:
            if plugin not in self._started:
                self._started[plugin] = self._start(plugin), monotonic()
            loading, began = self._started[plugin]
        wait([loading], timeout=max(0.0, began + timeout_seconds - monotonic()))
        if not loading.done():
            raise _still_loading(plugin, timeout_seconds)
        error = loading.exception()
        if error is not None:
            raise _broken(plugin, error) from error
        return loading.result()

    def _start(self, plugin: NodePackage) -> Future[T]:
        loading: Future[T] = Future()

        def run() -> None:
            try:
                loading.set_result(self._read(plugin))
            except BaseException as error:  # noqa: BLE001 - the edge of the thread; a module may even call sys.exit
                loading.set_exception(error)

        threading.Thread(target=run, name=f"plug-in {plugin.name}", daemon=True).start()
        return loading


def _still_loading(plugin: NodePackage, seconds: float) -> PluginError:
    message = Message(
        "plugin.still_loading",
        "The package {module}, which brings this node, has not been loaded after {seconds:g} seconds. Try again later; "
        "if it stays so, an administrator has to repair or remove the package.",
        module=plugin.module,
        seconds=seconds,
    )
    return PluginError(plugin, f"it is not loaded after {seconds:g} seconds", message, is_loading=True)


def _broken(plugin: NodePackage, error: BaseException) -> PluginError:
    reason = f"{type(error).__name__}: {error}".strip().splitlines()[0][:300]
    message = Message(
        "plugin.broken",
        "The package {module}, which brings this node, cannot be loaded ({error}). An administrator has to repair or "
        "remove it and to start LeptonWeb again.",
        module=plugin.module,
        error=reason,
    )
    return PluginError(plugin, reason, message, is_loading=False)
