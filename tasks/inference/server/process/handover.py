"""One supervisor at a time has a port; the next one may start while workers of an ended one still serve there.

A supervisor takes the port by binding a name among Linux' abstract sockets. The kernel releases the name when the
process ends, in whatever way, and no file is left. Once its workers answer, the supervisor listens on that socket: a
worker whose own supervisor has ended connects to it to find out whether it may end.
"""

from __future__ import annotations

import errno
import socket
import sys

IS_LINUX = sys.platform.startswith("linux")
MAX_BACKLOG = 64


class AddressInUse(Exception):
    """The address cannot be bound; the message is a sentence that says why."""


class SupervisorLock:
    """Makes this process the only supervisor of a port.

    Raises:
        AddressInUse: Another process is.
    """

    def __init__(self, port: int) -> None:
        self._name: socket.socket | None = None
        if not IS_LINUX:
            return
        self._name = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._name.bind(_name(port))
        except OSError as error:
            self._name.close()
            raise AddressInUse(f"Another serving plane runs on port {port}. Stop it first.") from error

    def announce(self) -> None:
        """Have the workers of a former supervisor end: those of this one answer. Harmless when repeated."""
        if self._name is not None:
            self._name.listen(MAX_BACKLOG)

    def give_up(self) -> None:
        """Release the port for another supervisor."""
        if self._name is not None:
            self._name.close()


def has_successor(port: int) -> bool:
    """Return whether the port has a supervisor whose workers answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(_name(port))
        except BlockingIOError:  # the backlog is full of other workers' connections
            return True
        except OSError:
            return False
    return True


def exit_lock(port: int) -> socket.socket | None:
    """Return a lock that lets no other worker of the port end while this process lives; ``None`` while another has it.

    Workers end one by one: a client whose connection an ending worker closed connects again at once, and may reach
    another worker, which must not end just then.
    """
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.bind(f"{_name(port)} leaving")
    except OSError:
        made.close()
        return None
    return made


def bound(host: str, port: int) -> socket.socket:
    """Return a socket for an address, at which workers of a former supervisor may still listen.

    Raises:
        AddressInUse: Something else listens there, or it is not an address of this machine.
    """
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if IS_LINUX:  # the kernel shares connections out among the sockets; only `SupervisorLock` keeps two planes apart
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        made.bind((host, port))
    except (OSError, OverflowError) as error:
        made.close()
        is_used = getattr(error, "errno", None) == errno.EADDRINUSE
        why = "another program uses it" if is_used else getattr(error, "strerror", None) or str(error)
        raise AddressInUse(f"The serving plane cannot listen on port {port} of {host}: {why}.") from error
    return made


def may_begin(host: str, port: int) -> bool:
    """Return whether a serving plane can start at an address at this moment."""
    try:
        claim = SupervisorLock(port)
    except AddressInUse:
        return False
    try:
        bound(host, port).close()
    except AddressInUse:
        return False
    finally:
        claim.give_up()
    return True


def _name(port: int) -> str:
    return f"\0leptonweb serving {port}"
