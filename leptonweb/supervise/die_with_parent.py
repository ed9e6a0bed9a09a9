"""Starts a program that ends when its parent does: ``die_with_parent.py PARENT PROGRAM [ARGUMENT ...]``.

A supervisor that is killed outright cannot end its children. On Linux the kernel does it for us: the parent
death signal survives ``exec``. Elsewhere the program just runs. Started by path with ``-I -S``, so that it
costs a few milliseconds; nothing outside the standard library is imported.
"""

import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent, then become the program."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("The supervisor ended before this process began.")
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main()
