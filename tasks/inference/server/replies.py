"""What a dialect gives back: bytes, their kind, and how many rows they answer."""

from __future__ import annotations

from typing import NamedTuple

from tasks.inference.server.answers import JSON_TYPE, Headers


class Reply(NamedTuple):
    """A good answer, ready to send. ``rows``: how many were answered."""

    body: bytes
    rows: int
    headers: Headers = (JSON_TYPE,)
