"""Recognises errors that mean memory ran out, and reads the requested size from their text."""

from __future__ import annotations

import re
import resource

from tasks.graph.messages import Message

GIGABYTE = 2**30
UNITS = {"B": 1, "bytes": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4}
# The texts of NumPy, Arrow, PyTorch and DuckDB.
REQUESTED_SIZES = (
    re.compile(r"Unable to allocate ([\d.]+) (bytes|KiB|MiB|GiB|TiB)"),
    re.compile(r"(?:malloc|realloc|allocate|allocation) of size (\d+) (?:bytes )?failed"),
    re.compile(r"tried to allocate ([\d.]+) (bytes|KiB|MiB|GiB|TiB)"),
    re.compile(r"failed to allocate data of size ([\d.]+) (B|bytes|KiB|MiB|GiB|TiB)", re.IGNORECASE),
)
MARKERS = ("can't allocate memory", "out of memory", "bad_alloc", "std::bad_alloc", "not enough memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error of any library means that memory ran out."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(marker in text for marker in MARKERS)


def describe_out_of_memory(error: BaseException) -> str:
    """Return a sentence that names the requested size and the limit, as far as they are known."""
    requested, limit = _requested_bytes(str(error)), _limit()
    if requested and limit:
        return Message(
            "memory.requested_and_limit",
            "There was not enough memory: {requested} more were requested, the limit is {limit}. Use fewer rows or "
            "columns, or a larger machine.",
            requested=_in_words(requested),
            limit=_in_words(limit),
        )
    if requested:
        return Message(
            "memory.requested",
            "There was not enough memory: {requested} more were requested. Use fewer rows or columns, or a larger "
            "machine.",
            requested=_in_words(requested),
        )
    if limit:
        return Message(
            "memory.limit",
            "There was not enough memory: the limit is {limit}. Use fewer rows or columns, or a larger machine.",
            limit=_in_words(limit),
        )
    return Message("memory.unknown", "There was not enough memory. Use fewer rows or columns, or a larger machine.")


def _requested_bytes(text: str) -> float:
    for pattern in REQUESTED_SIZES:
        found = pattern.search(text)
        if found:
            unit = found.group(2) if pattern.groups > 1 else "B"
            return float(found.group(1)) * UNITS.get(unit, 1)
    return 0.0


def _limit() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_DATA)
    return 0 if soft == resource.RLIM_INFINITY else soft


def _in_words(size: float) -> str:
    amount = size / GIGABYTE
    return f"{amount:.0f} GB" if amount >= 10 else f"{amount:.1f} GB"
