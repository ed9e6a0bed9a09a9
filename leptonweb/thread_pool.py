"""Celery's thread pool, with a notification of the consumer when a thread becomes free.

With prefetching off the consumer reads the broker only while a thread is free, and looks whether one is when something
wakes it. A job that ends in a thread wakes nobody, so the next message would lie there for up to a second and a half.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery.concurrency import thread
from kombu.asynchronous import get_event_loop


class EagerConsumerThreadPool(thread.TaskPool):
    """Celery's threads; the consumer looks at the broker again as soon as a job has ended."""

    def on_apply(
        self,
        target: Callable[..., Any],
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
        callback: Callable[..., Any] | None = None,
        accept_callback: Callable[..., Any] | None = None,
        **options: Any,
    ) -> Any:
        """Run a job in a thread; as Celery's own, which says what the arguments are."""

        def end(*results: Any) -> None:
            try:
                if callback is not None:
                    callback(*results)
            finally:
                wake_consumer()

        return super().on_apply(target, args, kwargs, end, accept_callback, **options)


def wake_consumer() -> None:
    """Have the consumer look at the broker now."""
    hub = get_event_loop()
    if hub is not None:
        hub.call_soon(_nothing)


def _nothing() -> None:
    """Being called is all it takes."""
