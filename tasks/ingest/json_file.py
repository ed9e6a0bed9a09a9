"""JSON and JSON lines: a list of flat objects as columns."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tasks.contract.schema import ColumnType
from tasks.contract.table import as_array
from tasks.graph.messages import Message, Term
from tasks.ingest.column_names import unique_names
from tasks.ingest.column_types import type_texts
from tasks.ingest.content import open_content
from tasks.ingest.csv_file import Ingested, reading_of_types
from tasks.ingest.errors import IngestError
from tasks.ingest.options import MAX_COLUMNS, Notes, ReadOptions
from tasks.ingest.type_notes import too_long
from tasks.ingest.typed_column import TypedColumn

_EXACT = 2**53


def read_json(path: Path, options: ReadOptions) -> Ingested:
    """Return the columns of a JSON list of objects, or of one object per line.

    Raises:
        IngestError: It is neither, or an object holds lists or further objects.
    """
    notes = Notes()
    return read_json_text(bytes(open_content(path, options, notes).undamaged()).decode(), options, notes)


def read_json_text(text: str, options: ReadOptions, notes: Notes) -> Ingested:
    """Return the columns of JSON text.

    Raises:
        IngestError: It is no table.
    """
    rows = list(_rows(text))
    keys = list(dict.fromkeys(key for _, row in rows for key in row))
    if len(keys) > MAX_COLUMNS:
        raise IngestError(
            Message(
                "file.too_many_keys",
                "The objects have {count:,} different keys; at most {maximum:,} are accepted.",
                count=len(keys),
                maximum=MAX_COLUMNS,
            )
        )
    names = unique_names(keys, notes)
    columns = (
        (name, _column(name, [(line, row.get(key)) for line, row in rows], options, notes))
        for key, name in zip(keys, names, strict=True)
    )
    return Ingested.of(columns, notes, reading_of_types(keys, names, options, notes))


def _rows(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the line and the value of each object; the line is that of the record in JSON lines, else the first."""
    if text.lstrip().startswith("["):
        listed = _parsed(text, 1)
        yield from (
            (1, _object(item, Message("file.item", "Item {number}", number=at), 1))
            for at, item in enumerate(listed, start=1)
        )
        return
    # Not `splitlines`, which also cuts at U+2028, U+0085 and others that may stand inside a JSON string.
    for line, part in enumerate(io.StringIO(text, newline=None), start=1):
        if part.strip():
            yield (
                line,
                _object(_parsed(part.rstrip("\n"), line), Message("file.line", "Line {number}", number=line), line),
            )


def _parsed(text: str, line: int) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unrepeated)
    except json.JSONDecodeError as error:
        at = line + error.lineno - 1
        raise IngestError(
            Message(
                "file.invalid_json",
                "Line {line} is not valid JSON ({error}). Write a list of objects, or one object per line.",
                line=at,
                error=error.msg,
            ),
            line=at,
        ) from error
    except RecursionError as error:
        raise IngestError(
            Message("file.nested_json", "The JSON is nested too deeply. Write a list of flat objects."), line=line
        ) from error


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [_encodable(key).replace("\0", "?") for key, _ in pairs]
    made = dict(zip(keys, (value for _, value in pairs), strict=True))
    if len(made) < len(pairs):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise IngestError(
            Message("file.repeated_key", "An object has the key “{key}” twice. Keep one of them.", key=twice)
        )
    return made


def _object(item: Any, place: str, line: int) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise IngestError(
            Message(
                "file.no_object",
                "{place} is {kind}, not an object. Write a list of flat objects.",
                place=place,
                kind=_kind(item),
            ),
            line=line,
        )
    return item


def _column(name: str, cells: list[tuple[int, Any]], options: ReadOptions, notes: Notes) -> TypedColumn:
    for line, value in cells:
        if isinstance(value, list | dict):
            raise IngestError(
                Message(
                    "file.nested_value",
                    "“{column}” on line {line} is {kind}. Only flat values can be columns: use separate columns.",
                    column=name,
                    line=line,
                    kind=_kind(value),
                ),
                line=line,
            )
    values = [None if isinstance(value, float) and math.isnan(value) else value for _, value in cells]
    kinds = {type(value) for value in values if value is not None}
    wanted = options.type_of(name)
    if wanted is None and kinds and kinds <= {int, float}:
        if all(isinstance(v, float) or abs(v) <= _EXACT for v in values if v is not None):
            numbers = as_array(values, ColumnType.NUMBER)
            is_whole = kinds == {int}
            return TypedColumn(ColumnType.INTEGER if is_whole else ColumnType.NUMBER, numbers)
        notes.add("too_long", too_long(name), name)
    if wanted is None and kinds == {bool}:
        return TypedColumn(ColumnType.BOOLEAN, as_array(values, ColumnType.BOOLEAN))
    if wanted is None and len(kinds - {int, float}) > 0 and len(kinds) > 1:
        message = Message(
            "reading.mixed",
            "Column “{column}” mixes text with numbers or yes/no values; all were kept as text.",
            column=name,
        )
        notes.add("mixed", message, name)
    words = [None if value is None else _word(value) for value in values]
    return type_texts(name, words, options, notes, is_text=kinds <= {str})


def _word(value: Any) -> str:
    return _encodable(value if isinstance(value, str) else json.dumps(value))


def _encodable(text: str) -> str:
    return text.encode("utf-8", errors="replace").decode()  # half a surrogate pair is no character


def _kind(value: Any) -> str:
    names = {
        list: Term("json.list", "a list"),
        dict: Term("json.object", "an object"),
        str: Term("json.text", "a text"),
        bool: Term("json.boolean", "a yes/no value"),
        type(None): Term("json.null", "null"),
    }
    return names.get(type(value), Term("json.number", "a number"))
