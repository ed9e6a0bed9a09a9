"""Texts of a column to typed values. A doubtful column stays as it was written, and a note says so.

Decided on the whole column, never on a sample: numbers only if every word is one, digits with leading zeros
and numbers too long to be held exactly stay words, day and month are told apart by evidence only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tasks.contract.reading import ColumnReading, NumberFormat
from tasks.contract.schema import Column, ColumnType
from tasks.contract.spelling import MISSING, MISSING_NUMBERS
from tasks.graph.messages import Message, Names
from tasks.ingest.column_doubts import (
    LineOf,
    may_be_typed,
    note_blanks,
    note_misfits,
    note_placeholders,
    note_unread_dates,
)
from tasks.ingest.date_columns import as_dates, forced_dates, note_compact_dates
from tasks.ingest.decimal_mark import find_decimal
from tasks.ingest.formula_texts import formula_texts
from tasks.ingest.number_formats import FileMarks, forced_numbers, note_unit, number_format
from tasks.ingest.options import Notes, ReadOptions
from tasks.ingest.quick_types import is_too_long, number_type, quick_numbers
from tasks.ingest.type_notes import note_not_of_type, refuse_too_long, too_long
from tasks.ingest.typed_column import DictionaryColumn, TypedColumn

MAX_CATEGORIES = 200
_CODE = re.compile(r"[A-Z0-9]{1,4}", re.ASCII)
_FEWEST_CODES = 3
_TRUTHS: Mapping[str, bool] = {"true": True, "false": False}
_MORE_TRUTHS: Mapping[str, bool] = {**_TRUTHS, "yes": True, "1": True, "no": False, "0": False}


@dataclass
class TypingState:
    """What holds for all columns of one file while their types are decided."""

    options: ReadOptions
    notes: Notes
    marks: FileMarks = field(default_factory=FileMarks)
    missing: frozenset[str] = field(default=MISSING)
    missing_numbers: frozenset[str] = field(default=MISSING_NUMBERS)
    line_of: LineOf | None = None


def type_columns(
    names: list[str],
    words: list[Any],
    options: ReadOptions,
    notes: Notes,
    *,
    semicolon: bool,
    line_of: LineOf | None = None,
) -> Iterator[tuple[str, TypedColumn]]:
    """Yield each column with its typed values.

    Args:
        names: The columns.
        words: One Arrow string array per name.
        options: What a person said.
        notes: Takes what was noticed.
        semicolon: The file separates its columns by semicolons.
        line_of: Finds the line of a text.
    """
    state = typing_state(options, notes)
    state.line_of = line_of
    decimal = options.decimal or {",": ".", ".": ","}.get(options.thousands, "")
    if decimal:
        state.marks = FileMarks(decimal)
    else:
        state.marks = find_decimal(names, words, notes, state.missing_numbers, semicolon=semicolon)
    if options.thousands:
        thousands = "" if options.thousands == "none" else options.thousands
        state.marks = replace(state.marks, thousands=thousands)
    for name, column in zip(names, words, strict=True):
        typed = _typed(name, column, state, options.type_of(name))
        if options.type_of(name) is None:
            note_compact_dates(name, typed.type, typed.values, notes)
        note_placeholders(name, typed.type, typed.values, column, notes)
        yield name, typed


def typing_state(options: ReadOptions, notes: Notes) -> TypingState:
    """Return what the options of a text file say about all its columns."""
    extra, kept = _words(options.missing), _words(options.kept)
    return TypingState(
        options, notes, missing=(MISSING | extra) - kept, missing_numbers=(MISSING_NUMBERS | extra) - kept
    )


def text_state(options: ReadOptions, notes: Notes) -> TypingState:
    """Return the same for a file with types of its own, in which only the empty text is missing."""
    missing = (frozenset({""}) | _words(options.missing)) - _words(options.kept)
    return TypingState(options, notes, missing=missing, missing_numbers=missing)


def _words(said: Iterable[str]) -> frozenset[str]:
    return frozenset(word.strip() for word in said)


def type_texts(name: str, words: list[str | None], options: ReadOptions, notes: Notes, *, is_text: bool) -> TypedColumn:
    """Return words that come from a file with types of its own: never numbers, unless asked for.

    Args:
        name: The column.
        words: One a row.
        options: What a person said.
        notes: Where doubts are noted.
        is_text: All were written as text, so that dates among them may be read as dates.
    """
    import pyarrow as pa

    state = text_state(options, notes)
    column = DictionaryColumn.of(name, pa.array(words, pa.large_string()))
    wanted = options.type_of(name)
    if wanted is not None:
        return _forced(column, state, wanted)
    present = [word for word in column.distinct if word.strip() not in state.missing]
    made = _as_dates(column, present, state) if present and is_text else None
    made = made or _as_words(column, state, strips=is_text)
    return made if is_text else replace(made, reading=ColumnReading(is_json=True))


def _as_words(words: DictionaryColumn, state: TypingState, *, strips: bool = True) -> TypedColumn:
    found = {word: word.strip() in state.missing for word in words.distinct}
    kept = _codes_kept(words.name, found, state)
    missing = state.missing - kept
    present = [word for word in words.distinct if word.strip() not in missing]
    length = float(np.mean([len(word) for word in present[:5000]] or [0]))
    kind = category_or_text(len(present), int(words.counts.sum()), length)
    strips = strips and kind is ColumnType.CATEGORY and any(word != word.strip() for word in present)
    if strips:
        _note_blanks(words, missing, state)
    reading = ColumnReading(kept=tuple(sorted(kept)), strips=strips)
    differs = strips or any(found.values())
    return TypedColumn(kind, words.texts_of_rows(missing, strips=strips), reading, words if differs else None)


def _note_blanks(words: DictionaryColumn, missing: frozenset[str], state: TypingState) -> None:
    pairs = [pair for pair in zip(words.distinct, words.counts.tolist(), strict=True) if pair[0].strip() not in missing]
    note_blanks(words.name, [word for word, _ in pairs], [count for _, count in pairs], state.notes)


def _codes_kept(name: str, words: Mapping[str, bool], state: TypingState) -> frozenset[str]:
    """Return texts that elsewhere mean “no value” and here have the form of all others: NA among codes of countries.

    Args:
        name: The column.
        words: Its different texts to whether they usually mean “no value”.
        state: Takes a note.
    """
    suspects = {word.strip() for word, is_missing in words.items() if is_missing and word.strip()}
    others = [word.strip() for word, is_missing in words.items() if not is_missing]
    lengths = {len(word) for word in others}
    if not suspects or len(others) < _FEWEST_CODES or len(lengths) != 1 or not all(map(_CODE.fullmatch, others)):
        return frozenset()
    kept = frozenset(word for word in suspects if len(word) in lengths and _CODE.fullmatch(word))
    if kept:
        message = Message(
            "reading.code_kept",
            "In column “{column}”, {words} was kept as a value, since all others have the same form.",
            column=name,
            words=Names(sorted(kept)),
        )
        state.notes.add("code_kept", message, name)
    return kept


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


def _typed(name: str, column: Any, state: TypingState, wanted: ColumnType | None) -> TypedColumn:
    # A word that a person named, such as -999 or NaN, may be a number to Arrow.
    if wanted is None and state.marks.decimal == "." and not (state.options.missing or state.options.kept):
        quick = quick_numbers(column)
        if quick is not None:
            form = NumberFormat(thousands=state.marks.thousands_of_points)
            return TypedColumn(number_type(quick), quick, ColumnReading(number=form))
    texts = formula_texts(name, column, state.notes)
    words = DictionaryColumn.of(name, column if texts is None else texts)
    if wanted is not None or texts is not None:
        typed = _forced(words, state, wanted) if wanted else _as_words(words, state)
        reading = typed.reading or ColumnReading()
        return replace(typed, reading=reading.model_copy(update={"has_formulas": texts is not None}))
    present = [word for word in words.distinct if word.strip() not in state.missing_numbers]
    if not present and not words.distinct:
        return TypedColumn(ColumnType.NUMBER, np.full(len(words.codes), np.nan), ColumnReading(number=NumberFormat()))
    seen = len(state.notes.all)
    for attempt in (_as_numbers, _as_booleans, _as_dates):
        made = attempt(words, present, state) if present else None
        if made is not None:
            _note_missing_words(words, state, state.missing_numbers)
            return made
    is_explained = any(note.column == name for note in state.notes.all[seen:])  # why it is none of these
    made = _as_words(words, state)
    _note_missing_words(words, state, state.missing - frozenset(made.reading.kept if made.reading else ()))
    if present and not is_explained:
        _note_doubts(words, present, state)
    return made


def _note_doubts(words: DictionaryColumn, present: list[str], state: TypingState) -> None:
    """Note what a column of words nearly is."""
    if not may_be_typed(present):
        note_unread_dates(words.name, present, state.notes)
        return
    counted = words.counted(state.missing_numbers)
    noted = len(state.notes.all)
    note_misfits(words.name, counted, state.marks, state.notes, state.line_of)
    if len(state.notes.all) == noted:
        note_unread_dates(words.name, present, state.notes)


def _as_numbers(words: DictionaryColumn, present: list[str], state: TypingState) -> TypedColumn | None:
    form = number_format(words.name, present, state.marks, state.notes)
    if form is None:
        return None
    values = _read(words, state, form.value)
    if values is None:
        return None
    if any(map(is_too_long, words.distinct, values)):
        state.notes.add("too_long", too_long(words.name), words.name)
        return None
    note_unit(words.name, form, present, state.notes)
    kind = ColumnType.NUMBER if form.units else number_type(values)
    return TypedColumn(kind, words.values_of_rows(values, np.nan), ColumnReading(number=form), words)


def _read(words: DictionaryColumn, state: TypingState, value: Callable[[str], float | None]) -> np.ndarray | None:
    """Return the numbers of the different words, NaN where missing; ``None`` when one is no number."""
    made = np.full(len(words.distinct), np.nan)
    for at, word in enumerate(words.distinct):
        bare = word.strip()
        if bare not in state.missing_numbers:
            number = value(bare)
            if number is None:
                return None
            made[at] = number
    return made


def _as_booleans(
    words: DictionaryColumn,
    present: list[str],
    state: TypingState,
) -> TypedColumn | None:
    if not all(word.strip().lower() in _TRUTHS for word in present):
        return None
    given = ["" if word.strip() in state.missing_numbers else word.strip().lower() for word in words.distinct]
    values = np.asarray([_TRUTHS.get(word, np.nan) for word in given], dtype=np.float64)
    return TypedColumn(ColumnType.BOOLEAN, words.values_of_rows(values, np.nan), ColumnReading(truths=_TRUTHS), words)


def _as_dates(words: DictionaryColumn, _present: list[str], state: TypingState) -> TypedColumn | None:
    return as_dates(words, state.missing_numbers, state.notes)


def _forced(words: DictionaryColumn, state: TypingState, wanted: ColumnType) -> TypedColumn:
    """Return the column as the type somebody asked for; words that do not fit are missing, and a note counts them."""
    if not (wanted.is_numeric or wanted is ColumnType.DATE):
        missing = any(word.strip() in state.missing for word in words.distinct)
        strips = wanted is ColumnType.CATEGORY and any(word != word.strip() for word in words.distinct)
        if strips:
            _note_blanks(words, state.missing, state)
        texts = words.texts_of_rows(state.missing, strips=strips)
        return TypedColumn(wanted, texts, ColumnReading(strips=strips), words if missing or strips else None)
    given = words.given(state.missing_numbers)
    present = [word for word in given if word]
    if wanted is ColumnType.DATE:
        chosen = state.options.date_orders.get(words.name, "")
        values, reading = forced_dates(words, state.missing_numbers, chosen, state.notes)
        misfit = np.isnat(values)
        nothing: Any = np.datetime64("NaT")
    else:
        if wanted is ColumnType.BOOLEAN:
            values = np.asarray([_MORE_TRUTHS.get((w or "").strip().lower(), np.nan) for w in given], dtype=np.float64)
            reading = ColumnReading(truths=_MORE_TRUTHS, has_misfits=True)
        else:
            form = forced_numbers(words.name, present, state.marks)
            numbers = [None if word is None else form.value(word.strip()) for word in given]
            values = np.asarray([np.nan if value is None else value for value in numbers], dtype=np.float64)
            refuse_too_long(words.name, words.distinct, values)
            reading = ColumnReading(number=form, has_misfits=True)
        misfit, nothing = np.isnan(values), np.nan
    misfit &= np.asarray([word is not None for word in given], dtype=bool)
    if misfit.any():
        example = words.distinct[int(np.flatnonzero(misfit)[0])]
        note_not_of_type(words.name, wanted, int(words.counts[misfit].sum()), example, state.notes)
    return TypedColumn(wanted, words.values_of_rows(values, nothing), reading, words)


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
