"""Raw JSON rows to columns of arrays, checked against the raw columns a model asks for.

Nothing is guessed: a key that is absent is not a missing value, and a text is no number unless the model's source was a
text file: then it is read as its column is spelled there. The usual request is right, so the whole block of numbers is
converted at once; only when something is wrong is every value looked at.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice
from operator import gt, itemgetter, lt
from typing import Any

import numpy as np

from tasks.contract.reading import Reading
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.inference import row_messages
from tasks.inference.column_values import (
    FIRST_MOMENT,
    LAST_MOMENT,
    NUMBERS,
    WrongValue,
    has_no_fraction,
    moment_at,
    moment_of,
    packed,
    read_column,
)
from tasks.inference.spelled_cells import Spelling

Row = Mapping[str, Any]

NAMED = 100
"""Faults that are looked for in one column; a body can hold millions, and each costs a sentence."""

_ABSENT = object()
_NUMBERS_OR_NULL = {int, float, type(None)}
_TRUTHS = (0, 1, math.nan)


class RowProblems(ValueError):
    """Rows that cannot be answered.

    Attributes:
        problems: Row index, column name (empty for the whole row), and a sentence, each.
        are_all: False when there are more, which were not looked for.
    """

    def __init__(self, problems: Sequence[tuple[int, str, str]], *, are_all: bool = True) -> None:
        self.problems = tuple(problems)
        self.are_all = are_all
        row, column, message = self.problems[0]
        place = f"rows.{row}.{column}" if column else f"rows.{row}"
        super().__init__(f"{place}: {message}")


class RawReader:
    """Reads rows of one raw schema.

    Args:
        schema: The raw columns that are asked for. ``nullable`` says whether ``null`` is allowed.
        reading: How the source spelled them; ``None`` when texts mean nothing but themselves.
    """

    def __init__(self, schema: Schema, reading: Reading | None = None) -> None:
        self.schema = schema
        self._spelling = None if reading is None else Spelling(schema, reading)
        self._columns = tuple(schema.each())
        self._names = frozenset(schema.names)
        # Whole numbers and booleans need a look at each value, so only plain numbers go through as one block.
        self._numbers = tuple(c for c in self._columns if c.type in (ColumnType.NUMBER, ColumnType.INTEGER))
        self._others = tuple(c for c in self._columns if c.type not in (ColumnType.NUMBER, ColumnType.INTEGER))
        self._whole = np.asarray([c.type is ColumnType.INTEGER for c in self._numbers], dtype=bool)
        self._required = np.asarray([not c.nullable for c in self._numbers], dtype=bool)
        self._known = {c.name: frozenset(c.categories) for c in self._columns if c.categories is not None}
        self._usual = {c.name: usual for c in self._numbers if (usual := usual_range(c)) is not None}
        self._usual_dates = {c.name: days for c in self._others if (days := usual_dates(c)) is not None}
        self._block = _getter([c.name for c in self._numbers]) if self._numbers else tuple
        missing = {} if self._spelling is None else self._spelling.missing_words
        self._plan = _RowPlan(self._columns, missing, self._spelling.stripped if self._spelling else frozenset())

    def read(self, rows: Sequence[Row]) -> tuple[dict[str, np.ndarray], list[str]]:
        """Return the columns of ``rows`` and warnings.

        Raises:
            RowProblems: Any value is absent, of the wrong type, not finite, or missing where it may not be.
        """
        if any(type(row) is not dict for row in rows):
            odd = ((at, "", row_messages.NOT_A_ROW) for at, row in enumerate(rows) if not isinstance(row, dict))
            wrong = list(islice(odd, NAMED))
            if wrong:
                raise RowProblems(wrong, are_all=len(wrong) < NAMED)
        columns = self._fast(rows)
        if columns is None and self._spelling is not None:
            rows = [self._spelling.row(row) for row in rows]
            columns = self._fast(rows)
        if columns is None:
            columns = self._slow({c.name: [row.get(c.name, _ABSENT) for row in rows] for c in self._columns})
        columns = self._without_missing_words(self._stripped(columns))
        return columns, [*self._unknown(rows), *self._unseen(columns)]

    def read_row(self, row: Any) -> dict[str, Any] | None:
        """Return a checked copy of a usual row as `Transform.apply_row` takes it; what is not usual is left to `read`.

        Returns:
            ``None`` when anything about the row is wrong, or to be warned about.
        """
        made = self._plan.read(row)
        if made is None and self._spelling is not None and type(row) is dict:
            return self._plan.read(self._spelling.row(row))
        return made

    def read_columns(self, values: Mapping[str, Sequence[Any]]) -> tuple[dict[str, np.ndarray], list[str]]:
        """Return the columns of a request that came column by column, and warnings.

        Raises:
            RowProblems: As for `read`; or columns are absent or of different lengths.
        """
        if self._spelling is not None:
            values = self._spelling.columns(values)
        absent = [name for name in self.schema.names if name not in values]
        if absent:
            raise RowProblems([(0, name, row_messages.missing_column(name)) for name in absent])
        lengths = {name: len(values[name]) for name in self.schema.names}
        if len(set(lengths.values())) > 1:
            short, long = (choose(lengths, key=lengths.__getitem__) for choose in (min, max))
            message = row_messages.wrong_column_length(lengths, short, long)
            raise RowProblems([(lengths[short], short, message)])
        columns = self._without_missing_words(self._slow({name: values[name] for name in self.schema.names}))
        return columns, [*_name_unknown(set(values) - self._names), *self._unseen(columns)]

    def _fast(self, rows: Sequence[Row]) -> dict[str, np.ndarray] | None:
        """Return the columns when all is as it should be, otherwise ``None``."""
        made: dict[str, np.ndarray] = {}
        try:
            if self._numbers:
                block = self._number_block(rows)
                if block is None:
                    return None
                made.update(zip((c.name for c in self._numbers), np.ascontiguousarray(block.T), strict=True))
            for column in self._others:
                made[column.name] = read_column(column, [row[column.name] for row in rows])
        except (KeyError, ValueError, OverflowError, WrongValue):
            return None
        return made

    def _number_block(self, rows: Sequence[Row]) -> np.ndarray | None:
        """Return the numbers of ``rows``, shape (rows, columns of numbers); ``None`` when any is wrong."""
        values = list(chain.from_iterable(map(self._block, rows)))
        kinds = set(map(type, values))
        if not kinds <= _NUMBERS_OR_NULL:
            return None
        nulls = values.count(None) if type(None) in kinds else 0
        made = np.array(values, dtype=np.float64) if nulls else packed(values)
        block = made.reshape(len(rows), len(self._numbers))
        return block if self._block_is_right(block, nulls) else None

    def _block_is_right(self, block: np.ndarray, nulls: int) -> bool:
        finite = np.isfinite(block)
        if not finite.all():
            wrong = ~finite
            if (wrong & self._required).any() or not np.isnan(block[wrong]).all():
                return False
            if nulls != int(wrong.sum()):
                return False  # a NaN was written out, which is not the same as null
        if self._whole.any():
            whole = block[:, self._whole]
            return bool((np.isnan(whole) | (whole == np.floor(whole))).all())
        return True

    def _slow(self, values: Mapping[str, Sequence[Any]]) -> dict[str, np.ndarray]:
        made: dict[str, np.ndarray] = {}
        problems: list[tuple[int, str, str]] = []
        are_all = True
        for column in self._columns:
            try:
                made[column.name] = read_column(column, values[column.name])
            except WrongValue:
                found = list(islice(_problems(column, values[column.name]), NAMED + 1))
                problems += found[:NAMED]
                are_all = are_all and len(found) <= NAMED
        if problems:
            raise RowProblems(sorted(problems, key=itemgetter(0)), are_all=are_all)
        return made

    def _stripped(self, columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the columns with their categories as the source was read: without blanks at the ends.

        A text is what a column of words asks for, so the typed reader takes one with blanks as it is.
        """
        for name in self._spelling.stripped if self._spelling is not None else ():
            texts = columns[name].tolist() if name in columns else []
            if any(text is not None and text != text.strip() for text in set(texts)):
                columns[name] = np.asarray([text and text.strip() for text in texts], dtype=object)
        return columns

    def _without_missing_words(self, columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the columns without texts that meant “no value” where the model was trained.

        Raises:
            RowProblems: One stands where the model needs a value.
        """
        if self._spelling is None:
            return columns
        problems: list[tuple[int, str, str]] = []
        for column in self._columns:
            words = self._spelling.missing_words.get(column.name)
            if words is None or column.type is ColumnType.DATE:
                continue
            values = columns[column.name]
            found = {text for text in set(values.tolist()) if text is not None and text.strip() in words}
            if found:
                gone = np.asarray([text in found for text in values.tolist()], dtype=bool)
                columns[column.name] = values.copy()
                columns[column.name][gone] = None
                if not column.nullable:
                    message = row_messages.null_value(column.name)
                    problems += [(row, column.name, message) for row in np.flatnonzero(gone)[:NAMED].tolist()]
        if problems:
            raise RowProblems(sorted(problems, key=itemgetter(0)))
        return columns

    def _unknown(self, rows: Sequence[Row]) -> list[str]:
        if all(len(row) == len(self._names) for row in rows):
            return []  # every asked-for key was there, so no other can be
        return _name_unknown(set().union(*rows) - self._names)

    def _unseen(self, columns: Mapping[str, np.ndarray]) -> list[str]:
        warnings: list[str] = []
        for name, known in self._known.items():
            unseen = set(columns[name].tolist()) - known - {None}
            if unseen:
                warnings.append(row_messages.unknown_values(name, unseen))
        for name, (low, high) in self._usual.items():
            values = columns[name]
            far = values[(values < low) | (values > high)]
            if len(far):
                column = self.schema.column(name)
                warnings.append(row_messages.far_outside(name, float(far[0]), column.minimum, column.maximum))
        for name, (first, last) in self._usual_dates.items():
            values = columns[name]
            far = values[(values < np.datetime64(first)) | (values > np.datetime64(last))]
            if len(far):
                column = self.schema.column(name)
                ends = (moment_at(end) for end in (column.minimum, column.maximum) if end is not None)
                warnings.append(row_messages.date_far_outside(name, far[0].item(), *ends))
        return warnings


def usual_range(column: Column) -> tuple[float, float] | None:
    """Return the lowest and the highest number that is answered without a warning: one range of training farther.

    Of dates: in microseconds since 1970.
    """
    if column.minimum is None or column.maximum is None or column.minimum >= column.maximum:
        return None
    width = column.maximum - column.minimum
    return column.minimum - width, column.maximum + width


def usual_dates(column: Column) -> tuple[datetime, datetime] | None:
    """Return the first and the last moment of a date that is answered without a warning, see `usual_range`."""
    usual = usual_range(column) if column.type is ColumnType.DATE else None
    return None if usual is None else (moment_at(usual[0]), moment_at(usual[1]))


class _RowPlan:
    """How one usual row is checked: few looks at many values, for a call for each value would cost more."""

    def __init__(
        self, columns: Sequence[Column], missing: Mapping[str, frozenset[str]], stripped: frozenset[str]
    ) -> None:
        numeric = [c for c in columns if c.type.is_numeric]
        self._count = len(columns)
        self._names = tuple(c.name for c in numeric)
        self._numbers = _getter(self._names) if numeric else None
        ranges = [usual_range(c) or (-math.inf, math.inf) for c in numeric]
        self._lows, self._highs = [low for low, _ in ranges], [high for _, high in ranges]
        self._required = tuple(c.name for c in numeric if not c.nullable)
        self._whole = tuple(c.name for c in numeric if c.type is ColumnType.INTEGER)
        self._truths = tuple(c.name for c in numeric if c.type is ColumnType.BOOLEAN)
        self._kinds = NUMBERS | ({bool} if self._truths else set())
        self._plain = tuple(c.name for c in numeric if c.type is not ColumnType.BOOLEAN) if self._truths else ()
        self._words = tuple(
            (c.name, None if c.categories is None else frozenset(c.categories), c.nullable)
            for c in columns
            if not c.type.is_numeric and c.type is not ColumnType.DATE
        )
        # Where every text is a value, one that means “no value” is looked for.
        unlisted = [name for name, known, _ in self._words if known is None]
        self._open_words = tuple((name, missing[name]) for name in unlisted if name in missing)
        self._stripped = tuple(name for name in unlisted if name in stripped)
        self._dates = tuple(
            (c.name, c.nullable, *(usual_dates(c) or (FIRST_MOMENT, LAST_MOMENT)))
            for c in columns
            if c.type is ColumnType.DATE
        )

    def read(self, row: Any) -> dict[str, Any] | None:
        """Return a checked copy, or ``None`` when this row is not usual."""
        if type(row) is not dict or len(row) != self._count:
            return None
        made = row.copy()
        try:
            if self._numbers is not None and not self._numbers_are_right(made):
                return None
            if not self._words_are_right(row):
                return None
            if self._dates and not self._dates_are_read(made):
                return None
        except (KeyError, OverflowError, WrongValue):
            return None
        return made

    def _words_are_right(self, row: Row) -> bool:
        for name, known, nullable in self._words:
            word = row[name]
            if type(word) is str:
                if known is not None and word not in known:
                    return False
            elif word is not None or not nullable:
                return False
        if any(row[name] is not None and row[name].strip() in words for name, words in self._open_words):
            return False
        return not any(row[name] is not None and row[name] != row[name].strip() for name in self._stripped)

    def _dates_are_read(self, row: dict[str, Any]) -> bool:
        for name, nullable, first, last in self._dates:
            if row[name] is not None:
                row[name] = moment = moment_of(row[name])
                if not first <= moment <= last:
                    return False
            elif not nullable:
                return False
        return True

    def _numbers_are_right(self, row: dict[str, Any]) -> bool:
        values = self._numbers(row)  # type: ignore[misc]
        kinds = set(map(type, values))
        if not kinds <= self._kinds:
            if not kinds <= self._kinds | {type(None)}:
                return False
            if None in map(row.__getitem__, self._required):
                return False
            for name, value in zip(self._names, values, strict=True):
                if value is None:
                    row[name] = math.nan
            present = tuple(value for value in values if value is not None)
            values = self._numbers(row)  # type: ignore[misc]
        else:
            present = values
        # A sum is finite only if every value is; one that overflows has its values looked at one by one.
        if not math.isfinite(sum(map(float, present) if int in kinds else present)):
            return False
        if True in map(lt, values, self._lows) or True in map(gt, values, self._highs):
            return False
        if self._truths and not self._truths_are_right(row):
            return False
        return all(has_no_fraction(row[name]) for name in self._whole)

    def _truths_are_right(self, row: dict[str, Any]) -> bool:
        if any(row[name] not in _TRUTHS for name in self._truths):
            return False
        return bool not in set(map(type, map(row.__getitem__, self._plain)))


def _getter(names: Sequence[str]) -> Callable[[Row], tuple[Any, ...]]:
    if len(names) == 1:
        one = itemgetter(names[0])
        return lambda row: (one(row),)
    return itemgetter(*names)


def _name_unknown(unknown: Iterable[str]) -> list[str]:
    names = set(unknown)
    return [row_messages.unknown_columns(names)] if names else []


def _problems(column: Column, values: Sequence[Any]) -> Iterator[tuple[int, str, str]]:
    """Yield the faults of a column, first row first."""
    for index, value in enumerate(values):
        message = _problem(column, value)
        if message:
            yield index, column.name, message


def _problem(column: Column, value: Any) -> str:
    if value is _ABSENT:
        return row_messages.missing_column(column.name)
    if value is None:
        return "" if column.nullable else row_messages.null_value(column.name)
    try:
        read_column(column, [value])
    except WrongValue:
        return row_messages.wrong_type(column.name, column.type, value)
    return ""
