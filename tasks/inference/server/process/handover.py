"""Who looks after the serving processes of a port: one process at a time, the next while the last one's still serve.

A process that looks after others claims the port by a name among Linux' abstract sockets. The name goes with the
process, however that ends, and leaves no file. Once its serving processes answer it listens there, so whoever serves
for one that ended need only try to connect to learn that it may end too.
"""

from __future__ import annotations

import errno
import socket
import sys

IS_LINUX = sys.platform.startswith("linux")
MOST_WAITING = 64


class AddressInUse(Exception):
    """The address cannot be had; the message is a sentence that says why."""


class SupervisorLock:
    """That this process and no other looks after the serving processes of a port.

    Raises:
        AddressInUse: Another process does.
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
        """Tell all who serve for a predecessor that the processes of this one answer. Harmless when repeated."""
        if self._name is not None:
            self._name.listen(MOST_WAITING)

    def give_up(self) -> None:
        """Leave the port to others."""
        if self._name is not None:
            self._name.close()


def has_successor(port: int) -> bool:
    """Return whether a process that looks after the port has serving processes that answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(_name(port))
        except BlockingIOError:  # so many have asked that they wait in line
            return True
        except OSError:
            return False
    return True


def exit_lock(port: int) -> socket.socket | None:
    """Return what keeps the other processes of the port from leaving as long as this one lives; ``None``: not my turn.

    Whoever was asking one that leaves asks again at once, and may come to another: that must not leave just then.
    """
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.bind(f"{_name(port)} leaving")
    except OSError:
        made.close()
        return None
    return made


def bound(host: str, port: int) -> socket.socket:
    """Return a socket for an address; processes that serve for a predecessor may listen there still.

    Raises:
        AddressInUse: Something else listens there, or it is not an address of this machine.
    """
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if IS_LINUX:  # shares connections out among the sockets; only the claim keeps two planes from doing so for ever
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
