"""What a dialect gives back: bytes, their kind, and how many rows they answer."""

from __future__ import annotations

from typing import NamedTuple

from tasks.inference.server.answers import JSON_TYPE, Headers
from tasks.inference.server.package import Answer


class Reply(NamedTuple):
    """A good answer, ready to send.

    Attributes:
        body: What is sent.
        rows: How many were answered.
        headers: The kind of the body.
        given: What the program answered, whatever the dialect made of it.
    """

    body: bytes
    rows: int
    headers: Headers = (JSON_TYPE,)
    given: Answer | None = None
