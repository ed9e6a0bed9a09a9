"""Warnings that libraries raise while a node runs: lines of the node's log, each once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

MAX_LINES = 20
MAX_CHARACTERS = 300


@contextmanager
def warnings_in_log(log: Callable[[str], None]) -> Iterator[None]:
    """Write Python's warnings to ``log`` instead of the standard error stream: each text once, `MAX_LINES` at most.

    The same division by zero is warned of for every column, tree or trial; one line says all that can be done about it.
    """
    seen: set[str] = set()

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        text = " ".join(f"{category.__name__}: {message}".split())[:MAX_CHARACTERS]
        if text not in seen and len(seen) < MAX_LINES:
            seen.add(text)
            log(text)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield
