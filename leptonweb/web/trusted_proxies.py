"""What a proxy that is trusted says about a request: who sent it, by which protocol, to which host and port.

Everybody can send these headers. They count only in what comes from an address of ``LEPTON_TRUSTED_PROXIES``, and of
the chain of addresses only as much as trusted proxies wrote.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

PAIR = re.compile(r'(\w+)\s*=\s*("[^"]*"|[^;,\s]+)')
PORTS = {"http": "80", "https": "443"}
HOST = re.compile(r"[\w.\[\]:-]+")


class TrustedProxies:
    """Rewrites the scope of a request: ``client``, ``scheme`` and the header ``Host``.

    Args:
        application: What answers.
        networks: Addresses or networks, such as ``127.0.0.1`` and ``10.0.0.0/8``.
    """

    def __init__(self, application: Any, networks: Iterable[str]) -> None:
        self._application = application
        try:
            self._networks = [ipaddress.ip_network(network, strict=False) for network in networks]
        except ValueError as error:
            raise ImproperlyConfigured(f"LEPTON_TRUSTED_PROXIES: {error}.") from None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        """Pass the request on as the client sent it."""
        client = scope.get("client")
        if self._networks and client and self._is_trusted(str(client[0])):
            scope = self._rewritten(scope)
        return await self._application(scope, receive, send)

    def _rewritten(self, scope: dict[str, Any]) -> dict[str, Any]:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        chain, said = _forwarded(headers)
        is_socket = scope["type"] == "websocket"
        scheme = said.get("proto", "").lower()
        changed = dict(scope)
        # The nearest address that is not one of ours sent the request; what stands before it, anybody may have written.
        sender = next((one for one in reversed(chain) if not self._is_trusted(one)), chain[0] if chain else "")
        if sender:
            changed["client"] = [sender, 0]
        if scheme in PORTS:
            changed["scheme"] = {"http": "ws", "https": "wss"}[scheme] if is_socket else scheme
        host, port = said.get("host", headers.get("host", "")), said.get("port", "")
        has_port = re.search(r":\d+$", host) is not None
        if port.isdecimal() and not has_port and port != PORTS.get(scheme or "http"):
            host = f"{host}:{port}"
        if host and HOST.fullmatch(host):
            kept = [(name, value) for name, value in scope["headers"] if name != b"host"]
            changed["headers"] = [*kept, (b"host", host.encode("latin-1"))]
        return changed

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)


def _forwarded(headers: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return the chain of addresses, the nearest last, and what is said of protocol, host and port."""
    if "forwarded" in headers:
        elements = [dict(_pairs(element)) for element in headers["forwarded"].split(",")]
        chain = [address for element in elements if (address := _address(element.get("for", "")))]
        return chain, elements[-1]
    chain = [address for part in headers.get("x-forwarded-for", "").split(",") if (address := _address(part))]
    said = {
        name: headers.get(f"x-forwarded-{name}", "").rpartition(",")[2].strip() for name in ("proto", "host", "port")
    }
    return chain, {name: value for name, value in said.items() if value}


def _pairs(element: str) -> list[tuple[str, str]]:
    return [(name.lower(), value.strip('"')) for name, value in PAIR.findall(element)]


def _address(text: str) -> str:
    """Return the address of ``192.0.2.1:4711`` or ``[2001:db8::1]:4711``; empty for what is none."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""
