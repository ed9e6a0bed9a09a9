"""Keys of endpoints. 32 random bytes cannot be guessed, so a plain SHA-256 is enough to keep and to compare."""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib

from django.utils.crypto import salted_hmac

PREFIX = "lep_"
SHOWN = 12
FORM = re.compile(r"lep_[A-Za-z0-9_-]{43}[0-9a-f]{8}")
"""What a scanner for leaked keys looks for; the last eight digits are the CRC-32 of what stands before."""


def generate() -> str:
    """Return a new key."""
    body = PREFIX + secrets.token_urlsafe(32)
    return f"{body}{zlib.crc32(body.encode()):08x}"


def digest(key: str) -> str:
    """Return what is kept of a key and compared by the serving plane."""
    return hashlib.sha256(key.encode()).hexdigest()


def page_key(slug: str) -> str:
    """Return the key with which the endpoint's own page asks. Never stored: it follows from the server's secret."""
    return salted_hmac("leptonweb.serving.page", slug, algorithm="sha256").hexdigest()
