"""Keys of endpoints. 32 random bytes cannot be guessed, so a plain SHA-256 is enough to store and to compare."""

from __future__ import annotations

import hashlib
import secrets
import zlib

from django.utils.crypto import salted_hmac

PREFIX = "lep_"
SHOWN = 12


def generate() -> str:
    """Return a new key in a form that scanners for leaked keys recognise.

    It is ``lep_``, 43 characters of URL-safe Base64, and the CRC-32 of both as eight hexadecimal digits.
    """
    body = PREFIX + secrets.token_urlsafe(32)
    return f"{body}{zlib.crc32(body.encode()):08x}"


def digest(key: str) -> str:
    """Return the hash of a key, which is stored and which the serving plane compares."""
    return hashlib.sha256(key.encode()).hexdigest()


def page_key(slug: str) -> str:
    """Return the key that the endpoint's own page sends. Never stored: it is derived from the server's secret."""
    return salted_hmac("leptonweb.serving.page", slug, algorithm="sha256").hexdigest()
