"""What a person should know of a column whose type is decided: cells that do not fit, values that stand for none.

Nothing is changed here. Each note has the choice that would read the column otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tasks.contract.schema import ColumnType
from tasks.contract.spelling import date
from tasks.graph.messages import Message, Names, Term
from tasks.ingest.date_orders import DOUBTFUL, dates_in, is_date, order_choices, order_of
from tasks.ingest.number_formats import FileMarks, forced_numbers, has_leading_zeros, may_be_number
from tasks.ingest.options import Choice, Notes
from tasks.ingest.quick_types import is_too_long

LineOf = Callable[[str, str], int | None]
"""From a column and a text in it to the first line that has it, ``None`` where that is not known."""

_LOOKED = 200
_MOSTLY = 0.8
_FEW_CELLS = 3
_FEW = 0.1
_FEWEST_ROWS = 5
_NAMED = 3
_ZONE = re.compile(r"\d[+-]\d{2}(?::?\d{2})?\s*$", re.ASCII)
_ANY_ZONE = re.compile(r"(?:Z|UTC|\d[+-]\d{2}(?::?\d{2})?)\s*$", re.ASCII)
_LOOKS_LIKE_DATE = re.compile(
    r"\d{4}\s*年\s*\d{1,2}\s*月.*"
    r"|\d{4}-?[Ww]\d{1,2}(?:-?\d)?"
    r"|\d{4}-\d{3}"
    r"|(?:\d{4}([-/. ])\d{1,2}\1\d{1,2}|\d{1,2}([-/. ])\d{1,2}\2(?:\d{4}|\d{2}))(?:[^\d.].*)?"
    r"|\d{1,4}[-/. ]\s?[^\W\d_]{3,10}\.?[-/. ,]+\d{2,4}(?:\D.*)?"
    r"|[^\W\d_]{3,10}\.?[-/ ]\d{2,4}"
    r"|[^\W\d_]{2,10},?\s[^\W\d_]{3,10}\.?\s\d{1,2}\s.*\d{4}"
    r"|\d{1,2}\.?\s(?:de\s)?[^\W\d_]{3,10}\.?\s(?:de\s)?\d{2,4}(?:\D.*)?"
)
_MONTHS = frozenset(
    (
        *("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        *("jän", "mär", "mai", "okt", "dez", "fév", "fev", "avr", "jui", "aoû", "aou", "déc"),
        *("ene", "abr", "ago", "dic", "gen", "mag", "giu", "lug", "set", "ott", "out", "maj", "mrt", "mei"),
    )
)
_APART: Mapping[float, tuple[float, float]] = {
    -1.0: (10, np.inf),
    -9.0: (1, 5),
    -99.0: (0, 500),
    99.0: (0, 9),
    999.0: (0, 199),
}
"""Short numbers that stand for none where they occur several times and all others lie between two bounds."""
_LOW_NUMBERS = frozenset(float(-(10**digits - 1)) for digits in range(3, 9))
_HIGH_NUMBERS = frozenset(float(10**digits - 1) for digits in range(4, 10))
_REPEATED = 2
_FAR_DATES = tuple(np.datetime64(day, "us") for day in ("9999-12-31", "9999-12-30", "9999-01-01", "2999-12-31"))
_EARLY_DATES = tuple(np.datetime64(day, "us") for day in ("0001-01-01", "1753-01-01", "1899-12-30", "1900-01-01"))
_GAP_YEARS = np.timedelta64(365 * 50, "D")


def may_be_typed(present: Sequence[str]) -> bool:
    """Return whether most of the first texts of a column may be numbers, or dates: only then all are looked at."""
    looked = present[:_LOOKED]
    least = _MOSTLY * len(looked)
    return sum(map(may_be_number, looked)) >= least or sum(map(is_date, looked)) >= least


def note_misfits(
    name: str, words: Mapping[str, int], marks: FileMarks, notes: Notes, line_of: LineOf | None = None
) -> None:
    """Note that a column of texts is one of numbers or dates but for a few cells.

    Args:
        name: The column.
        words: Its different texts that are not missing, with how often each stands in it.
        marks: What the whole file says of numbers.
        notes: Takes the note.
        line_of: Finds the line of a text.
    """
    present = list(words)
    for kind, misfits in ((ColumnType.NUMBER, _no_numbers), (ColumnType.DATE, _no_dates)):
        odd = misfits(name, present, marks)
        count, rows = sum(words[word] for word in odd), sum(words.values())
        is_some = count <= max(_FEW_CELLS, _FEW * rows) and count * 5 <= rows
        # one word that stands for many missing values does not say that the others are none
        if odd and rows >= _FEWEST_ROWS and (is_some or (len(odd) <= _NAMED and count * 2 <= rows)):
            lines = {line_of(name, word) for word in odd[:_NAMED]} if line_of else set()
            message = _of_misfits(name, kind, odd, sorted(line for line in lines if line is not None), words)
            code = "almost_numeric" if kind is ColumnType.NUMBER else "almost_date"
            if kind is ColumnType.NUMBER:
                message.params = {**message.params, "decimal": forced_numbers(name, present, marks).decimal}
            notes.add(code, message, name, _choices(name, kind, words, count))
            return


def _no_numbers(name: str, present: Sequence[str], marks: FileMarks) -> list[str]:
    if has_leading_zeros(present[:_LOOKED]):
        return []
    form = forced_numbers(name, present, marks)
    looked = present[:_LOOKED]
    if sum(form.value(word.strip()) is not None for word in looked) < _MOSTLY * len(looked):
        return []
    values = [form.value(word.strip()) for word in present]
    if any(value is not None and is_too_long(word, value) for word, value in zip(present, values, strict=True)):
        return []
    return [word for word, value in zip(present, values, strict=True) if value is None]


def _no_dates(name: str, present: Sequence[str], marks: FileMarks) -> list[str]:  # noqa: ARG001 - called like its sibling
    looked = present[:_LOOKED]
    if sum(map(is_date, looked)) < _MOSTLY * len(looked):
        return []
    values = dates_in(present, order_of([word for word in present if is_date(word)]))
    return [word for word, value in zip(present, values, strict=True) if np.isnat(value)]


def _choices(name: str, kind: ColumnType, words: Mapping[str, int], count: int) -> tuple[Choice, ...]:
    if kind is ColumnType.DATE and order_of([word for word in words if is_date(word)]) in DOUBTFUL:
        return order_choices(name, words)
    label = Message(
        "choice.typed",
        "Read as {type}: {count:,} cells become missing",
        one="Read as {type}: 1 cell becomes missing",
        type=Term(f"type.{kind}", str(kind)),
        count=count,
    )
    return (Choice(label, {"types": {name: str(kind)}}),)


def _of_misfits(
    name: str, kind: ColumnType, odd: Sequence[str], lines: Sequence[int], words: Mapping[str, int]
) -> Message:
    facts: dict[str, Any] = {
        "count": sum(words[word] for word in odd),
        "rows": sum(words.values()),
        "column": name,
        "type": Term(f"type.{kind}", str(kind)),
        "examples": Names((word.strip()[:30] for word in odd), shown=_NAMED),
    }
    if lines:
        return Message(
            "reading.misfits_on_lines",
            "{count:,} of {rows:,} values of column “{column}” are not of type {type} ({examples}; see line {lines}), "
            "so all were kept as text.",
            lines=", ".join(map(str, lines)),
            **facts,
        )
    return Message(
        "reading.misfits",
        "{count:,} of {rows:,} values of column “{column}” are not of type {type} ({examples}), so all were kept as "
        "text.",
        **facts,
    )


def note_unread_dates(name: str, present: Sequence[str], notes: Notes) -> None:
    """Note texts that look like dates in a form that is not read."""
    looked = [word.strip() for word in present[:50]]
    if len(looked) < 2 or not all(map(_looks_like_date, looked)):
        return
    message = Message(
        "reading.unread_dates",
        "Column “{column}” has texts like {example}, which look like dates in a form that is not read; they were kept "
        "as text.",
        column=name,
        example=looked[0][:40],
    )
    notes.add("unread_dates", message, name)


def _looks_like_date(text: str) -> bool:
    if not _LOOKS_LIKE_DATE.fullmatch(text):
        return False
    names = [word.casefold()[:3] for word in re.findall(r"[^\W\d_]{3,}", text)]
    return not names or any(name in _MONTHS for name in names)


def note_moved_days(name: str, words: Mapping[str, int], notes: Notes) -> None:
    """Note times with a zone: they are kept as UTC, and some of them then fall on another day.

    Args:
        name: The column.
        words: Its different texts, with how often each stands in it.
        notes: Takes the note.
    """
    timed = [word for word in words if ":" in word]
    zoned = [word for word in timed if _ZONE.search(word)]
    if not zoned:
        return
    _note_unzoned(name, {word: words[word] for word in timed if not _ANY_ZONE.search(word)}, notes)
    moved = [word for word in zoned if _is_moved(word)]
    count = sum(words[word] for word in moved)
    example = (moved or zoned)[0].strip()
    facts = {"column": name, "example": example, "moment": str(date(example) or "")[:19]}
    if moved:
        message = Message(
            "reading.moved_days",
            "Times in column “{column}” name a zone and were converted to UTC: {example} became {moment}. "
            "{count:,} of them are on another day in UTC.",
            one="Times in column “{column}” name a zone and were converted to UTC: {example} became {moment}. "
            "One of them is on another day in UTC.",
            count=count,
            **facts,
        )
    else:
        message = Message(
            "reading.zones",
            "Times in column “{column}” name a zone and were converted to UTC: {example} became {moment}.",
            **facts,
        )
    label = Message("choice.as_text", "Keep as text")
    notes.add("zones", message, name, (Choice(label, {"types": {name: "text"}}),))


def _note_unzoned(name: str, words: Mapping[str, int], notes: Notes) -> None:
    if not words:
        return
    message = Message(
        "reading.unzoned",
        "{count:,} times in column “{column}” name no zone, like {example}, and were taken as UTC.",
        one="1 time in column “{column}” names no zone ({example}) and was taken as UTC.",
        count=sum(words.values()),
        column=name,
        example=next(iter(words)).strip(),
    )
    notes.add("unzoned", message, name)


def _is_moved(word: str) -> bool:
    here, there = date(_ZONE.sub(lambda found: found[0][0], word)), date(word)
    return here is not None and there is not None and here.date() != there.date()


def note_placeholders(name: str, kind: ColumnType, values: np.ndarray, column: Any, notes: Notes) -> None:
    """Note a number or date that stands for “no value”: it lies far from all others, such as -999 or 9999-12-31.

    Args:
        name: The column.
        kind: Its type.
        values: Its values, shape (rows,).
        column: Its texts as an Arrow array.
        notes: Takes the note.
    """
    value: float | np.datetime64 | None = None
    if kind in {ColumnType.NUMBER, ColumnType.INTEGER}:
        value = _placeholder_number(values)
        value = _repeated_placeholder(values) if value is None else value
    elif kind is ColumnType.DATE:
        value = _placeholder_date(values)
    if value is None:
        return
    import pyarrow as pa
    import pyarrow.compute as pc

    is_one = values == value
    texts = sorted({text.strip() for text in pc.unique(column.filter(pa.array(is_one))).to_pylist() if text})
    if not texts or len(texts) > _NAMED:
        return
    message = Message(
        "reading.placeholder",
        "Column “{column}” has the value {word} {count:,} times, far from all others: it may mean “no value”.",
        one="Column “{column}” has the value {word} once, far from all others: it may mean “no value”.",
        column=name,
        word=texts[0],
        count=int(is_one.sum()),
    )
    label = Message("choice.missing", "Read {words} as missing in every column", words=Names(texts))
    notes.add("placeholder", message, name, (Choice(label, {"missing": texts}),))


def _placeholder_number(values: np.ndarray) -> float | None:
    if not len(values):
        return None
    with np.errstate(invalid="ignore"):
        low, high = float(np.fmin.reduce(values)), float(np.fmax.reduce(values))
    for value, candidates in ((low, _LOW_NUMBERS), (high, _HIGH_NUMBERS)):
        if value not in candidates:
            continue
        others = values[(values != value) & np.isfinite(values)]
        if len(others) < _FEWEST_ROWS:
            continue
        nearest = float(others.min() if value < 0 else others.max())
        is_alone = nearest < value / 5
        if value < 0:
            is_alone = nearest >= 0 or (nearest > value / 2 and float(others.max()) < -value / 3)
        if is_alone:
            return value
    return None


def _repeated_placeholder(values: np.ndarray) -> float | None:
    """Return a short number that stands for none: it occurs several times, and all others lie apart from it."""
    if not len(values):
        return None
    with np.errstate(invalid="ignore"):
        low, high = float(np.fmin.reduce(values)), float(np.fmax.reduce(values))
    for value in (low, high):
        if value not in _APART or (values == value).sum() < _REPEATED:
            continue
        others = values[(values != value) & np.isfinite(values)]
        if len(others) >= _FEWEST_ROWS and _is_apart(value, others):
            return value
    return None


def _is_apart(value: float, others: np.ndarray) -> bool:
    least, most = _APART[value]
    low, high = float(others.min()), float(others.max())
    if not least <= low <= high <= most:
        return False
    if value < 0:
        return True
    return (high - low) * 3 <= value - high and (high < value / 10 or bool((others == np.trunc(others)).all()))


def _placeholder_date(values: np.ndarray) -> np.datetime64 | None:
    present = values[~np.isnat(values)]
    if not len(present):
        return None
    for value, is_known in ((present.min(), _EARLY_DATES), (present.max(), _FAR_DATES)):
        if value.astype("datetime64[D]").astype("datetime64[us]") not in is_known:
            continue
        others = present[present != value]
        if len(others) and min(abs(others.min() - value), abs(others.max() - value)) > _GAP_YEARS:
            return np.datetime64(value)
    return None


def note_blanks(name: str, words: Iterable[str], counts: Iterable[int], notes: Notes) -> None:
    """Note categories that had blanks around them, which went.

    Args:
        name: The column.
        words: Its different texts that are not missing.
        counts: How often each stands in it.
        notes: Takes the note.
    """
    padded = [(word, count) for word, count in zip(words, counts, strict=True) if word != word.strip()]
    if not padded:
        return
    message = Message(
        "reading.blanks",
        "In column “{column}”, {count:,} values had blanks around them, such as “{example}”, and were read without.",
        one="In column “{column}”, 1 value had blanks around it (“{example}”) and was read without.",
        column=name,
        count=sum(count for _, count in padded),
        example=padded[0][0][:40],
    )
    label = Message("choice.with_blanks", "Keep the blanks: read as text")
    notes.add("blanks", message, name, (Choice(label, {"types": {name: "text"}}),))
