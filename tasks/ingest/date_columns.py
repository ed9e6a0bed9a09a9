"""Columns of dates: those that are surely such, and those that a person says are."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from tasks.contract.reading import ColumnReading
from tasks.contract.schema import ColumnType
from tasks.contract.spelling import are_compact_dates, date
from tasks.graph.messages import Message, Term
from tasks.ingest.column_doubts import note_moved_days
from tasks.ingest.date_orders import DOUBTFUL, dates_in, is_date, order_choices, order_of
from tasks.ingest.options import Choice, Notes
from tasks.ingest.quick_types import quick_dates
from tasks.ingest.type_notes import note_date_order
from tasks.ingest.typed_column import DictionaryColumn, TypedColumn

_MAY_BE_DATE = re.compile(r"\s*(?:\d{1,4}[-/.\s]|[A-Za-z]{3,9}\.?\s+\d)", re.ASCII)


def as_dates(words: DictionaryColumn, missing: frozenset[str], notes: Notes) -> TypedColumn | None:
    """Return a column as dates, ``None`` where it is none, or where a person has to say what comes first.

    Args:
        words: The column.
        missing: Texts that mean “no value”, without blanks at their ends.
        notes: Takes what is doubtful.
    """
    given = words.given(missing)
    present = [word for word in given if word is not None]
    if not all(_MAY_BE_DATE.match(word) and is_date(word) for word in present[:50]):
        return None
    quick = quick_dates(given)
    if quick is not None:
        return _dates_of(words, quick, ColumnReading())
    order = order_of(present)
    if order in DOUBTFUL:
        _note_doubt(words, present, order, missing, notes)
        return None
    values = dates_in(given, order)
    if (~np.isnat(values)).sum() != len(present):
        return None
    note_moved_days(words.name, words.counted(missing), notes)
    is_day_first = None if order in {"none", "year"} else order == "day"
    short = next((word for word in present if date(word, day_first=order != "month") is None), "")
    if short:
        _note_short_years(words, missing, order, short, notes)
    reading = ColumnReading(
        is_day_first=is_day_first,
        is_year_first=order == "year",
        has_short_years=bool(short) and order != "year",
    )
    return _dates_of(words, values, reading)


def forced_dates(
    words: DictionaryColumn, missing: frozenset[str], chosen: str, notes: Notes
) -> tuple[np.ndarray, ColumnReading]:
    """Return the dates of the different words, NaT where there is none, and how they are spelled.

    Args:
        words: The column.
        missing: Texts that mean “no value”, without blanks at their ends.
        chosen: What comes first in its dates; empty where nobody said.
        notes: Takes what is doubtful.
    """
    given = words.given(missing)
    present = [word for word in given if word]
    found = chosen or order_of([word for word in present if is_date(word)])
    if found in DOUBTFUL:
        note_date_order(words.name, present, notes, order_choices(words.name, words.counted(missing), but="day"))
        found = "day"
    note_moved_days(words.name, words.counted(missing), notes)
    reading = ColumnReading(
        is_day_first=found != "month",
        is_year_first=found == "year",
        has_short_years=found != "year",
        has_misfits=True,
    )
    return dates_in(given, found), reading


def note_compact_dates(name: str, kind: ColumnType, values: np.ndarray, notes: Notes) -> None:
    """Note that whole numbers are all dates of eight digits, such as 20240131.

    Args:
        name: The column.
        kind: Its type.
        values: Its values, shape (rows,).
        notes: Takes the note.
    """
    if kind is not ColumnType.INTEGER or not are_compact_dates(values):
        return
    first = int(values[~np.isnan(values)][0])
    message = Message(
        "reading.compact_dates",
        "The whole numbers in column “{column}” are dates of eight digits, like {example}.",
        column=name,
        example=str(first),
    )
    label = Message("choice.as_type", "Read as {type}", type=Term("type.date", "date"))
    notes.add("compact_dates", message, name, (Choice(label, {"types": {name: "date"}}),))


def _note_doubt(
    words: DictionaryColumn, present: Sequence[str], order: str, missing: frozenset[str], notes: Notes
) -> None:
    choices = order_choices(words.name, words.counted(missing))
    if order == "mixed":
        by_day = next((word for word in present if date(word, day_first=False, short_years=True) is None), present[0])
        by_month = next((word for word in present if date(word, short_years=True) is None), present[0])
        message = Message(
            "reading.mixed_orders",
            "Dates in column “{column}” have the day first, like {day}, and the month first, like {month}: neither "
            "order fits all. They were kept as text.",
            column=words.name,
            day=by_day.strip(),
            month=by_month.strip(),
        )
    elif order == "open":
        message = Message(
            "reading.open_order",
            "Dates in column “{column}” like {example} may have the day, the month or the year first; they were kept "
            "as text.",
            column=words.name,
            example=present[0].strip(),
        )
    else:
        message = Message(
            "reading.date_order",
            "Dates in column “{column}” like {example} may mean day/month or month/day; they were kept as text. Set "
            "its type to date and choose the order.",
            column=words.name,
            example=present[0],
        )
    notes.add("date_order", message, words.name, choices)


def _note_short_years(words: DictionaryColumn, missing: frozenset[str], order: str, short: str, notes: Notes) -> None:
    facts = {"column": words.name, "example": short.strip(), "date": str(dates_in([short], order)[0])[:10]}
    if order != "year":
        message = Message(
            "reading.short_years",
            "Dates in column “{column}” have years of two digits; {example} was read as {date}.",
            **facts,
        )
        notes.add("short_years", message, words.name)
        return
    message = Message(
        "reading.year_first",
        "Dates in column “{column}” have years of two digits, which stand first; {example} was read as {date}.",
        **facts,
    )
    choices = order_choices(words.name, words.counted(missing), but="year")
    notes.add("short_years", message, words.name, choices)


def _dates_of(words: DictionaryColumn, values: np.ndarray, reading: ColumnReading) -> TypedColumn:
    return TypedColumn(ColumnType.DATE, words.values_of_rows(values, np.datetime64("NaT")), reading, words)
