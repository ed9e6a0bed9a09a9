"""What is said of a column that is not of the type it was given, or cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tasks.contract.schema import ColumnType
from tasks.contract.spelling import is_year_last
from tasks.graph.messages import Message, Term
from tasks.ingest.errors import IngestError
from tasks.ingest.options import Choice, Notes
from tasks.ingest.quick_types import is_too_long


def too_long(name: str) -> Message:
    """Return the note on numbers that a float cannot hold exactly."""
    return Message(
        "reading.too_long",
        "Column “{column}” has numbers too long to be stored exactly; they were kept as text.",
        column=name,
    )


def refuse_too_long(name: str, words: Iterable[str], values: Iterable[float]) -> None:
    """Refuse a type of numbers for a column that would lose digits by it.

    Raises:
        IngestError: A whole number cannot be held exactly.
    """
    long = next((word for word, value in zip(words, values, strict=True) if is_too_long(word, value)), None)
    if long is not None:
        raise IngestError(
            Message(
                "file.too_long",
                "Column “{column}” has whole numbers too long to be stored exactly, such as {example}. Set its type "
                "to text or category.",
                column=name,
                example=long.strip(),
            )
        )


def note_not_of_type(name: str, wanted: ColumnType, count: int, example: str, notes: Notes) -> None:
    """Note values that are no such as a person said that the column holds."""
    message = Message(
        "reading.not_of_type",
        "{count:,} values of column “{column}” are not of type {type} (such as “{example}”) and were left empty.",
        one="1 value of column “{column}” is not of type {type} (“{example}”) and was left empty.",
        count=count,
        column=name,
        type=Term(f"type.{wanted}", str(wanted)),
        example=example,
    )
    notes.add("not_of_type", message, name)


def note_date_order(name: str, present: Sequence[str], notes: Notes, choices: tuple[Choice, ...]) -> None:
    """Note that dates were read with the day first, though nothing says that it is."""
    message = Message(
        "reading.day_first",
        "Dates in column “{column}” like {example} may mean day/month or month/day; they were read with the day "
        "first. Choose the order if that is not right.",
        column=name,
        example=next((word for word in present if is_year_last(word)), present[0]).strip(),
    )
    notes.add("day_first", message, name, choices)
