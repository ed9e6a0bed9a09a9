"""What a person may say about a file; everything left open is found out from the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tasks.contract.schema import ColumnType
from tasks.graph.messages import Message

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
    "iso-8859-15",
    "mac-roman",
    "cp850",
    "cp852",
    "windows-1250",
    "iso-8859-2",
    "windows-1251",
    "koi8-r",
    "cp866",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "gb18030",
    "big5",
    "shift_jis",
    "euc-jp",
    "euc-kr",
]

DELIMITER = r"^(?:[\x01-\x09\x0b\x0c\x0e-\x21#-*,/:-@\[-`{-\x7f]|[^\x00-\x7f\w\s])?$"
"""Any character but line breaks, the double quote, and what numbers and words are made of."""


class ReadOptions(BaseModel):
    """How to read a file; what is empty or ``auto`` is decided from the file.

    Attributes:
        encoding: Its encoding.
        delimiter: What separates its columns: any character that neither ends lines nor is part of words or numbers.
        quote: What values stand in that hold a delimiter; ``none`` where quotation marks are plain characters.
        escape: What takes its meaning from the delimiter or quotation mark behind it; ``none`` where backslashes are
            plain characters.
        decimal: The decimal mark.
        thousands: The mark between groups of three digits; ``none`` where numbers have no such mark.
        header: Whether the first record names the columns; ``two_rows`` where the first names groups of columns and the
            second the columns of each.
        skip_rows: Lines above the header.
        skip_rows_at_end: Lines below the last row.
        types: Column to type, for columns that should not be decided from their values.
        date_orders: Column of dates to what comes first in it: the day or the month of 3/4/2025, the year of 25-04-03.
        missing: Further words that mean “no value”.
        kept: Words that are values though they usually mean “no value”.
        bad_rows: What happens to rows with more or fewer values than there are columns. ``auto`` sets a few aside and
            refuses a file that has many; ``pad`` fills up those with fewer and sets those with more aside.
        totals: What happens to rows of totals at the end.
        footnotes: What happens to notes below the table that are written like rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoding: Encoding = ""
    delimiter: str = Field("", pattern=DELIMITER)
    quote: Literal["auto", "none", '"', "'"] = "auto"
    escape: Literal["auto", "none", "\\"] = "auto"
    decimal: Literal["", ".", ","] = ""
    thousands: Literal["", "none", ",", ".", " ", "'"] = ""
    header: Literal["auto", "yes", "two_rows", "no"] = "auto"
    skip_rows: int = Field(0, ge=0, le=1000)
    skip_rows_at_end: int = Field(0, ge=0, le=1000)
    types: Mapping[str, ColumnType] = Field(default_factory=dict)
    date_orders: Mapping[str, Literal["day", "month", "year"]] = Field(default_factory=dict)
    missing: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    bad_rows: Literal["auto", "refuse", "set_aside", "pad"] = "auto"
    totals: Literal["leave_out", "keep"] = "leave_out"
    footnotes: Literal["leave_out", "keep"] = "leave_out"

    @model_validator(mode="after")
    def _has_one_meaning_per_text(self) -> Self:
        if self.decimal and self.decimal == self.thousands:
            raise ValueError("decimal and thousands are the same mark")
        if self.delimiter and self.delimiter == self.quote:
            raise ValueError("delimiter and quote are the same character")
        if self.delimiter == self.escape:
            raise ValueError("delimiter and escape are the same character")
        if {word.strip() for word in self.missing} & {word.strip() for word in self.kept}:
            raise ValueError("a word is missing and kept")
        return self

    def type_of(self, column: str) -> ColumnType | None:
        """Return the type that a column was given; one whose order of dates was chosen holds dates."""
        return self.types.get(column) or (ColumnType.DATE if column in self.date_orders else None)


@dataclass(frozen=True)
class Choice:
    """Another way to read a file. ``options``: JSON data of some of `ReadOptions`, beside those it was read with."""

    label: Message
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Note:
    """Something a person should know about how a file was read.

    ``code``: for programs. ``column``: empty when the whole file is meant. ``choices``: how it may be read instead.
    """

    code: str
    message: str
    column: str = ""
    choices: tuple[Choice, ...] = ()


@dataclass
class Notes:
    """Notes as they are gathered."""

    all: list[Note] = field(default_factory=list)

    def add(self, code: str, message: str, column: str = "", choices: tuple[Choice, ...] = ()) -> None:
        """Add one note."""
        self.all.append(Note(code, message, column, choices))
