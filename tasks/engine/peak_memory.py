"""The most memory that this process kept for itself while a node ran, as the kernel counted it.

The kernel keeps the largest size of a process and forgets it when asked to, so that nothing has to look while the node
runs and no short peak is missed. Processes that it started do not count; the worker looks at those now and then.
"""

from __future__ import annotations

import re
from pathlib import Path

_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
_MAPPED = re.compile(r"^RssFile:\s+(\d+) kB$", re.MULTILINE)


def forget_peak() -> bool:
    """Begin anew; return whether that is possible here."""
    try:
        _FORGET.write_text("5")
    except OSError:
        return False
    return True


def peak_bytes() -> int:
    """Return the largest size since `forget_peak`, without files that are mapped; 0 where it is not known."""
    try:
        status = _STATUS.read_text()
    except OSError:
        return 0
    peak, mapped = _PEAK.search(status), _MAPPED.search(status)
    if peak is None:
        return 0
    return max(0, int(peak.group(1)) - (int(mapped.group(1)) if mapped else 0)) * 1024
