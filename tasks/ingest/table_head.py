"""The first records of a text table: what stands above it, its header, and how many columns it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tasks.contract.reading import joined_header
from tasks.contract.spelling import MISSING_NUMBERS, date, number

MOST_LINES_ABOVE = 30
"""Records above a header that are left out without being told."""


class Record(NamedTuple):
    """A record and the lines it takes, counted from 0 at the begin of what was read."""

    line: int
    next_line: int
    cells: list[str]


def lines_above(records: Sequence[Record]) -> int:
    """Return how many records stand above the table: titles and empty lines before the first that is as wide as most.

    A record of most columns whose cells are nearly all filled is a header or a row, so nothing above it is one.
    """
    widths = Counter(len(record.cells) for record in records)
    width = max(widths, key=lambda one: (widths[one], one))
    if width < 2 or widths[width] < 2:
        return 0
    for at, record in enumerate(records[: MOST_LINES_ABOVE + 1]):
        filled = sum(bool(cell.strip()) for cell in record.cells)
        if filled > max(1, width // 3) or (filled == 1 and width == 2):
            # A header may lack the name of the column of row names, or rows end with one delimiter more.
            return at if len(record.cells) in (width, width - 1) else 0
    return 0


def has_names(records: Sequence[Sequence[str]]) -> bool:
    """Return whether the first record names the columns: no column has values that look like its first cell."""
    first, body = records[0], records[1:]
    if not body:
        return not any(is_value(cell) for cell in first)
    above_numbers = []
    for at, cell in enumerate(first):
        values = [r[at] for r in body if at < len(r) and r[at].strip() not in MISSING_NUMBERS]
        if values and all(is_value(value) for value in values) and cell.strip() not in _NO_NAMES:
            names_a_year = _is_year(cell) and not all(_is_year(value) for value in values)
            above_numbers.append(is_value(cell) and not names_a_year)
    if not above_numbers:
        return True
    return not all(above_numbers)


def has_groups(records: Sequence[Sequence[str]]) -> bool:
    """Return whether the first record names groups of columns and the second the columns of each.

    So it is where the second is no row, as numbers or dates stand below its texts, and either its names repeat and only
    those of the groups tell them apart, or each group is followed by empty cells for the columns that it stands above.
    """
    if len(records) < 3 or not len(records[0]) <= len(records[1]):
        return False
    # A delimiter at the end of each line makes no column.
    width = max((at + 1 for record in records[:3] for at, cell in enumerate(record) if cell.strip()), default=0)
    groups, names, *body = (record[:width] for record in records)
    groups = [cell.strip() for cell in (*groups, *[""] * (len(names) - len(groups)))]
    names = [cell.strip() for cell in names]
    joined = joined_header(groups, names)
    labels = [at for at, group in enumerate(groups) if group and names[at]]
    if len({groups[at] for at in labels}) < 2 or len(set(joined)) < len(joined) or not all(joined):
        return False
    below = [
        [row[at] for row in body if at < len(row) and row[at].strip() not in MISSING_NUMBERS]
        for at in range(len(names))
    ]
    above_values = [at for at, values in enumerate(below) if values and all(map(is_value, values))]
    if not any(names[at] for at in above_values) or any(name in MISSING_NUMBERS - {""} for name in names):
        return False
    if any(is_value(name) and not _is_year(name) for name in names):
        return False
    if all(_is_year(name) and all(map(_is_year, below[at])) for at, name in enumerate(names) if at in above_values):
        return False
    bare = [name for name in names if name]
    # A lone empty cell is a column without a name, and below it stands a row.
    ends = [*labels[1:], len(names)]
    are_wide = all(end > at + 1 and not groups[at + 1] and names[at + 1] for at, end in zip(labels, ends, strict=True))
    return len(set(bare)) < len(bare) or are_wide


def header_of(records: Sequence[Sequence[str]], *, has_header: bool) -> tuple[str, ...]:
    """Return a name for each column, empty where there is none: as many as most rows have values.

    Rows may have one value more than the header: an empty one where each ends with a delimiter, or a first one that is
    the name of the row.
    """
    if not has_header:
        return ("",) * len(records[0])
    header, body = tuple(records[0]), records[1:]
    if body and all(len(record) == len(header) + 1 for record in body):
        are_empty = all(not record[-1].strip() for record in body)
        return (*header, "") if are_empty else ("", *header)
    return header


def is_value(cell: str) -> bool:
    """Return whether a cell is a number or a date, and so no name."""
    is_number = number(cell) is not None or number(cell, ",") is not None
    is_date = any(date(cell, day_first=first, short_years=True) is not None for first in (True, False))
    return (is_number and cell.strip()[-1:].isdigit()) or is_date


def _is_year(cell: str) -> bool:
    text = cell.strip()
    return len(text) == 4 and text.isdigit() and 1900 <= int(text) <= 2100


_NO_NAMES = frozenset({"NaN", "nan", "N/A", "n/a", "NULL", "null", "#N/A", "<NA>", "-", "--", "?", "."})
"""Words for “no value” that nobody calls a column."""
