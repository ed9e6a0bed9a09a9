"""The bytes of an uploaded file as checked UTF-8 text: compression, encoding, and files that are no table."""

from __future__ import annotations

import bz2
import codecs
import gzip
import mmap
import re
import zlib
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from tasks.graph.messages import Message, Term
from tasks.ingest.damaged_text import is_certain_utf8, marked
from tasks.ingest.encoding import find_encoding
from tasks.ingest.errors import IngestError
from tasks.ingest.options import MAX_INFLATE_RATIO, MAX_INFLATED_BYTES, Notes, ReadOptions

MOST_CHARACTER_BYTES = 4
"""Of one character in UTF-8."""

_CHUNK = 1 << 24
_MAGIC = {
    b"\x89PNG": Term("file.png", "a PNG image"),
    b"\xff\xd8\xff": Term("file.jpeg", "a JPEG image"),
    b"GIF8": Term("file.gif", "a GIF image"),
    b"%PDF": Term("file.pdf", "a PDF document"),
    b"PK\x03\x04": Term("file.zip", "a ZIP archive or an Excel file"),
    b"\xd0\xcf\x11\xe0": Term("file.xls", "an old Excel or Word file"),
    b"ARROW1": Term("file.arrow", "an Arrow file"),
    b"SQLite format 3": Term("file.sqlite", "an SQLite database"),
    b"Rar!": Term("file.rar", "a RAR archive"),
    b"7z\xbc\xaf": Term("file.7z", "a 7z archive"),
    b"\x89HDF": Term("file.hdf5", "an HDF5 file"),
    b"\x7fELF": Term("file.program", "a program"),
    b"\x80\x04\x95": Term("file.pickle", "a Python pickle"),
    b"\xfd7zXZ": Term("file.xz", "an xz archive"),
}
_SQL = re.compile(
    rb"(?:--|/\*).*?\n\s*(?:create|insert|drop|set|use|begin)\b|insert\s+into\b|create\s+(?:table|database|schema)\b"
    rb"|drop\s+table\b|select\b.+\bfrom\b|pragma\b|begin\s+transaction\b",
    re.DOTALL,
)
_MARKUP = re.compile(rb"<(?:!doctype|\?xml|[a-z][\w:.-]*(?:\s[^>]*)?/?>)")


@dataclass(frozen=True)
class Content:
    """UTF-8 text without a byte order mark.

    Attributes:
        data: A memory map or bytes; both slice and count alike.
        size: How many bytes.
        encoding: What the file was written in.
        damage: Names the first line with bytes that are no UTF-8, for which a mark stands in the text.
    """

    data: Any
    size: int
    encoding: str
    damage: IngestError | None = None

    def undamaged(self) -> Any:
        """Return the text.

        Raises:
            IngestError: It has bytes that are no UTF-8.
        """
        if self.damage is not None:
            raise self.damage
        return self.data


def open_content(path: Path, options: ReadOptions, notes: Notes) -> Content:
    """Return the text of a file, unpacked and as UTF-8.

    Raises:
        IngestError: It is empty, no text, in an encoding that has to be named, or unpacks to too much.
    """
    packing = packing_of(path)
    return content_of(unpacked(path, packing) if packing else _mapped(path), options, notes)


def packing_of(path: Path) -> str:
    """Return ``gzip`` or ``bzip2`` for a file packed by it, else nothing."""
    with path.open("rb") as file:
        head = file.read(3)
    return "gzip" if head.startswith(b"\x1f\x8b") else "bzip2" if head == b"BZh" else ""


def content_of(data: Any, options: ReadOptions, notes: Notes) -> Content:
    """Return bytes as UTF-8 text.

    Raises:
        IngestError: They are none, no text, or in an encoding that has to be named.
    """
    head = bytes(data[:4096])
    if not head.strip():
        raise _empty()
    _refuse_other_kinds(head)
    encoding = options.encoding or _encoding_of(data, head)
    word = ""
    if not encoding:
        guess = find_encoding(bytes(data[:]))
        encoding, word = guess.encoding, guess.word
    damage = None
    if encoding == "utf-8":
        start = 3 if head.startswith(codecs.BOM_UTF8) else 0
        damage = _damage(data, start)
        text = data if start == 0 else memoryview(data)[start:]
        text = marked(text) if damage else text
    else:
        text = _recoded(data, encoding)
        _note_encoding(encoding, word, notes)
    _refuse_zero_bytes(text)
    text = _without_inner_marks(text, notes)
    return Content(text, len(text), encoding, damage)


def _without_inner_marks(text: Any, notes: Notes) -> Any:
    """Return the text without byte order marks inside it, as files that were joined have them."""
    at = text.find(codecs.BOM_UTF8) if hasattr(text, "find") else bytes(text).find(codecs.BOM_UTF8)
    if at < 0:
        return text
    content = bytes(text)
    message = Message(
        "reading.inner_marks",
        "{count:,} byte order marks inside the file were left out, the first on line {line}, as files that were joined "
        "have them.",
        one="1 byte order mark inside the file was left out, on line {line}, as joined files have one.",
        count=content.count(codecs.BOM_UTF8),
        line=line_at(content, at),
    )
    notes.add("inner_marks", message)
    return content.replace(codecs.BOM_UTF8, b"")


def line_at(data: Any, position: int) -> int:
    """Return the line, counted from 1, of a position in the text."""
    before = bytes(data[:position])
    newlines = before.count(b"\n")
    return (newlines or before.count(b"\r")) + 1


def line_text(data: Any, line: int, characters: int) -> str:
    """Return the beginning of a line, counted as `line_at` does; nothing else of the text is decoded."""
    mark = rb"\n" if re.search(rb"\n", data) else rb"\r"
    starts = chain((0,), (found.end() for found in re.finditer(mark, data)))
    start = next(islice(starts, line - 1, None), None)
    if start is None:
        return ""
    text = bytes(data[start : start + characters * MOST_CHARACTER_BYTES]).decode(errors="replace")
    return re.split(r"[\r\n]", text, maxsplit=1)[0][:characters]


def _empty() -> IngestError:
    return IngestError(
        Message("file.empty", "The file is empty. Choose a file with a header line and rows of values."), line=1
    )


def _mapped(path: Path) -> Any:
    if path.stat().st_size == 0:
        raise _empty()
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def unpacked(path: Path, packing: str) -> bytes:
    """Return the content of a packed file; stops as soon as it grows beyond what a table would.

    Raises:
        IngestError: It is damaged, empty, or unpacks to too much.
    """
    packed = path.stat().st_size
    limit = min(MAX_INFLATED_BYTES, max(packed * MAX_INFLATE_RATIO, 1 << 24))
    parts, total = [], 0
    try:
        with bz2.open(path) if packing == "bzip2" else gzip.open(path) as file:
            while part := file.read(1 << 20):
                total += len(part)
                if total > limit:
                    raise IngestError(
                        Message(
                            "file.inflates",
                            "The file unpacks from {packed} KiB to more than {limit} MiB; at most {ratio} times its "
                            "size is accepted. Upload it unpacked.",
                            packed=packed >> 10,
                            limit=limit >> 20,
                            ratio=MAX_INFLATE_RATIO,
                        )
                    )
                parts.append(part)
    except (OSError, EOFError, zlib.error) as error:
        raise IngestError(
            Message(
                "file.packed_damaged",
                "The {packing} file is damaged or incomplete ({error}). Upload it again.",
                packing=packing,
                error=error,
            )
        ) from error
    content = b"".join(parts)
    if not content:
        raise _empty()
    return content


def _refuse_other_kinds(head: bytes) -> None:
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            raise IngestError(
                Message(
                    "file.wrong_kind",
                    "This is {kind}, not a text table. Upload a CSV, TSV, JSON or Parquet file.",
                    kind=kind,
                ),
                line=1,
            )
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if _SQL.match(text):
        raise IngestError(
            Message(
                "file.sql",
                "Line 1 is an SQL statement, so this is a dump of a database. Export its table as CSV and upload that.",
            ),
            line=1,
        )
    if _MARKUP.match(text):
        raise IngestError(
            Message(
                "file.web_page", "Line 1 starts like a web page or XML, not like a table. Download the data as CSV."
            ),
            line=1,
        )


def _note_encoding(encoding: str, word: str, notes: Notes) -> None:
    message = (
        Message(
            "reading.encoding_found",
            "The file was read as {encoding}, as in “{word}”. If that is not right, read it again with its encoding.",
            encoding=encoding,
            word=word,
        )
        if word
        else Message("reading.encoding", "The file was read as {encoding}.", encoding=encoding)
    )
    notes.add("encoding", message)


def _encoding_of(data: Any, head: bytes) -> str:
    """Return what a byte order mark says, or UTF-8 where the text is that; empty where it has to be found out."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if head.count(0) > len(head) // 4:
        return ""
    return "utf-8" if _damage(data, 0) is None or is_certain_utf8(data) else ""


def _damage(data: Any, start: int) -> IngestError | None:
    """Return the error that names the first line that is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    position = start
    while position < len(data):
        chunk = bytes(data[position : position + _CHUNK])
        try:
            decoder.decode(chunk, final=position + len(chunk) == len(data))
        except UnicodeDecodeError as error:
            at = position + error.start - (len(error.object) - len(chunk))
            byte = error.object[error.start]
            line = line_at(data, at)
            return IngestError(
                Message(
                    "file.not_utf8",
                    "Line {line} is not UTF-8 text (byte {byte}). Save the file as UTF-8, or read it again with its "
                    "encoding; files from Windows are often windows-1252.",
                    line=line,
                    byte=f"{byte:#04x}",
                ),
                line=line,
            )
        position += len(chunk)
    return None


def _recoded(data: Any, encoding: str) -> bytes:
    content = bytes(data)
    try:
        return content.decode(encoding).removeprefix("\ufeff").encode()
    except UnicodeDecodeError as error:
        line = line_at(content, error.start)
        raise IngestError(
            Message(
                "file.not_encoding",
                "Line {line} is not {encoding} text. Choose another encoding, or save the file as UTF-8.",
                line=line,
                encoding=encoding,
            ),
            line=line,
        ) from error


def _refuse_zero_bytes(text: Any) -> None:
    at = text.find(b"\x00") if hasattr(text, "find") else bytes(text).find(b"\x00")
    if at >= 0:
        line = line_at(text, at)
        raise IngestError(
            Message(
                "file.binary", "Line {line} holds binary data, so this is no text table. Upload a CSV file.", line=line
            ),
            line=line,
        )
