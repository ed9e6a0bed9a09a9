"""Rows of a table that hold totals of the others: at its end, at its begin, or below each group."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np

from tasks.contract.spelling import number
from tasks.graph.messages import Message
from tasks.inference.csv_records import MOST_TOTALS
from tasks.ingest.options import Choice, Notes

TOTAL_WORDS = frozenset(
    (
        *("total", "totals", "grand total", "sum", "sub-total", "subtotal", "overall", "total general"),
        *("summe", "gesamt", "gesamtsumme", "insgesamt", "zwischensumme", "endsumme", "totalsumme"),
        *("ergebnis", "gesamtergebnis", "teilergebnis", "zwischenergebnis"),
        *("somme", "sous-total", "total général", "totale", "subtotale", "totale complessivo", "total geral"),
        *("totaal", "subtotaal", "eindtotaal", "totalt", "i alt", "summa", "delsumma", "delsum", "totalsumma"),
        *("yhteensä", "välisumma", "loppusumma", "kokku", "kopā", "iš viso"),
        *("suma", "razem", "łącznie", "suma końcowa", "celkem", "součet", "mezisoučet", "spolu", "medzisúčet"),
        *("összesen", "részösszeg", "végösszeg", "ukupno", "skupaj", "toplam", "genel toplam", "ara toplam"),
        *("σύνολο", "γενικό σύνολο", "μερικό σύνολο", "итого", "всего", "общий итог", "промежуточный итог"),
        *("разом", "усього", "загальний підсумок", "общо", "jumlah", "tổng", "tổng cộng", "รวม", "المجموع", 'סה"כ'),
        *("合计", "总计", "小计", "总和", "合計", "總計", "小計", "総計", "集計", "합계", "총계", "총합계", "소계"),
    )
)
_MARGIN = "all"
"""What pandas calls margins: a usual word too, so no other words may stand beside it."""
KEEP = (Choice(Message("choice.keep_totals", "Keep them as rows"), {"totals": "keep"}),)
_GAP = re.compile(r"[\s\-–]")
_FEWEST_ROWS = 2
_FIRST_COLUMNS = 2
_LOOKED = 2000
_MOST_WORDS = 5000
_LONGEST = 60
_NEAR = 0.005


class Totals(NamedTuple):
    """Rows of totals that were left out.

    Attributes:
        called: Their first texts, in small letters.
        anywhere: Some stood among the others, and not only at the end.
    """

    called: tuple[str, ...] = ()
    anywhere: bool = False


def without_totals(columns: list[Any], notes: Notes) -> tuple[list[Any], Totals]:
    """Return columns of texts without rows of totals.

    A row is one when its first text says so and nearly all other cells are empty, or one holds the sum of others: of
    those above, of those since the last such row, or of all where it stands first.

    Args:
        columns: One Arrow string array per column.
        notes: Takes a note of what was left out.
    """
    columns, at_end = _without_end(columns, notes)
    columns, among = _without_among(columns, notes)
    return columns, Totals(tuple(dict.fromkeys((*at_end, *among))), bool(among))


def _without_end(columns: list[Any], notes: Notes) -> tuple[list[Any], tuple[str, ...]]:
    rows = len(columns[0]) if columns else 0
    kept, called, shown = rows, list[str](), ""
    while len(called) < MOST_TOTALS and kept > _FEWEST_ROWS and len(columns) > 1:
        cells = [str(column[kept - 1].as_py() or "").strip() for column in columns]
        first = next((cell for cell in cells if cell), "")
        word = first.casefold().rstrip(":").strip()
        others = [at for at, cell in enumerate(cells) if cell and cell is not first]
        if (word not in TOTAL_WORDS and word != _MARGIN) or not (
            len(others) * 3 <= len(cells) or _is_sum(columns, others, cells, kept - 1)
        ):
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
    notes.add("totals", message, choices=KEEP)
    return [column.slice(0, kept) for column in columns], tuple(dict.fromkeys(called))


def _without_among(columns: list[Any], notes: Notes) -> tuple[list[Any], tuple[str, ...]]:
    """Return the columns without rows of totals among the others, and what these are called, in small letters."""
    rows = len(columns[0]) if columns else 0
    if rows <= _FEWEST_ROWS or len(columns) < 2:
        return columns, ()
    candidates = _candidates(columns[:_FIRST_COLUMNS])
    if not candidates or len(candidates) * 2 > rows:
        return columns, ()
    cells = {at: [str(column[at].as_py() or "").strip() for column in columns] for at in candidates}
    firsts = {at: next((cell for cell in row if cell), "") for at, row in cells.items()}
    candidates = [at for at in candidates if _says_total(firsts[at])]
    sums: dict[int, list[_Sums]] = {}
    found = []
    for at in candidates:
        places = [place for place, cell in enumerate(cells[at]) if cell and cell is not firsts[at]]
        for place in places:
            if place not in sums:
                sums[place] = [_Sums.of(columns[place], candidates, decimal) for decimal in (".", ",")]
        numeric = [place for place in places if any(one.has_number(at) for one in sums[place])]
        holds = [any(one.has(at) for one in sums[place]) for place in numeric]
        # The sum of one row is easily met by chance, so then every number has to be one.
        is_sum = all(holds) if at - max((one for one in candidates if one < at), default=-1) == 2 else any(holds)
        if len(places) * 3 <= len(columns) or (holds and is_sum):
            found.append(at)
    if not found:
        return columns, ()
    message = Message(
        "reading.totals_among",
        "{count:,} rows among the others hold totals of them and were left out (“{word}”).",
        one="1 row among the others holds totals of them and was left out (“{word}”).",
        count=len(found),
        word=firsts[found[0]],
    )
    notes.add("totals_among", message, choices=KEEP)
    import pyarrow as pa

    kept = np.ones(rows, dtype=bool)
    kept[found] = False
    mask = pa.array(kept)
    return [column.filter(mask) for column in columns], tuple(_bare(firsts[at]) for at in found)


def _candidates(columns: list[Any]) -> list[int]:
    """Return the rows that have a text in one of the first columns that says “total”."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found: set[int] = set()
    for column in columns:
        # Nothing but digits, or names of the rows themselves: not looked through one by one.
        if (pc.max(column).as_py() or "") < ":" or len(pc.unique(column.slice(0, _LOOKED))) > max(_LOOKED // 2, 50):
            continue
        different = pc.unique(column)
        if len(different) > _MOST_WORDS:
            continue
        words = [word for word in different.to_pylist() if word and _says_total(word)]
        if words:
            is_one = pc.is_in(column, value_set=pa.array(words, column.type))
            found.update(np.flatnonzero(is_one.to_numpy(zero_copy_only=False)).tolist())
    return sorted(found)


def _bare(text: str) -> str:
    return text.strip().casefold().rstrip(":").strip()


def _says_total(text: str) -> bool:
    bare = _bare(text)
    if bare in TOTAL_WORDS or bare == _MARGIN:
        return True
    first, _, _ = bare.partition(" ")
    last = _GAP.split(bare)[-1]
    return len(bare) < _LONGEST and (
        first.rstrip(":") in TOTAL_WORDS
        or last in TOTAL_WORDS
        or bare.endswith(("合计", "总计", "小计", "合計", "總計", "小計"))
    )


class _Sums(NamedTuple):
    """A column of numbers with the sums of the rows that are no totals. ``before``: of all rows above each."""

    values: np.ndarray
    before: np.ndarray
    candidates: tuple[int, ...]

    @classmethod
    def of(cls, column: Any, candidates: list[int], decimal: str) -> _Sums:
        read = [number(word or "", decimal) for word in column.to_pylist()]
        values = np.asarray([np.nan if value is None else value for value in read], dtype=np.float64)
        own = np.nan_to_num(values)
        own[candidates] = 0.0
        return cls(values, np.concatenate([[0.0], np.cumsum(own)]), tuple(candidates))

    def has_number(self, at: int) -> bool:
        """Return whether the row has a number."""
        return not np.isnan(self.values[at])

    def has(self, at: int) -> bool:
        """Return whether the row holds the sum of those since the last total, of all above, or of all where none is."""
        total = self.values[at]
        if np.isnan(total) or not total:
            return False
        last = max((one for one in self.candidates if one < at), default=-1)
        sums = [self.before[at] - self.before[last + 1], self.before[at]]
        if last < 0 and self.before[at] == 0:
            following = min((one for one in self.candidates if one > at), default=len(self.values))
            sums = [self.before[-1], self.before[following] - self.before[at + 1]]
        return any(abs(one - total) <= _NEAR * max(abs(total), 1e-9) for one in sums)


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
