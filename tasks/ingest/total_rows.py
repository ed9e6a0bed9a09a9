"""Rows at the end of a table that hold totals of the others."""

from __future__ import annotations

from typing import Any

from tasks.contract.spelling import number
from tasks.graph.messages import Message
from tasks.inference.csv_records import MOST_TOTALS
from tasks.ingest.options import Notes

TOTAL_WORDS = frozenset(
    (
        *("total", "totals", "grand total", "sum", "sub-total", "subtotal", "overall"),
        *("summe", "gesamt", "gesamtsumme", "insgesamt", "zwischensumme"),
        *("somme", "total général", "totale", "totaal", "suma", "razem", "celkem", "összesen", "итого", "всего"),
        *("合计", "总计", "小计", "合計", "總計", "小計", "総計", "합계", "총계"),
    )
)
_FEWEST_ROWS = 2
_NEAR = 0.005


def without_totals(columns: list[Any], notes: Notes) -> tuple[list[Any], tuple[str, ...]]:
    """Return columns of texts without rows of totals at the end, and what these rows are called, in small letters.

    A row is one when its first text says so and nearly all other cells are empty, or one holds the sum of those above.

    Args:
        columns: One Arrow string array per column.
        notes: Takes a note of what was left out.
    """
    rows = len(columns[0]) if columns else 0
    kept, called, shown = rows, list[str](), ""
    while len(called) < MOST_TOTALS and kept > _FEWEST_ROWS and len(columns) > 1:
        cells = [str(column[kept - 1].as_py() or "").strip() for column in columns]
        first = next((cell for cell in cells if cell), "")
        word = first.casefold().rstrip(":").strip()
        others = [at for at, cell in enumerate(cells) if cell and cell is not first]
        if word not in TOTAL_WORDS or not (len(others) * 3 <= len(cells) or _is_sum(columns, others, cells, kept - 1)):
            break
        called.append(word)
        shown = first
        kept -= 1
    if not called:
        return columns, ()
    message = Message(
        "reading.totals",
        "{count:,} rows at the end hold totals and were left out (“{word}”).",
        one="1 row at the end holds totals and was left out (“{word}”).",
        count=len(called),
        word=shown,
    )
    notes.add("totals", message)
    return [column.slice(0, kept) for column in columns], tuple(dict.fromkeys(called))


def _is_sum(columns: list[Any], places: list[int], cells: list[str], rows: int) -> bool:
    """Return whether a cell of the last row is the sum of the column above it."""
    for at in places:
        for decimal in (".", ","):
            total = number(cells[at], decimal)
            above = [number(word or "", decimal) for word in columns[at].slice(0, rows).to_pylist()]
            if total is not None and None not in above:
                found = sum(value for value in above if value is not None)
                if abs(found - total) <= _NEAR * max(abs(total), 1e-9):
                    return True
    return False
