"""Which of day, month and year comes first in dates like 3/4/2024 and 24-03-05: by evidence, never by habit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import numpy as np

from tasks.contract.spelling import date, date_order, dates, is_year_last
from tasks.graph.messages import Message, Term
from tasks.ingest.options import Choice

Order = Literal["day", "month", "year"]
DOUBTFUL = frozenset({"both", "mixed", "open"})
"""Answers of `order_of` that leave the order to a person."""

_FEWEST_DAYS = 3
_LIFETIME = 60
_LABELS: Mapping[Order, tuple[Message, Term]] = {
    "day": (Message("choice.day_first", "Read as dates, day first"), Term("readAgain.dayFirst", "day first")),
    "month": (Message("choice.month_first", "Read as dates, month first"), Term("readAgain.monthFirst", "month first")),
    "year": (Message("choice.year_first", "Read as dates, year first"), Term("readAgain.yearFirst", "year first")),
}


def is_date(word: str) -> bool:
    """Return whether a text is a date in any order."""
    return any(_read(word, order) is not None for order in _LABELS)


def _read(word: str, order: str) -> datetime | None:
    is_year = order == "year"
    return date(word, day_first=order != "month", short_years=not is_year, year_first=is_year)


def dates_in(words: Sequence[str | None], order: str) -> np.ndarray:
    """Return the dates of texts in an order, NaT where there is none: shape (words,), datetime64[us]."""
    is_year = order == "year"
    return dates(words, day_first=order != "month", short_years=not is_year, year_first=is_year)


def order_of(words: Sequence[str]) -> str:
    """Return what comes first in dates.

    Args:
        words: Texts that are all dates; those written in another way do not count.

    Returns:
        ``day``, ``month`` or ``year``; ``both`` where it may be the day or the month, ``open`` where it may be the year
        too; ``mixed`` where it is the day in some and the month in others; ``none`` where there is no question.
    """
    found = date_order(words)
    short = [word for word in words if not _is_long(word)]
    if any(is_year_last(word) and date(word) is not None for word in words) or not short:
        return found  # years of four digits at the end
    by_year = [_read(word, "year") for word in short]
    if any(moment is None for moment in by_year):
        return found
    other = "month" if found == "month" else "day"
    by_day = [_read(word, other) for word in short]
    if any(moment is None for moment in by_day):
        return "year"
    return _shorter_order(short, _days_and_years(by_year), _days_and_years(by_day), found)


def _is_long(word: str) -> bool:
    """Return whether a text is a date without a year of two digits."""
    return date(word) is not None or date(word, day_first=False) is not None


def _days_and_years(moments: Sequence[datetime | None]) -> tuple[set[int], set[int]]:
    known = [moment for moment in moments if moment is not None]
    return {moment.day for moment in known}, {moment.year for moment in known}


def _shorter_order(
    words: Sequence[str], by_year: tuple[set[int], set[int]], by_day: tuple[set[int], set[int]], found: str
) -> str:
    """Return the order of dates with years of two digits that may stand at either end.

    Days change more than years do, and no column reaches over a lifetime in one reading by chance only.
    """
    is_spread = max(by_year[1]) - min(by_year[1]) > _LIFETIME, max(by_day[1]) - min(by_day[1]) > _LIFETIME
    if is_spread[0] != is_spread[1]:
        return found if is_spread[0] else "year"
    if len(by_year[0]) >= max(_FEWEST_DAYS, 2 * len(by_year[1])):
        return "year"
    if len(by_day[0]) >= 2 * len(by_day[1]) or not all("-" in word for word in words):
        return found
    return "open"


def order_choices(name: str, words: Mapping[str, int], *, but: str = "") -> tuple[Choice, ...]:
    """Return the choices of a column of dates: what comes first, and how many cells that leaves empty.

    Args:
        name: The column.
        words: Its different texts that are not missing, with how often each stands in it.
        but: An order that is no choice.
    """
    made = []
    present, counts = list(words), np.asarray(list(words.values()), dtype=np.int64)
    has_short = any(not _is_long(word) for word in present)
    for order, (label, called) in _LABELS.items():
        if order == but or (order == "year" and not has_short):
            continue
        empty = np.isnat(dates_in(present, order))
        count = int(counts[empty].sum())
        if empty.all() or (order == "year" and count * 2 > counts.sum()):
            continue
        if count:
            label = Message(  # noqa: PLW2901 - the same choice
                "choice.order_but",
                "Read as dates, {order}: {count:,} cells become missing",
                one="Read as dates, {order}: 1 cell becomes missing",
                order=called,
                count=count,
            )
        made.append(Choice(label, {"date_orders": {name: order}}))
    return tuple(made)
