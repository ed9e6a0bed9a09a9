"""What a target most likely means, guessed from its values alone: which class is the positive one, numbers or codes.

Plain Python on counted values: the page's server guesses from a profile, the engine from the rows, and both alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_POSITIVE = """
yes y true t positive pos + ja j oui sim да 是 有 はい si sí churn churned default defaulted fraud fraudulent bad spam
sick ill diseased disease malignant fail failed failure faulty defective defect died dead deceased abnormal anomaly
anomalous attack cancelled canceled delinquent infected converted clicked bought purchased responded 阳性 真
流失 违约 欺诈 异常
"""
_NEGATIVE = """
no n false f negative neg - nein non não нет 否 无 いいえ good ham healthy benign normal ok okay stayed retained paid
repaid legitimate genuine 阴性 假 正常 好
"""
POSITIVE_WORDS = frozenset(_POSITIVE.split())
"""Words for the class that one looks for, in small letters."""

NEGATIVE_WORDS = frozenset(_NEGATIVE.split())
"""Words for its opposite, in small letters."""

_OPPOSITE = re.compile(r"(?:not|no|non|un|in)[\s_-]*(?P<rest>.+)|[不非未](?P<other>.+)")

MOST_CLASSES = 200
"""A target with more classes cannot be predicted."""

MOST_CODES = 10
"""So many different whole numbers may still be codes of classes."""

ROWS_PER_CODE = 10
"""Fewer rows for each different number are too few to tell codes from counts and measures."""


def positive_class(names: Sequence[str], counts: Sequence[float]) -> int:
    """Return the position of the class that one most likely looks for: 0 or 1.

    The one whose name means yes (yes, true, churned, 是, 1 beside 0 or −1), or whose opposite means no; else the rarer
    one; of equally common ones the second.

    Args:
        names: Two classes.
        counts: How many rows are of each.
    """
    words = [" ".join(name.split()).casefold() for name in names]
    for at in (0, 1):
        if words[at] in {"1", "+1"} and words[1 - at] in {"0", "-1"}:
            return at
    meant = [word in POSITIVE_WORDS for word in words]
    if meant[0] != meant[1]:
        return meant.index(True)
    denied = [word in NEGATIVE_WORDS for word in words]
    if denied[0] != denied[1]:
        return denied.index(False)
    for at in (0, 1):
        found = _OPPOSITE.fullmatch(words[at])
        if found is not None and words[1 - at] in (found["rest"], found["other"]):
            return 1 - at
    return 0 if counts[0] < counts[1] else 1


def usual_task(kind: str, distinct: int, lowest: float, highest: float, rows: int) -> str:
    """Return ``regression`` or ``classification``, as a column is predicted unless a person says otherwise.

    Empty for a column that cannot be predicted. 0 and 1 are classes on however few rows.

    Args:
        kind: Type of the column.
        distinct: How many different values occur.
        lowest: The smallest of them, of numbers.
        highest: The largest of them, of numbers.
        rows: Rows with a value.
    """
    if kind in {"category", "boolean"}:
        return "classification"
    is_code = are_codes(distinct, lowest, highest, rows) or (distinct, lowest, highest) == (2, 0, 1)
    if kind == "integer" and is_code:
        return "classification"
    return "regression" if kind in {"number", "integer"} else ""


def are_codes(distinct: int, lowest: float, highest: float, rows: int) -> bool:
    """Return whether whole numbers are more likely codes of classes than counts or measures.

    Two different numbers are, and up to `MOST_CODES` that lie close together (1 to 4, 0 to 9), where each of them
    occurs often.

    Args:
        distinct: How many different values occur.
        lowest: The smallest of them.
        highest: The largest of them.
        rows: Rows with a value.
    """
    if distinct == 2:
        return rows >= ROWS_PER_CODE
    return 2 < distinct <= MOST_CODES and highest - lowest < MOST_CODES and rows >= ROWS_PER_CODE * distinct
