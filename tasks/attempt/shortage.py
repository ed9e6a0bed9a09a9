"""Tells from an error whether memory ran out, and how much was asked for."""

from __future__ import annotations

import re
import resource

GIGABYTE = 1_000_000_000
UNITS = {"B": 1, "bytes": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4}
# How NumPy, Arrow, PyTorch and DuckDB say it.
ASKED = (
    re.compile(r"Unable to allocate ([\d.]+) (bytes|KiB|MiB|GiB|TiB)"),
    re.compile(r"(?:malloc|realloc|allocate|allocation) of size (\d+) (?:bytes )?failed"),
    re.compile(r"tried to allocate ([\d.]+) (bytes|KiB|MiB|GiB|TiB)"),
    re.compile(r"failed to allocate data of size ([\d.]+) (B|bytes|KiB|MiB|GiB|TiB)", re.IGNORECASE),
)
MEANT = ("can't allocate memory", "out of memory", "bad_alloc", "std::bad_alloc", "not enough memory")
ADVICE = "Use fewer rows or columns, or a larger machine."


def is_shortage(error: BaseException) -> bool:
    """Return whether memory ran out, however the library says so."""
    said = str(error).lower()
    return isinstance(error, MemoryError) or any(words in said for words in MEANT)


def describe_shortage(error: BaseException) -> str:
    """Return a sentence that names what was asked for and the limit, as far as they are known."""
    asked, limit = _asked(str(error)), _limit()
    parts = []
    if asked:
        parts.append(f"asked for {_in_words(asked)} more")
    if limit:
        parts.append(f"limit {_in_words(limit)}")
    known = f": {', '.join(parts)}" if parts else ""
    return f"There was not enough memory{known}. {ADVICE}"


def _asked(said: str) -> float:
    for pattern in ASKED:
        found = pattern.search(said)
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
