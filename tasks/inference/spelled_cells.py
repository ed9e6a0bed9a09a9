"""Texts in requests, read as the training file spells them. Values with types of their own pass unchanged."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tasks.contract.reading import UNREADABLE, Cell, Reading
from tasks.contract.schema import ColumnType, Schema

_WORDS = (ColumnType.CATEGORY, ColumnType.TEXT)


class Spelling:
    """How one model's raw columns are spelled.

    Attributes:
        missing_words: Columns of words to the texts that mean “no value” there, without blanks at their ends.
        stripped: Columns of words in which blanks at the ends of texts go.
    """

    def __init__(self, schema: Schema, reading: Reading) -> None:
        self._written = reading.written_names()
        self._asked = frozenset(schema.names)
        self._json = frozenset(name for name, column in reading.columns.items() if column.is_json)
        self.stripped = frozenset(name for name, column in reading.columns.items() if column.strips)
        self._cells: dict[str, Callable[[Any], Any]] = {}
        self.missing_words: dict[str, frozenset[str]] = {}
        for column in schema.each():
            cell = reading.cell(column) or (None if column.type in _WORDS else _empty_cell)
            if cell is not None:
                self._cells[column.name] = _reader(cell, is_json=column.name in self._json)
                if column.type in _WORDS and column.name in reading.columns:
                    self.missing_words[column.name] = reading.missing_words(column)

    def row(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a row under the model's names, with each text read; what its column does not spell stays as it is."""
        if type(row) is not dict:
            return row
        made = row if self._asked <= row.keys() else self._renamed(row)
        cells = self._cells
        return {name: cells[name](value) if name in cells else value for name, value in made.items()}

    def columns(self, columns: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
        """Return columns in the same way."""
        made = columns if self._asked <= columns.keys() else self._renamed(columns)
        return {name: self._column(name, values) for name, values in made.items()}

    def _column(self, name: str, values: Sequence[Any]) -> Sequence[Any]:
        cell = self._cells.get(name)
        if cell is None or (str not in set(map(type, values)) and name not in self._json):
            return values
        return [cell(value) for value in values]

    def _renamed(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what came under the names of the file under those of the model; what is there already stays."""
        made = dict(given)
        for written, name in self._written.items():
            if written in made and name not in made:
                made[name] = made.pop(written)
        return made


def _empty_cell(text: str) -> Any:
    """Return that an empty text is a missing value, where the source had types of its own: so is an empty CSV field."""
    return UNREADABLE if text.strip() else None


def _reader(cell: Cell, *, is_json: bool) -> Callable[[Any], Any]:
    """Return what reads one value of a column."""

    def read(value: Any) -> Any:
        if type(value) is not str:
            return json.dumps(value) if is_json and type(value) in (int, float, bool) else value
        made = cell(value)
        return value if made is UNREADABLE else made

    return read
