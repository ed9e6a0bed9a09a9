"""Headers of a proxy count when the proxy is trusted, and only as far as trusted ones wrote them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from leptonweb.web.trusted_proxies import TrustedProxies


async def seen(networks=("10.0.0.0/8", "::1"), sender="10.0.0.1", kind="http", **headers):
    """What the application is told of the client, the scheme and the host."""
    found = {}

    async def application(scope, receive, send):
        found.update(scope)

    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in {"host": "page", **headers}.items()]
    scheme = "ws" if kind == "websocket" else "http"
    scope = {"type": kind, "client": [sender, 1], "scheme": scheme, "headers": pairs}
    await TrustedProxies(application, networks)(scope, None, None)
    return found["client"][0], found["scheme"], dict(found["headers"])[b"host"].decode()


async def test_nothing_is_believed_of_a_stranger():
    claims = {"x_forwarded_for": "192.0.2.9", "x_forwarded_proto": "https", "forwarded": "for=192.0.2.9;proto=https"}
    assert await seen(sender="192.0.2.1", **claims) == ("192.0.2.1", "http", "page")
    assert await seen(networks=(), **claims) == ("10.0.0.1", "http", "page")


@pytest.mark.parametrize(
    "headers",
    [
        {"x_forwarded_for": "203.0.113.5, 192.0.2.9, 10.0.0.2", "x_forwarded_proto": "https"},
        {"forwarded": 'for=203.0.113.5, for="192.0.2.9:4711", for=10.0.0.2;proto=https'},
    ],
)
async def test_the_client_is_the_nearest_address_that_is_no_trusted_proxy(headers):
    assert await seen(**headers) == ("192.0.2.9", "https", "page")


async def test_an_address_of_version_six_is_read():
    assert (await seen(sender="::1", forwarded='for="[2001:db8::9]:80"'))[0] == "2001:db8::9"


async def test_host_and_port_are_those_that_the_client_asked():
    https = {"x_forwarded_proto": "https", "x_forwarded_for": "192.0.2.9"}
    assert (await seen(**https, x_forwarded_port="8443"))[2] == "page:8443"
    assert (await seen(**https, x_forwarded_port="443"))[2] == "page"
    assert (await seen(**https, x_forwarded_host="models.example", x_forwarded_port="8443"))[2] == "models.example:8443"
    assert (await seen(kind="websocket", **https))[1] == "wss"


async def test_what_is_no_address_or_host_is_left_out():
    assert await seen(x_forwarded_for="unknown, <script>", x_forwarded_host="a b") == ("10.0.0.1", "http", "page")


def test_a_network_that_is_none_is_refused_at_the_start():
    with pytest.raises(ImproperlyConfigured, match="LEPTON_TRUSTED_PROXIES"):
        TrustedProxies(None, ["10.0.0.0/99"])
