"""Which pages of other sites a browser may let ask the endpoints (CORS), and the answer to its question beforehand."""

from __future__ import annotations

from collections.abc import Iterable

from tasks.inference.server.responses import Headers

ANY = "*"
ALLOWED_METHODS = b"GET, POST"
ALLOWED_HEADERS = (
    b"authorization, content-type, content-encoding, accept, inference-header-content-length, x-deadline-ms, "
    b"x-request-id"
)
EXPOSED_HEADERS = b"inference-header-content-length, lepton-release, lepton-warnings, retry-after"
PREFLIGHT_SECONDS = b"600"
"""How long a browser may remember what it was allowed."""


class CrossOrigin:
    """The origins whose pages may ask.

    Keys travel in a header that a page sets itself, never in cookies, so credentials are not allowed for.

    Args:
        origins: Origins such as ``https://shop.example.com``; ``*`` for every one.
    """

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(origin.encode() for origin in origins)
        self._allows_any = ANY.encode() in self._origins

    def headers(self, origin: bytes) -> Headers:
        """Return what a response to a page of this origin has besides; nothing for other pages and other clients."""
        if not origin or not (self._allows_any or origin in self._origins):
            return ()
        return (
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", EXPOSED_HEADERS),
            (b"vary", b"origin"),
        )

    def preflight_headers(self, origin: bytes) -> Headers:
        """Return the headers of the answer to a browser's question what a page may send."""
        allowed = self.headers(origin)
        if not allowed:
            return ((b"vary", b"origin"),)
        return (
            *allowed,
            (b"access-control-allow-methods", ALLOWED_METHODS),
            (b"access-control-allow-headers", ALLOWED_HEADERS),
            (b"access-control-max-age", PREFLIGHT_SECONDS),
        )
