"""Held-out rows in the form in which their file has them: texts cell by cell, and a file of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from tasks.contract.model import Model
from tasks.contract.reading import UNREADABLE, FileReading, Reading
from tasks.contract.schema import ColumnType


def spelled_rows(model: Model, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Return raw rows under the names of their file, with the texts that it has in them; ``None`` if it has no others.

    Args:
        model: What was trained on the file.
        rows: Its held-out rows as typed values.
    """
    reading, words = model.reading, model.held_out.words
    if reading is None or not (words or reading.names):
        return None
    made = [dict(row) for row in rows]
    for name, texts in words.items():
        for row, text in zip(made, texts.tolist(), strict=True):
            row[name] = text
    written = {column: name for name, column in reading.written_names().items()}
    return [{written.get(name, name): value for name, value in row.items()} for row in made]


def spelling_examples(model: Model) -> dict[str, str]:
    """Return for each column that its file spells otherwise than JSON does a text that stands in it."""
    found = {}
    for name, texts in model.held_out.words.items():
        example = next((text for text in texts.tolist() if text and _is_read(model, name, text)), None)
        if example is not None:
            found[name] = example.strip()
    return found


def _is_read(model: Model, name: str, text: str) -> bool:
    """Return whether a text of a column of numbers, booleans or dates stands for a value."""
    column = model.raw_schema.find(name)
    if column is None or model.reading is None or column.type in (ColumnType.CATEGORY, ColumnType.TEXT):
        return False
    cell = model.reading.cell(column)
    return cell is not None and cell(text) not in (None, UNREADABLE)


def as_file(file: FileReading, reading: Reading, rows: Sequence[dict[str, Any]]) -> bytes:
    """Return rows of texts and values as a file that is written as the training file was."""
    sink = io.StringIO(newline="")
    style: dict[str, Any] = (
        {"quotechar": file.quote} if file.has_quotes else {"quoting": csv.QUOTE_NONE, "quotechar": None}
    )
    writer = csv.writer(sink, delimiter=file.delimiter, escapechar=file.escape or None, **style)
    names = list(rows[0])
    # A column that came second under its name is written behind one that is called so.
    repeated = {name.column: name.written for name in reading.names if name.occurrence > 1}
    firsts = [written for name, written in repeated.items() if name in names and written not in names]
    writer.writerow([*firsts, *(repeated.get(name, name) for name in names)])
    writer.writerows([*[""] * len(firsts), *map(_written, row.values())] for row in rows)
    return sink.getvalue().encode(file.encoding, errors="replace")


def _written(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value
