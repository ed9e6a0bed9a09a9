"""Texts of a column to typed values. A doubtful column stays as it was written, and a note says so.

Decided on the whole column, never on a sample: numbers only if every word is one, digits with leading zeros
and numbers too long to be held exactly stay words, day and month are told apart by evidence only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tasks.contract.schema import Column, ColumnType
from tasks.graph.messages import Message, Names, Term
from tasks.ingest.decimal_mark import PLAIN, POINT_THOUSANDS, find_decimal, is_comma_number
from tasks.ingest.options import Notes, ReadOptions
from tasks.ingest.parsing import MISSING, MISSING_NUMBERS, date, date_order, dates, numbers

MAX_CATEGORIES = 200
_EXACT = 2.0**53
_THOUSANDS = re.compile(r"\s*[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?\s*", re.ASCII)
_LEADING_ZERO = re.compile(r"\s*[+-]?0\d", re.ASCII)
_MAY_BE_DATE = re.compile(r"\s*(?:\d{1,4}[-/.\s]|[A-Za-z]{3,9}\.?\s+\d)", re.ASCII)


@dataclass(frozen=True, eq=False)
class DictionaryColumn:
    """A dictionary-encoded column. ``codes``: position in ``distinct`` of each row, -1 where missing."""

    name: str
    distinct: list[str]
    codes: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, name: str, words: Any) -> DictionaryColumn:
        """Return the different words of an Arrow string array."""
        encoded = words.dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
        distinct = encoded.dictionary.to_pylist()
        counts = np.bincount(codes + 1, minlength=len(distinct) + 1)[1:]
        return cls(name, distinct, codes, counts)

    def values_of_rows(self, values: np.ndarray, missing: Any) -> np.ndarray:
        """Return one value per row from one per different word."""
        spread: np.ndarray = np.append(values, np.asarray([missing], dtype=values.dtype))[self.codes]
        return spread

    def texts_of_rows(self, missing: frozenset[str]) -> np.ndarray:
        """Return the text of each row, ``None`` where missing or among ``missing``."""
        kept = np.empty(len(self.distinct) + 1, dtype=object)
        kept[:-1] = [None if word.strip() in missing else word for word in self.distinct]
        kept[-1] = None
        return np.asarray(kept[self.codes])


@dataclass
class TypingState:
    """What holds for all columns of one file while their types are decided."""

    options: ReadOptions
    notes: Notes
    decimal: str = "."
    has_mixed_decimals: bool = False
    missing: frozenset[str] = field(default=MISSING)
    missing_numbers: frozenset[str] = field(default=MISSING_NUMBERS)


def type_columns(
    names: list[str], words: list[Any], options: ReadOptions, notes: Notes, *, semicolon: bool
) -> Iterator[tuple[Column, np.ndarray]]:
    """Yield each column's description and its typed values."""
    extra = frozenset(options.missing)
    state = TypingState(options, notes, missing=MISSING | extra, missing_numbers=MISSING_NUMBERS | extra)
    if options.decimal:
        state.decimal = options.decimal
    else:
        state.decimal, state.has_mixed_decimals = find_decimal(
            names, words, notes, state.missing_numbers, semicolon=semicolon
        )
    for name, column in zip(names, words, strict=True):
        wanted = options.types.get(name)
        kind, values = _typed(name, column, state, wanted)
        yield describe(name, kind, values), values


def type_texts(
    name: str, words: list[str | None], options: ReadOptions, notes: Notes, *, is_text: bool
) -> tuple[ColumnType, np.ndarray]:
    """Return words that come from a file with types of its own: never numbers, unless asked for.

    Args:
        is_text: All were written as text, so that dates among them may be read as dates.
    """
    import pyarrow as pa

    state = TypingState(options, notes, missing=frozenset({""}) | frozenset(options.missing))
    column = DictionaryColumn.of(name, pa.array(words, pa.large_string()))
    wanted = options.types.get(name)
    if wanted is not None:
        return wanted, _forced(column, state, wanted)
    present = [word for word in column.distinct if word.strip() not in state.missing]
    made = _as_dates(column, present, state) if present and is_text else None
    return made or _as_words(column, state)


def too_long(name: str) -> Message:
    """Return the note on numbers that a float cannot hold exactly."""
    return Message(
        "reading.too_long",
        "Column “{column}” has numbers too long to be stored exactly; they were kept as text.",
        column=name,
    )


def _as_words(words: DictionaryColumn, state: TypingState) -> tuple[ColumnType, np.ndarray]:
    kept = [word for word in words.distinct if word.strip() not in state.missing]
    length = float(np.mean([len(word) for word in kept[:5000]] or [0]))
    return category_or_text(len(kept), int(words.counts.sum()), length), words.texts_of_rows(state.missing)


def describe(name: str, kind: ColumnType, values: np.ndarray) -> Column:
    """Return a column's description from its values."""
    if kind.is_numeric:
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (None, None)
        return Column(name=name, type=kind, nullable=bool(np.isnan(values).any()), minimum=low, maximum=high)
    if kind is ColumnType.DATE:
        return Column(name=name, type=kind, nullable=bool(np.isnat(values).any()))
    different = set(values.tolist())
    nullable = None in different
    different.discard(None)
    listed = kind is ColumnType.CATEGORY and len(different) <= MAX_CATEGORIES
    return Column(name=name, type=kind, nullable=nullable, categories=tuple(sorted(different)) if listed else None)


def category_or_text(distinct: int, rows: int, mean_length: float) -> ColumnType:
    """Return category for few different words, text for many.

    Args:
        distinct: Different words.
        rows: Rows that have one.
        mean_length: Mean number of characters of the different words.
    """
    if mean_length > 60:
        return ColumnType.TEXT
    few = distinct <= 20 or (distinct <= 1000 and distinct <= rows * 0.5)
    return ColumnType.CATEGORY if few else ColumnType.TEXT


def _typed(name: str, column: Any, state: TypingState, wanted: ColumnType | None) -> tuple[ColumnType, np.ndarray]:
    if wanted is None and state.decimal == ".":
        quick = _quick_numbers(column)
        if quick is not None:
            return _whole_or_not(quick), quick
    words = DictionaryColumn.of(name, column)
    if wanted is not None:
        return wanted, _forced(words, state, wanted)
    present = [word for word in words.distinct if word.strip() not in state.missing_numbers]
    if not present and not words.distinct:
        return ColumnType.NUMBER, np.full(len(words.codes), np.nan)
    for attempt in (_as_numbers, _as_booleans, _as_dates):
        made = attempt(words, present, state) if present else None
        if made is not None:
            _note_missing_words(words, state, state.missing_numbers)
            return made
    _note_missing_words(words, state, state.missing)
    return _as_words(words, state)


def _quick_numbers(column: Any) -> np.ndarray | None:
    """Return the column as numbers if every word is a plain one; the way nearly all numeric columns go."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.null_count == len(column):
        return None
    try:
        numeric = pc.cast(column, pa.float64())
    except pa.ArrowInvalid:
        return None
    zero_first = pc.and_(pc.starts_with(column, "0"), pc.greater(pc.binary_length(column), 1))
    doubtful = column.filter(pc.fill_null(zero_first, fill_value=False))
    if len(doubtful) and pc.any(pc.match_substring_regex(doubtful, r"^0\d")).as_py():
        return None
    values = np.asarray(numeric.to_numpy(zero_copy_only=False), dtype=np.float64)
    with np.errstate(invalid="ignore"):
        if (np.abs(values) > _EXACT).any():
            return None
    return values


def _whole_or_not(values: np.ndarray) -> ColumnType:
    present = values[~np.isnan(values)]
    if not len(present):
        return ColumnType.NUMBER
    whole = np.isfinite(present).all() and (present == np.trunc(present)).all()
    return ColumnType.INTEGER if whole else ColumnType.NUMBER


def _as_numbers(
    words: DictionaryColumn, present: list[str], state: TypingState
) -> tuple[ColumnType, np.ndarray] | None:
    mark = _mark_of(words.name, present, state)
    if mark is None:
        return None
    if any(_LEADING_ZERO.match(word) for word in present):
        message = Message(
            "reading.leading_zeros",
            "Column “{column}” has numbers with leading zeros; they were kept as text.",
            column=words.name,
        )
        state.notes.add("leading_zeros", message, words.name)
        return None
    values = numbers([None if w.strip() in state.missing_numbers else w for w in words.distinct], mark)
    if any(abs(value) > _EXACT and _is_whole_word(word) for word, value in zip(words.distinct, values, strict=True)):
        state.notes.add("too_long", too_long(words.name), words.name)
        return None
    return _whole_or_not(values), words.values_of_rows(values, np.nan)


def _is_whole_word(word: str) -> bool:
    return word.strip().lstrip("+-").isdigit()


def _mark_of(name: str, present: list[str], state: TypingState) -> str | None:
    """Return the decimal mark by which all words are numbers, or ``None``."""
    if all(PLAIN.fullmatch(word) for word in present):
        return _mark_of_points(name, present, state) if state.decimal == "," else "."
    if state.decimal == ",":
        return "," if all(is_comma_number(word) for word in present) else None
    if not all(PLAIN.fullmatch(word) or _THOUSANDS.fullmatch(word) for word in present):
        return None
    # 1,234 alone may be a decimal comma
    sure = any(word.count(",") > 1 or ("," in word and "." in word) for word in present)
    return "." if sure else None


def _mark_of_points(name: str, present: list[str], state: TypingState) -> str | None:
    """Return the decimal mark of a column without commas in a file of decimal commas."""
    points = [word for word in present if "." in word]
    if any(not POINT_THOUSANDS.fullmatch(word) for word in points):
        message = Message(
            "reading.mixed_decimals",
            "Column “{column}” uses decimal points in a file of decimal commas.",
            column=name,
        )
        state.notes.add("mixed_decimals", message, name)
        return "."
    if points and state.has_mixed_decimals:
        message = Message(
            "reading.thousands_or_decimals",
            "Column “{column}” has numbers like {example}, which may be thousands or decimals; they were kept as text.",
            column=name,
            example=points[0],
        )
        state.notes.add("thousands_or_decimals", message, name)
        return None
    if points:
        message = Message(
            "reading.thousands",
            "In column “{column}”, numbers like {example} were read as thousands, since commas are the decimals.",
            column=name,
            example=points[0],
        )
        state.notes.add("thousands", message, name)
    return ","


def _as_booleans(
    words: DictionaryColumn,
    present: list[str],
    state: TypingState,  # noqa: ARG001 - called like its siblings
) -> tuple[ColumnType, np.ndarray] | None:
    if not all(word.strip().lower() in {"true", "false"} for word in present):
        return None
    known = {"true": 1.0, "false": 0.0}
    values = np.asarray([known.get(word.strip().lower(), np.nan) for word in words.distinct], dtype=np.float64)
    return ColumnType.BOOLEAN, words.values_of_rows(values, np.nan)


def _as_dates(words: DictionaryColumn, present: list[str], state: TypingState) -> tuple[ColumnType, np.ndarray] | None:
    if not all(_MAY_BE_DATE.match(word) and _is_date(word) for word in present[:50]):
        return None
    quick = _quick_dates(words, state)
    if quick is not None:
        return ColumnType.DATE, words.values_of_rows(quick, np.datetime64("NaT"))
    order = date_order(present)
    if order in {"both", "mixed"}:
        message = Message(
            "reading.date_order",
            "Dates in column “{column}” like {example} may mean day/month or month/day; they were kept as text. Set "
            "its type to date and choose the order.",
            column=words.name,
            example=present[0],
        )
        state.notes.add("date_order", message, words.name)
        return None
    values = dates(
        [None if word.strip() in state.missing_numbers else word for word in words.distinct], day_first=order != "month"
    )
    found = ~np.isnat(values)
    if found.sum() != len(present):
        return None
    return ColumnType.DATE, words.values_of_rows(values, np.datetime64("NaT"))


def _quick_dates(words: DictionaryColumn, state: TypingState) -> np.ndarray | None:
    """Return dates if every word is one as ISO 8601 has it, without a zone; the way nearly all date columns go."""
    import pyarrow as pa
    import pyarrow.compute as pc

    given = [None if word.strip() in state.missing_numbers else word for word in words.distinct]
    try:
        moments = pc.cast(pa.array(given, pa.large_string()), pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None
    return np.asarray(moments.to_numpy(zero_copy_only=False))


def _is_date(word: str) -> bool:
    return date(word) is not None or date(word, day_first=False) is not None


def _forced(words: DictionaryColumn, state: TypingState, wanted: ColumnType) -> np.ndarray:
    """Return the column as the type somebody asked for; words that do not fit are missing, and a note counts them."""
    given = [None if word.strip() in state.missing_numbers else word for word in words.distinct]
    if wanted is ColumnType.DATE:
        values = dates(given, day_first=date_order([word for word in given if word]) != "month")
        misfit = np.isnat(values) & np.asarray([word is not None for word in given], dtype=bool)
        result = words.values_of_rows(values, np.datetime64("NaT"))
    elif wanted.is_numeric:
        if wanted is ColumnType.BOOLEAN:
            truth = {"true": 1.0, "yes": 1.0, "1": 1.0, "false": 0.0, "no": 0.0, "0": 0.0}
            values = np.asarray([truth.get((word or "").strip().lower(), np.nan) for word in given], dtype=np.float64)
        else:
            values = numbers(given, state.decimal)
        misfit = np.isnan(values) & np.asarray([word is not None for word in given], dtype=bool)
        result = words.values_of_rows(values, np.nan)
    else:
        return words.texts_of_rows(state.missing)
    if misfit.any():
        count = int(words.counts[misfit].sum())
        example = words.distinct[int(np.flatnonzero(misfit)[0])]
        message = Message(
            "reading.not_of_type",
            "{count:,} values of column “{column}” are not of type {type} (such as “{example}”) and were left empty.",
            one="1 value of column “{column}” is not of type {type} (“{example}”) and was left empty.",
            count=count,
            column=words.name,
            type=Term(f"type.{wanted}", str(wanted)),
            example=example,
        )
        state.notes.add("not_of_type", message, words.name)
    return result


def _note_missing_words(words: DictionaryColumn, state: TypingState, missing: frozenset[str]) -> None:
    found = {
        word.strip(): int(n) for word, n in zip(words.distinct, words.counts, strict=True) if word.strip() in missing
    }
    found.pop("", None)
    if found:
        message = Message(
            "reading.missing_words",
            "In column “{column}”, {count:,} values were read as missing ({words}).",
            one="In column “{column}”, 1 value was read as missing ({words}).",
            column=words.name,
            count=sum(found.values()),
            words=Names(sorted(found)),
        )
        state.notes.add("missing_words", message, words.name)
