"""Whether the key of a request may do what it asks for."""

from __future__ import annotations

from hashlib import sha256
from time import time

from tasks.inference.server.deployments.model_repository import LoadedEndpoint
from tasks.inference.server.deployments.snapshot import Key
from tasks.inference.server.http.responses import HttpError, unauthorized


def check_key(endpoint: LoadedEndpoint, authorization: bytes, scope: str) -> Key:
    """Return the key of a request. A look-up by hash leaks by its timing no more than the hash's beginning.

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
