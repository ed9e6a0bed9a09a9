"""How a source was read: what its file looks like, and how each column spells its values.

A model takes it along beside its recipe, so that its endpoint reads the text of a cell as the training file was read.
What comes with a type of its own (a JSON number, an ISO date) never needs it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from tasks.contract.schema import Column, ColumnType
from tasks.contract.spelling import MISSING, MISSING_NUMBERS, date, folded, is_year_last, number

UNREADABLE = object()
"""What a cell gives for a text that its column does not spell."""

Cell = Callable[[str], Any]
"""From the text of one cell to the value as JSON brings it, ``None`` where it is missing, or `UNREADABLE`."""

_MARKS = {"": "", ",": ",", ".": r"\.", " ": " ", "'": "['’]"}
TRIANGLES = str.maketrans("△▲", "--")
"""What stands before negative amounts in Japan."""
DEBIT = re.compile(r"(.*[0-9][0-9.,]*)\s*(dr|cr)\.?", re.IGNORECASE)
"""An amount that is marked as debit or credit."""
FORMULA = re.compile(r'="((?:[^"]|"")*)"')
"""A text as spreadsheets keep it in a formula."""
_ENDLESS = re.compile(r"[+-]?(?:inf|infinity|nan)", re.IGNORECASE)


class NumberFormat(BaseModel):
    """How a column writes its numbers.

    Attributes:
        decimal: The decimal mark.
        thousands: The mark that may stand between groups of three digits; empty for none.
        units: What may stand before or behind each number: ways to write one currency, or ``%`` (12 % is 0.12).
        has_brackets: ``(5)`` and ``5-`` are −5.
        has_triangles: ``△5`` and ``▲5`` are −5.
        has_debits: ``5 Dr`` is −5 and ``5 Cr`` is 5.
        has_dashes: ``$ -`` is 0.
        percent_sign: What a number without ``%`` is in a column that has the sign: per cent too, as in models stored
            before this was decided, not readable unless it is 0, or a share.
        is_liberal: Every usual way to write amounts is read, as where a person said that a column holds numbers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    units: tuple[str, ...] = ()
    has_brackets: bool = False
    has_triangles: bool = False
    has_debits: bool = False
    has_dashes: bool = False
    percent_sign: Literal["optional", "needed", "decides"] = "optional"
    is_liberal: bool = False

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        mark, group = _MARKS[self.decimal], _MARKS[self.thousands]
        whole = rf"\d{{1,3}}(?:{group}\d{{3}})+|\d+" if group else r"\d+"
        if group == ",":
            whole = rf"\d{{1,2}}(?:,\d\d)+,\d{{3}}|{whole}"  # as in India
        digits = rf"(?P<digits>(?:{whole})(?:{mark}\d*)?|{mark}\d+)(?P<power>[eE][+-]?\d+)?"
        unit = rf"(?:\s*(?:{self._units})\s*)?" if self.units else ""
        sign = r"(?P<{}>[+\-−])?"
        first, second = sign.format("first"), sign.format("second")
        signed = f"{first}{unit}{second}{digits}{unit}"
        if self.has_brackets:
            before = rf"(?P<open>\()?\s*{first}{unit}(?P<inner>\()?\s*{second}"
            signed = rf"{before}{digits}{unit}(?P<last>-)?\s*(?P<close>\))?{unit}"
        return re.compile(signed, re.ASCII)

    @property
    def _units(self) -> str:
        return "|".join(map(re.escape, self.units))

    @cached_property
    def _dash(self) -> re.Pattern[str]:
        return re.compile(rf"(?:{self._units})\s*-+|-+\s*(?:{self._units})", re.ASCII)

    def schema_pattern(self, *, has_fraction: bool) -> str:
        """Return a regular expression, as JSON Schema takes it, of texts that are read; more are than it allows."""
        group, mark = (mark.replace(".", r"\.") for mark in (self.thousands, self.decimal))
        whole = f"[0-9]{{1,3}}({group}[0-9]{{3}}){{0,3}}" if group else "[0-9]{1,9}"
        sign = "%" if "%" in self.units and self.percent_sign == "needed" else ""
        return f"^-?{whole}({mark}[0-9]{{1,6}})?{sign}$" if has_fraction else f"^-?{whole}{sign}$"

    def value(self, text: str) -> float | None:
        """Return the number a text without blanks at its ends stands for, ``None`` if this is not how it is written."""
        text = folded(text)
        if self.has_triangles:
            text = text.translate(TRIANGLES)
        if self.has_dashes and self._dash.fullmatch(text):
            return 0.0
        marked = DEBIT.fullmatch(text) if self.has_debits else None
        if marked is None:
            return self._amount(text)
        amount = self._amount(marked[1])
        return -amount if amount is not None and marked[2].lower() == "dr" else amount

    def _amount(self, text: str) -> float | None:
        liberal = number(text, self.decimal) if self.is_liberal else None
        if liberal is not None or (self.is_liberal and not (self.units or self.has_brackets)):
            return liberal
        found = self._pattern.fullmatch(text)
        if found is None:
            return None if self.is_liberal else float(text) if _ENDLESS.fullmatch(text) else None
        parts = found.groupdict()
        signs = [parts[name] for name in ("first", "second", "last") if parts.get(name)]
        opened = [parts[name] for name in ("open", "inner") if parts.get(name)]
        if len(opened) != bool(parts.get("close")) or len(signs) + len(opened) > 1:
            return None
        digits = parts["digits"]
        if self.thousands:
            digits = re.sub(_MARKS[self.thousands], "", digits)
        if self.decimal == ",":
            digits = digits.replace(",", ".")
        power = int(parts["power"][1:]) if parts["power"] else 0
        is_percent = "%" in self.units and (self.percent_sign == "optional" or "%" in text)
        value = float(f"{digits}e{power - 2 if is_percent else power}")
        if not is_percent and "%" in self.units and self.percent_sign == "needed" and value:
            return None
        return -value if opened or signs in (["-"], ["−"]) else value


class ColumnReading(BaseModel):
    """How one column of a source spells its values.

    Attributes:
        number: Of a column of numbers.
        is_day_first: ``3/4/2025`` in a column of dates is the third of April; ``None`` where no date was written so.
        is_year_first: ``25/4/3`` is the third of April.
        has_short_years: ``3/4/25`` is a date too.
        truths: Of a column of booleans: text in small letters to what it means.
        kept: Texts that mean “no value” elsewhere and are values here.
        has_misfits: Texts that cannot be read are missing, as they are where a person chose the type.
        is_json: The column came as JSON values of several types, held as the text that JSON writes them with.
        strips: Blanks at the ends of texts go, as in columns of categories.
        has_formulas: ``="00123"`` is the text 00123.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: NumberFormat | None = None
    is_day_first: bool | None = None
    is_year_first: bool = False
    has_short_years: bool = False
    truths: Mapping[str, bool] = Field(default_factory=dict)
    kept: tuple[str, ...] = ()
    has_misfits: bool = False
    is_json: bool = False
    strips: bool = False
    has_formulas: bool = False


class FileReading(BaseModel):
    r"""How a text file is written: for a body that is a whole file.

    Attributes:
        encoding: Its encoding, as Python names it.
        delimiter: What separates its columns.
        has_header: Its first record names the columns.
        header_rows: How many records name them together, where any does.
        has_quotes: Values may stand in quotation marks.
        quote: The quotation mark.
        escape: What takes its meaning from the character behind it; empty for nothing.
        has_sequences: ``\t`` and its like stand for single characters, and ``\N`` alone for no value.
        sets_aside: Rows with more or fewer values than there are columns were left out.
        pads: Rows with fewer values than there are columns were filled up with empty ones.
        totals: What the first text of rows was, in small letters, that were left out as totals of others.
        totals_anywhere: Some of them stood among the others, and not only at the end.
        footnotes: The texts, in small letters, of last records that were left out as notes below the table.
        lines_above: How many lines were left out above the table because a person said so.
        lines_below: How many below it.
        outside: What the first text of these lines was, in small letters.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoding: str = "utf-8"
    delimiter: str = ","
    has_header: bool = True
    header_rows: Literal[1, 2] = 1
    has_quotes: bool = True
    quote: str = '"'
    escape: Literal["", "\\"] = ""
    has_sequences: bool = False
    sets_aside: bool = False
    pads: bool = False
    totals: tuple[str, ...] = ()
    totals_anywhere: bool = False
    footnotes: tuple[str, ...] = ()
    lines_above: int = 0
    lines_below: int = 0
    outside: tuple[str, ...] = ()


class WrittenName(BaseModel):
    """A column that is called otherwise than in its file.

    Attributes:
        written: What the file calls it.
        occurrence: Which of the columns that the file calls so, from 1.
        column: The column.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    written: str
    occurrence: int = 1
    column: str


class Reading(BaseModel):
    """How a source was read.

    Attributes:
        file: Of a text file; ``None`` for sources that are no text.
        names: Columns that are called otherwise than in the source.
        columns: Column to how it spells its values; those not listed come with types of their own.
        missing: Texts that mean “no value” in any column, without blanks at their ends.
        missing_numbers: Texts that mean it in columns of numbers, booleans and dates.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: FileReading | None = None
    names: tuple[WrittenName, ...] = ()
    columns: Mapping[str, ColumnReading] = Field(default_factory=dict)
    missing: tuple[str, ...] = tuple(sorted(MISSING))
    missing_numbers: tuple[str, ...] = tuple(sorted(MISSING_NUMBERS))

    def select(self, names: Iterable[str]) -> Self:
        """Return what concerns the named columns."""
        kept = frozenset(names)
        return self.model_copy(
            update={
                "names": tuple(name for name in self.names if name.column in kept),
                "columns": {name: column for name, column in self.columns.items() if name in kept},
            }
        )

    def written_names(self) -> dict[str, str]:
        """Return what a row of the source calls a column to the column, where the two differ."""
        return {name.written: name.column for name in self.names if name.occurrence == 1}

    def missing_words(self, column: Column) -> frozenset[str]:
        """Return the texts that mean “no value” in a column, without blanks at their ends."""
        words = self.missing if column.type in (ColumnType.CATEGORY, ColumnType.TEXT) else self.missing_numbers
        return frozenset(words) - frozenset(self.columns[column.name].kept)

    def cell(self, column: Column) -> Cell | None:
        """Return what reads a text of a column; ``None`` for a column whose source had types of its own."""
        spelled = self.columns.get(column.name)
        if spelled is None:
            return None
        missing = self.missing_words(column)
        read = _READERS[column.type](spelled)
        nothing = None if spelled.has_misfits else UNREADABLE

        def cell(text: str) -> Any:
            text = formula_text(text) if spelled.has_formulas else text
            bare = text.strip()
            if bare in missing:
                return None
            value = read(text, bare)
            return nothing if value is UNREADABLE else value

        return cell


def formula_text(text: str) -> str:
    """Return the text in a formula that is nothing else, any other as it is."""
    found = FORMULA.fullmatch(text.strip())
    return found[1].replace('""', '"') if found else text


def joined_header(groups: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return what columns are called whose names stand in two records.

    ``2023,,2024,`` over ``Q1,Q2,Q1,Q2`` gives “2023 Q1”, “2023 Q2”, “2024 Q1” and “2024 Q2”.
    The text of a group counts for the columns behind it too, up to the next text. A column without a text of its own in
    the second record is called by the first alone, and is no part of a group.

    Args:
        groups: The first record; it may end before the second does.
        names: The second.
    """
    joined, group = [], ""
    for at in range(max(len(groups), len(names))):
        above = groups[at].strip() if at < len(groups) else ""
        name = names[at].strip() if at < len(names) else ""
        group = above or group
        joined.append(" ".join(filter(None, (group, name))) if name else above)
        if not name:
            group = ""
    return joined


def _number_of(spelled: ColumnReading) -> Callable[[str, str], Any]:
    value = (spelled.number or NumberFormat()).value

    def read(text: str, bare: str) -> Any:  # noqa: ARG001 - called like its siblings
        found = value(bare)
        return UNREADABLE if found is None else None if math.isnan(found) else found

    return read


def _truth_of(spelled: ColumnReading) -> Callable[[str, str], Any]:
    truths = spelled.truths
    return lambda _text, bare: truths.get(bare.lower(), UNREADABLE)


def _moment_of(spelled: ColumnReading) -> Callable[[str, str], Any]:
    day_first, year_first, short_years = spelled.is_day_first, spelled.is_year_first, spelled.has_short_years

    def read(text: str, bare: str) -> Any:  # noqa: ARG001 - called like its siblings
        if day_first is None and is_year_last(bare, short_years=not year_first):
            return UNREADABLE
        moment = date(bare, day_first=day_first is not False, short_years=short_years, year_first=year_first)
        return UNREADABLE if moment is None else moment.isoformat()

    return read


def _text_of(spelled: ColumnReading) -> Callable[[str, str], Any]:
    return (lambda _text, bare: bare) if spelled.strips else (lambda text, _bare: text)


_READERS: Mapping[ColumnType, Callable[[ColumnReading], Callable[[str, str], Any]]] = {
    ColumnType.NUMBER: _number_of,
    ColumnType.INTEGER: _number_of,
    ColumnType.BOOLEAN: _truth_of,
    ColumnType.DATE: _moment_of,
    ColumnType.CATEGORY: _text_of,
    ColumnType.TEXT: _text_of,
}
