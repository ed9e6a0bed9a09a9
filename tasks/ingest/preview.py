"""The first part of a file, read as the whole would be: fast enough to follow a person who tries choices."""

from __future__ import annotations

import bz2
import codecs
import gzip
import json
import math
import re
import zlib
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import numpy as np

from tasks.contract.reading import Reading
from tasks.contract.schema import ColumnType
from tasks.graph.messages import message_json
from tasks.ingest.content import content_of
from tasks.ingest.csv_file import Ingested, read_content
from tasks.ingest.encoding import find_encoding, likely_encodings
from tasks.ingest.errors import IngestError
from tasks.ingest.json_file import read_json_text
from tasks.ingest.options import Notes, ReadOptions
from tasks.ingest.parquet_file import read_parquet

PART_BYTES = 1 << 18
ROWS = 50
MAX_COLUMNS_SHOWN = 200
LINES = 20
LINE_CHARACTERS = 300
LINES_OF_ENCODING = 6
_GZIP, _BZIP2 = b"\x1f\x8b", b"BZh"
_STRANGE = 0.1
"""Share of characters that are none above which bytes are not shown as text."""


def preview(file: BinaryIO, name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first rows of a file as they would be read with these options, or why it cannot be.

    Args:
        file: The file, from its begin.
        name: What it is called; the ending tells JSON.
        options: JSON data of `ReadOptions`.

    Returns:
        ``columns`` (name, type, order of dates), ``rows`` as read, ``texts`` as they are written (none for files that
        have values of their own), ``notes``, ``found`` (encoding, delimiter, marks), ``is_part`` where the file goes
        on, ``lines`` of its text, ``error`` with its line and, where several encodings are as likely, ``encodings``,
        each with lines that show it; JSON data.
    """
    said = ReadOptions.model_validate(dict(options))
    part, is_part = b"", False
    try:
        part, is_part = _first_part(file)
        ingested, words = _read(file, part, name, said, is_part=is_part)
    except IngestError as error:
        lines = first_lines(part, said)
        return {
            **_EMPTY,
            "is_part": is_part,
            "lines": lines,
            "error": {**message_json(error.message), "line": error.line},
            "encodings": _encodings(part) if getattr(error.message, "id", "") == "file.encodings" else [],
        }
    return {
        **_EMPTY,
        **_table(ingested, words),
        "found": _found(ingested.reading, is_csv=ingested.reading.file is not None),
        "notes": [{"code": n.code, "column": n.column, **message_json(n.message)} for n in ingested.notes],
        "is_part": is_part,
        "lines": first_lines(part, said),
    }


_EMPTY: Mapping[str, Any] = {
    "columns": [],
    "column_count": 0,
    "rows": [],
    "texts": [],
    "notes": [],
    "found": None,
    "is_part": False,
    "lines": [],
    "error": None,
    "encodings": [],
}


def _first_part(file: BinaryIO) -> tuple[bytes, bool]:
    """Return the first lines of a file, unpacked, and whether others follow."""
    head = file.read(PART_BYTES + 1)
    opener = _opener(head)
    if opener is not None:
        file.seek(0)
        try:
            with opener(file) as packed:
                head = packed.read(PART_BYTES + 1)
        except (OSError, EOFError, zlib.error):
            pass  # the whole is read then, and says what is wrong with it
    if len(head) <= PART_BYTES:
        return head, False
    return _whole_lines(head[:PART_BYTES]), True


def _opener(head: bytes) -> Callable[[BinaryIO], Any] | None:
    """Return what unpacks a file that begins so; ``None`` for one that is not packed."""
    return gzip.open if head.startswith(_GZIP) else bz2.open if head.startswith(_BZIP2) else None


def _whole_lines(part: bytes) -> bytes:
    """Return the lines that are complete, so that no quoted value is cut either."""
    step = 2 if part.count(0) > len(part) // 4 or part.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else 1
    if step == 2:
        ends = [at for at in (part.rfind(b"\n\x00"), part.rfind(b"\x00\n")) if at >= 0]
        at = max(ends, default=-2)
        return part[: (at + 2) // 2 * 2] or part
    mark = b"\n" if b"\n" in part else b"\r"
    end = part.rfind(mark)
    quotes = part[: end + 1].count(b'"')
    while end > 0 and quotes % 2:
        before = part.rfind(mark, 0, end)
        quotes -= part[before + 1 : end + 1].count(b'"')
        end = before
    return part[: end + 1] if end > 0 else part[: part.rfind(mark) + 1] or part


def _read(file: BinaryIO, part: bytes, name: str, options: ReadOptions, *, is_part: bool) -> tuple[Ingested, list[Any]]:
    if part.startswith(b"PAR1"):
        file.seek(0)
        head = file.read(4)
        file.seek(0)
        opener = _opener(head)
        return read_parquet(opener(file) if opener else file, options, first_rows=ROWS), []
    notes = Notes()
    ending = name.lower().removesuffix(".gz").removesuffix(".bz2").rpartition(".")[2]
    if ending in {"json", "jsonl", "ndjson"}:
        text = bytes(content_of(part, options, notes).undamaged()).decode()
        return read_json_text(_whole_items(text) if is_part else text, options, notes), []
    if is_part:  # the end is not there
        options = options.model_copy(update={"skip_rows_at_end": 0, "totals": "keep", "footnotes": "keep"})
    return read_content(content_of(part, options, notes), options, notes)


def _whole_items(text: str) -> str:
    """Return the first items of a JSON list that is cut, as a list; JSON lines as they are."""
    if not text.lstrip().startswith("["):
        return text
    decoder = json.JSONDecoder()
    items: list[Any] = []
    at = text.index("[") + 1
    while len(items) < ROWS:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        try:
            item, at = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            break
        items.append(item)
    return json.dumps(items) if items else text


def _table(ingested: Ingested, words: list[Any]) -> dict[str, Any]:
    shown = list(ingested.schema.each())[:MAX_COLUMNS_SHOWN]
    columns = [_plain(ingested.columns[column.name][:ROWS], column.type) for column in shown]
    texts = [word.slice(0, ROWS).to_pylist() for word in words[: len(shown)]]
    return {
        "columns": [
            {"name": column.name, "type": str(column.type), "date_order": _date_order(ingested.reading, column.name)}
            for column in shown
        ],
        "column_count": len(ingested.schema.names),
        "rows": [list(row) for row in zip(*columns, strict=True)],
        "texts": [[text or "" for text in row] for row in zip(*texts, strict=True)],
    }


def _date_order(reading: Reading, column: str) -> str:
    spelled = reading.columns.get(column)
    if spelled is not None and spelled.is_year_first:
        return "year"
    if spelled is None or spelled.is_day_first is None:
        return ""
    return "day" if spelled.is_day_first else "month"


def _plain(values: np.ndarray, kind: ColumnType) -> list[Any]:
    """Return values as JSON has them, ``None`` where they are missing."""
    if kind is ColumnType.DATE:
        return [None if np.isnat(moment) else str(moment.astype("datetime64[s]")) for moment in values]
    if not (kind.is_numeric or kind is ColumnType.BOOLEAN):
        return [None if text is None else str(text) for text in values.tolist()]
    convert = bool if kind is ColumnType.BOOLEAN else int if kind is ColumnType.INTEGER else float
    return [convert(value) if math.isfinite(value) else None for value in values.tolist()]


def _found(reading: Reading, *, is_csv: bool) -> dict[str, Any] | None:
    """Return what was decided about a text table."""
    file = reading.file
    if not is_csv or file is None:
        return None
    forms = [column.number for column in reading.columns.values() if column.number is not None]
    return {
        "encoding": file.encoding,
        "delimiter": file.delimiter,
        "quote": file.quote if file.has_quotes else "none",
        "escape": file.escape or "none",
        "header": "no" if not file.has_header else "two_rows" if file.header_rows == 2 else "yes",
        "decimal": "," if any(form.decimal == "," for form in forms) else ".",
        "thousands": next((form.thousands for form in forms if form.thousands), ""),
    }


def _encodings(part: bytes) -> list[dict[str, Any]]:
    """Return the encodings that a text may be in, each with the first line and some that it reads otherwise."""
    found = likely_encodings(part)
    head = re.split(rb"[\r\n]", part, maxsplit=1)[0]
    made = []
    for one in found:
        lines = [line for line in one.text.splitlines() if line.strip()]
        first = head.decode(one.encoding, errors="replace")
        shown = [first, *(line for line in lines if line != first)][:LINES_OF_ENCODING]
        made.append({"encoding": one.encoding, "lines": [line[:LINE_CHARACTERS] for line in shown]})
    return made


def first_lines(part: bytes, options: ReadOptions) -> list[str]:
    """Return the first lines of a file as text, decoded as well as can be; none where it is no text at all."""
    encoding: str = options.encoding
    if not encoding:
        try:
            part.decode("utf-8")
            encoding = "utf-8"
        except UnicodeDecodeError:
            encoding = _guessed(part)
    text = part[: PART_BYTES // 4].decode(encoding, errors="replace").removeprefix("\ufeff")
    strange = sum(not (letter.isprintable() or letter in "\t\r\n") or letter == "\ufffd" for letter in text[:4096])
    if strange > _STRANGE * max(1, len(text[:4096])):
        return []
    return [line[:LINE_CHARACTERS] for line in text.splitlines()[:LINES]]


def _guessed(part: bytes) -> str:
    if part.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        return find_encoding(part).encoding or "utf-8"
    except IngestError:
        return "latin-1"
