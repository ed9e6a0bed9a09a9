"""Whether the key of a request may do what it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from time import time

from tasks.inference.server.responses import HttpError, unauthorized
from tasks.serving_interface import SCOPES


@dataclass(frozen=True)
class Key:
    """What one consumer may do.

    Attributes:
        id: Names the key in counts; empty for the endpoint's own page.
        scopes: Some of `SCOPES`.
        expires_at: Seconds since 1970 after which it is worth nothing; 0 for never.
        per_second: Requests within any one second; 0 for as many as come.
        per_day: Requests from midnight to midnight UTC; 0 for as many as come.
    """

    id: str
    scopes: frozenset[str] = frozenset(SCOPES)
    expires_at: float = 0.0
    per_second: int = 0
    per_day: int = 0

    @property
    def is_limited(self) -> bool:
        """True when its requests are counted against a limit."""
        return bool(self.per_second or self.per_day)


def check_key(keys: Mapping[bytes, Key], authorization: bytes, scope: str) -> Key:
    """Return the key of a request. A look-up by hash leaks by its timing no more than the hash's beginning.

    Raises:
        HttpError: 401 for a key that is missing, wrong, revoked or expired; 403 for one that may not do this.
    """
    if authorization[:7].lower() != b"bearer ":
        raise unauthorized()
    key = keys.get(sha256(authorization[7:].strip()).digest())
    if key is None or (key.expires_at and key.expires_at <= time()):
        raise unauthorized()
    if scope not in key.scopes:
        raise HttpError(403, "forbidden", f"This key may not be used for “{scope}”.")
    return key
