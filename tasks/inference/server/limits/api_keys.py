"""Whether a caller's key may do what is asked."""

from __future__ import annotations

from hashlib import sha256
from time import time

from tasks.inference.server.deployments.model_repository import LoadedEndpoint
from tasks.inference.server.deployments.snapshot import Key
from tasks.inference.server.http.responses import HttpError, unauthorized


def checked(endpoint: LoadedEndpoint, authorization: bytes, scope: str) -> Key:
    """Return the key. A look-up by hash leaks no more by its timing than the hash's beginning.

    Raises:
        HttpError: 401 for a key that is missing, wrong, revoked or expired; 403 for one that may not do this.
    """
    if authorization[:7].lower() != b"bearer ":
        raise unauthorized()
    key = endpoint.entry.keys.get(sha256(authorization[7:].strip()).digest())
    if key is None or (key.expires_at and key.expires_at <= time()):
        raise unauthorized()
    if scope not in key.scopes:
        raise HttpError(403, "forbidden", f"This key may not be used for “{scope}”.")
    return key


def allowed(endpoint: LoadedEndpoint, authorization: bytes, scope: str) -> Key | None:
    """Return the key, or ``None`` when `checked` would refuse it."""
    try:
        return checked(endpoint, authorization, scope)
    except HttpError:
        return None
