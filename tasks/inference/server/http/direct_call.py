"""Running a coroutine from a connection's callback without a task, so that an answer leaves as soon as it is known."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from tasks.inference.server.immediate_future import ImmediateFuture

T = TypeVar("T")

OnDone = Callable[[T | None, Exception | None], None]
"""Takes the result of a coroutine, or what it raised."""


class DirectCall(Generic[T]):
    """A coroutine that is finished by the callbacks of what it waits for.

    What the coroutine waits for must be futures: there is no current task, so ``asyncio.timeout`` and the like cannot
    be used in it.

    Args:
        coroutine: What to run.
        on_done: Called once with the result or the exception, unless `cancel` came first.
    """

    __slots__ = ("_coroutine", "_on_done", "is_over")

    def __init__(self, coroutine: Coroutine[Any, None, T], on_done: OnDone[T]) -> None:
        self._coroutine = coroutine
        self._on_done = on_done
        self.is_over = False

    def step(self, _: object = None) -> None:
        """Run until the coroutine waits or ends."""
        if self.is_over:
            return
        try:
            future = self._coroutine.send(None)
        except StopIteration as end:
            self.is_over = True
            self._on_done(end.value, None)
        except Exception as error:  # process edge: the connection answers and logs it
            self.is_over = True
            self._on_done(None, error)
        else:
            self.resume_after(future)

    def resume_after(self, future: Any) -> None:
        """Go on when the future that the coroutine waits for is done."""
        # As a task does: says that the future's yield was seen, and has itself called when it is done.
        future._asyncio_future_blocking = False  # noqa: SLF001 - asyncio's protocol between futures and tasks
        if isinstance(future, ImmediateFuture):
            future.resume = self.step
        else:
            future.add_done_callback(self.step)

    def cancel(self) -> None:
        """End the coroutine where it waits; its ``finally`` blocks run and ``on_done`` is not called."""
        if not self.is_over:
            self.is_over = True
            self._coroutine.close()
