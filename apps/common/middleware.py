"""What happens around every request: its id, its time, its headers."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.common.disk_space import release_reserve
from apps.common.metrics import REQUESTS
from apps.common.request_ids import accept_or_generate, bound_request_id

logger = logging.getLogger("leptonweb.requests")

PARAMETER = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)|<(?:\w+:)?(\w+)>")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
Answer = Callable[[HttpRequest], HttpResponseBase]


class RequestId:
    """Give each request an id, its own or the one it brought, and write down how it was answered."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the id as a header."""
        began = time.perf_counter()
        request_id = accept_or_generate(request.headers.get("X-Request-ID", ""))
        with bound_request_id(request_id):
            response = self.get_response(request)
            response.headers["X-Request-ID"] = request_id
            _write_down(request, response.status_code, time.perf_counter() - began)
        return response


class DiskReserve:
    """Give the disk's reserve up for a request that makes room, or that one has to begin with.

    Deletes do, and the methods that a view names in ``needs_reserve``.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> None:  # noqa: ARG002
        """Release the reserve if the disk is full."""
        methods = {"DELETE", *getattr(getattr(view, "cls", None), "needs_reserve", ())}
        if request.method in methods:
            release_reserve()


def _write_down(request: HttpRequest, status: int, seconds: float) -> None:
    method = request.method if request.method in METHODS else "other"
    route = _route_of(request)
    REQUESTS.labels(route, method, str(status)).observe(seconds)
    if route != "static":
        details = {"method": method, "route": route, "status": status, "milliseconds": round(seconds * 1000, 1)}
        logger.info("%s %s answered %s", method, request.path, status, extra=details)


def _route_of(request: HttpRequest) -> str:
    match = request.resolver_match
    if match is not None:
        return match.view_name if match.view_name in {"page", "no-such-call"} else _readable(match.route)
    return "static" if request.path.startswith(settings.STATIC_URL) else "none"


@lru_cache(maxsize=1000)
def _readable(route: str) -> str:
    """Return a route as in the API's document: ``api/v1/graphs/{pk}/``."""
    plain = PARAMETER.sub(lambda found: f"{{{found[1] or found[2]}}}", route)
    return plain.replace("^", "").replace("$", "").replace("\\Z", "")


class SecurityHeaders:
    """Say what the page may load and use, and that no answer of the API is kept; an answer's own headers stay."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the headers."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if request.is_secure():
            for cookie in response.cookies.values():
                cookie["secure"] = True
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response
