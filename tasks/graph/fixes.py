"""What fixes of a table are for: a warning names the purpose, a node declares which purposes it serves, and how."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

COLUMN = "{column}"
"""Stands in a node's ``fixes`` for the name of the column that a warning is about."""


class FixPurpose(StrEnum):
    """What may be done about a warning of a table's profile."""

    DROP_COLUMN = "drop_column"
    MARK_AS_ID = "mark_as_id"
    READ_AS_NUMBER = "read_as_number"
    READ_AS_DATE = "read_as_date"
    NORMALISE_TEXT = "normalise_text"
    MERGE_WORDS = "merge_words"
    IMPUTE = "impute"
    IMPUTE_AND_FLAG = "impute_and_flag"
    HANDLE_INFINITE = "handle_infinite"
    GROUP_RARE_CATEGORIES = "group_rare_categories"
    DROP_DUPLICATES = "drop_duplicates"


def params_for(template: Any, column: str) -> Any:
    """Return parameters made from what a node declares for a purpose: ``{column}`` is replaced, also inside lists."""
    if isinstance(template, Mapping):
        return {name: params_for(value, column) for name, value in template.items()}
    if isinstance(template, list | tuple):
        return [params_for(value, column) for value in template]
    return column if template == COLUMN else template
