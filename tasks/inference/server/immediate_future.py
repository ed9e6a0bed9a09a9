"""A future whose waiter resumes within ``set_result``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class ImmediateFuture(asyncio.Future[T]):
    """A future that resumes its waiter inside ``set_result``; to a task it is a future like any other.

    See `DirectCall` in ``http/direct_call.py``, which waits for it.

    An ordinary future resumes its waiter in the next iteration of the event loop, after all sockets were looked at.
    """

    resume: Callable[[], None] | None = None

    def set_result(self, result: T, /) -> None:
        """Mark the future as done and resume the waiter."""
        super().set_result(result)
        if self.resume is not None:
            self.resume()

    def set_exception(self, exception: type[BaseException] | BaseException, /) -> None:
        """Mark the future as failed and resume the waiter."""
        super().set_exception(exception)
        if self.resume is not None:
            self.resume()
