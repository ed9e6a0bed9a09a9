"""What a person may say about a file; everything left open is found out from the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tasks.contract.schema import ColumnType

MAX_COLUMNS = 10_000
MAX_CELL_BYTES = 1 << 20
MAX_INFLATE_RATIO = 100
MAX_INFLATED_BYTES = 4 << 30

Encoding = Literal[
    "",
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "windows-1252",
    "latin-1",
    "windows-1250",
    "iso-8859-2",
    "windows-1251",
    "koi8-r",
    "windows-1253",
    "windows-1254",
    "gb18030",
    "big5",
    "shift_jis",
    "euc-kr",
]


class ReadOptions(BaseModel):
    """How to read a file.

    ``encoding``, ``delimiter`` and ``decimal`` empty: decided from the file. ``skip_rows``: lines before the header.
    ``types``: column name to type, for columns that should not be decided from their values.
    ``missing``: further words that mean “no value”. ``bad_rows``: what happens to rows with more or fewer values than
    there are columns; ``auto`` sets a few aside and refuses a file that has many.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoding: Encoding = ""
    delimiter: Literal["", ",", ";", "\t", "|", " ", "~", "^"] = ""
    decimal: Literal["", ".", ","] = ""
    header: Literal["auto", "yes", "no"] = "auto"
    skip_rows: int = Field(0, ge=0, le=1000)
    types: Mapping[str, ColumnType] = Field(default_factory=dict)
    missing: tuple[str, ...] = ()
    bad_rows: Literal["auto", "refuse", "set_aside"] = "auto"


@dataclass(frozen=True)
class Note:
    """Something a person should know about how a file was read.

    ``code``: for programs. ``column``: empty when the whole file is meant.
    """

    code: str
    message: str
    column: str = ""


@dataclass
class Notes:
    """Notes as they are gathered."""

    all: list[Note] = field(default_factory=list)

    def add(self, code: str, message: str, column: str = "") -> None:
        """Add one note."""
        self.all.append(Note(code, message, column))
