"""Lines above and below a table that a person said are none of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tasks.graph.messages import Message
from tasks.ingest.content import Content
from tasks.ingest.dialect import CsvDialect, record_of
from tasks.ingest.errors import IngestError

_MOST_TEXTS = 50


def without_end(content: Content, lines: int) -> tuple[Content, list[str]]:
    """Return a text without its last lines, and these.

    Raises:
        IngestError: It has no more lines than that.
    """
    if not lines:
        return content, []
    data = memoryview(content.data)
    window = 1 << 16
    while True:
        tail = bytes(data[max(0, len(data) - window) :])
        found = tail.rstrip(b"\r\n").splitlines(keepends=True)
        if len(found) > lines:
            break
        if window >= len(data):
            raise IngestError(Message("file.all_skipped", "No line is left after the skipped ones. Skip fewer lines."))
        window *= 4
    ending = len(tail) - sum(map(len, found[:-lines]))
    size = len(data) - ending
    below = [line.decode(errors="replace").rstrip("\r\n") for line in found[-lines:]]
    return replace(content, data=data[:size], size=size), below


def lines_before(content: Content, lines: int) -> list[str]:
    """Return the first lines of a text."""
    if not lines:
        return []
    head = bytes(content.data[: 1 << 18])
    return [line.decode(errors="replace") for line in head.splitlines()[:lines]]


def first_texts(lines: Sequence[str], dialect: CsvDialect) -> tuple[str, ...]:
    """Return the first text of each of some lines in small letters, each once."""
    found: list[str] = []
    for line in lines[:_MOST_TEXTS]:
        record: Any = record_of(line, dialect)
        found.append(next((cell.strip() for cell in record if cell.strip()), "").casefold().rstrip(":")[:200])
    return tuple(dict.fromkeys(found))
