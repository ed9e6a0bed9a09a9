"""One id from the click to the last line of the worker: made or taken, kept where code runs, put in every log line."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LONGEST = 64
ACCEPTED = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{LONGEST - 1}}}")

_current: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """Return the id of the request that is worked on here; empty when there is none."""
    return _current.get()


def accept_or_generate(given: str) -> str:
    """Return the given id when it is one, else a new one."""
    return given if ACCEPTED.fullmatch(given) else uuid.uuid4().hex


def bind_request_id(request_id: str) -> None:
    """Put an id into the log lines of what is done here from now on; none when empty."""
    _current.set(request_id)


@contextmanager
def bound_request_id(request_id: str) -> Iterator[None]:
    """Put an id into the log lines of what is done meanwhile."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)
