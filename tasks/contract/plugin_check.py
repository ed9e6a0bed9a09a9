"""``python -m tasks.contract.plugin_check`` loads every plug-in and prints a line for each that cannot be loaded."""

from __future__ import annotations

import os
import sys

from tasks.contract.plugins import plugins
from tasks.contract.registry import plugin_fault


def main() -> None:
    """Print the faults; what a plug-in prints itself goes to standard error."""
    printed = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for plugin in plugins():
        fault = plugin_fault(plugin)
        if fault:
            printed.write(f"The plug-in {plugin.name} ({plugin.module}) cannot be loaded: {fault.rstrip('.')}.\n")
    printed.close()
    sys.stderr.flush()
    os._exit(0)  # a plug-in that hangs would keep the interpreter from ending


if __name__ == "__main__":
    main()
