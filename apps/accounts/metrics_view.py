"""``/metrics``: figures for Prometheus, for those who may see them."""

from __future__ import annotations

import hmac
import ipaddress

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import split_domain_port
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from apps.accounts import tokens
from apps.accounts.authentication import bearer_of
from apps.common.errors import error_body
from apps.common.metrics import text_format

SIGNS_OF_A_PROXY = frozenset(
    {"forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "cf-connecting-ip", "true-client-ip"}
)
FORWARDED = "x-forwarded-"
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


@require_safe
@cache_control(no_store=True)
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with every figure."""
    if not _may_read(request):
        message = "Only administrators may read the figures, or who has the key LEPTON_METRICS_TOKEN."
        return JsonResponse(error_body("permission_denied", message), status=403)
    return HttpResponse(text_format(), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    secret = bearer_of(request.headers.get("Authorization", ""))
    if secret:
        key = settings.LEPTON_METRICS_TOKEN
        if key and hmac.compare_digest(secret.encode(), key.encode()):
            return True
        owner = tokens.owner_of(secret)
        return owner is not None and owner.is_superuser
    if request.user.is_superuser:
        return True
    return not settings.LEPTON_METRICS_TOKEN and _is_from_here(request)


def _is_from_here(request: HttpRequest) -> bool:
    """Return whether the request comes from a program of this machine itself, not through a proxy.

    A proxy beside this server has a local address too. One that is configured closes this way altogether; another is
    known by the headers that it adds, by the name that its visitors ask for, or by HTTP/1.0, which proxies speak.
    """
    if settings.LEPTON_TRUSTED_PROXIES or getattr(request, "scope", {}).get("http_version") == "1.0":
        return False
    names = [name.lower() for name in request.headers]
    if any(name in SIGNS_OF_A_PROXY or name.startswith(FORWARDED) for name in names):
        return False
    if split_domain_port(request.get_host())[0] not in LOCAL_NAMES:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
