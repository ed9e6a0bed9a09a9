"""Held-out rows in the form in which their file has them: texts cell by cell, and a file of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from tasks.contract.model import Model
from tasks.contract.reading import FileReading, Reading


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


def as_file(file: FileReading, reading: Reading, rows: Sequence[dict[str, Any]]) -> bytes:
    """Return rows of texts and values as a file that is written as the training file was."""
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, delimiter=file.delimiter, quoting=csv.QUOTE_MINIMAL)
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
