"""Making and recognising secrets that are shown once: long and random, so a keyed hash is enough."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from django.conf import settings
from django.utils.crypto import salted_hmac


def generate(prefix: str) -> str:
    """Return a new secret of 32 random bytes that starts with ``prefix``."""
    return f"{prefix}{secrets.token_urlsafe(32)}"


def digest(secret: str) -> str:
    """Return the HMAC-SHA256 under which a secret is stored."""
    return salted_hmac("leptonweb.secrets", secret, algorithm="sha256").hexdigest()


def digests(secret: str) -> Iterator[str]:
    """Return the digests a secret may be stored under: with the present key and the former ones."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield salted_hmac("leptonweb.secrets", secret, secret=key, algorithm="sha256").hexdigest()
