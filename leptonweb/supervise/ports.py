"""Whether ports are in use."""

from __future__ import annotations

import errno
import socket

from leptonweb.supervise.start_error import StartError


def require_free(host: str, port: int, *, variable: str, what: str) -> None:
    """Make sure that ``port`` can be listened on.

    Args:
        host: Address or name the port belongs to.
        port: The port.
        variable: Environment variable that chooses another one.
        what: Who wants it, as the subject of a sentence.

    Raises:
        StartError: Another program listens there, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise StartError(_why_not(error, host, port, variable, what)) from error


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port nothing listens on at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def _why_not(error: Exception, host: str, port: int, variable: str, what: str) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return (
            f"{what} cannot listen on port {port} of {host}: another program uses it. "
            f"Stop that program, or set {variable} to a free port."
        )
    if number == errno.EACCES:
        return f"{what} may not listen on port {port}: the system keeps it. Set {variable} to a port above 1023."
    reason = getattr(error, "strerror", None) or str(error)
    return f"{what} cannot listen on {host}, port {port}: {reason}. Set LEPTON_HOST and {variable} to what is free."
