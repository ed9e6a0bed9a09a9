"""The description of a table's columns: what is known about them before and after a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class ColumnType(StrEnum):
    """What the values of a column are, and so how they are held in memory."""

    NUMBER = "number"  # float64, NaN is missing
    INTEGER = "integer"  # float64 holding whole numbers, NaN is missing
    BOOLEAN = "boolean"  # float64 holding 0 and 1, NaN is missing
    CATEGORY = "category"  # object array of str, None is missing
    TEXT = "text"  # object array of str, None is missing
    DATE = "date"  # datetime64[us], NaT is missing

    @property
    def is_numeric(self) -> bool:
        """True for types held as float64."""
        return self in NUMERIC_TYPES


NUMERIC_TYPES = frozenset({ColumnType.NUMBER, ColumnType.INTEGER, ColumnType.BOOLEAN})


class Role(StrEnum):
    """What a column is for."""

    FEATURE = "feature"
    TARGET = "target"
    ID = "id"
    WEIGHT = "weight"
    TIME = "time"
    GROUP = "group"
    IGNORE = "ignore"


class Column(BaseModel):
    """One column: its name, type, role and what is known of its values.

    ``categories``: allowed values of a category column in sorted order; ``None`` when unknown
    (before a run) or too many. ``nullable``: values may be missing. ``minimum`` and
    ``maximum``: range of a numeric column, inclusive, of dates that a model asks for in microseconds since 1970;
    ``None`` when unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    type: ColumnType
    role: Role = Role.FEATURE
    categories: tuple[str, ...] | None = None
    nullable: bool = True
    minimum: float | None = None
    maximum: float | None = None

    def changed(self, **changes: Any) -> Self:
        """Return a copy with the given fields replaced."""
        return self.model_copy(update=changes)


class Schema(BaseModel):
    """Columns in order. ``is_open``: more columns may come that cannot be named before the run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[Column, ...] = ()
    is_open: bool = False

    @classmethod
    def of(cls, columns: Iterable[Column], *, is_open: bool = False) -> Schema:
        """Return a schema of these columns."""
        return cls(columns=tuple(columns), is_open=is_open)

    def __len__(self) -> int:
        return len(self.columns)

    def __contains__(self, name: object) -> bool:
        return any(column.name == name for column in self.columns)

    def each(self) -> Iterator[Column]:
        """Iterate over the columns in order."""
        return iter(self.columns)

    def find(self, name: str) -> Column | None:
        """Return the column called ``name``, or ``None``."""
        return next((column for column in self.columns if column.name == name), None)

    def column(self, name: str) -> Column:
        """Return the column called ``name``.

        Raises:
            KeyError: There is no such column.
        """
        found = self.find(name)
        if found is None:
            raise KeyError(name)
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    def with_role(self, role: Role) -> tuple[Column, ...]:
        """Return the columns that have this role."""
        return tuple(column for column in self.columns if column.role is role)

    @property
    def target(self) -> str:
        """Name of the target column, or an empty string when none is marked."""
        marked = self.with_role(Role.TARGET)
        return marked[0].name if marked else ""

    def features(self) -> tuple[Column, ...]:
        """Return the columns with the role feature."""
        return self.with_role(Role.FEATURE)

    def where(self, keep: Callable[[Column], bool]) -> Schema:
        """Return the schema of the columns for which ``keep`` is true."""
        return self.model_copy(update={"columns": tuple(c for c in self.columns if keep(c))})

    def select(self, names: Iterable[str]) -> Schema:
        """Return the named columns, in the order of ``names``."""
        known = {column.name: column for column in self.columns}
        return self.model_copy(update={"columns": tuple(known[name] for name in names)})

    def without(self, names: Iterable[str]) -> Schema:
        """Return the schema without the named columns."""
        removed = frozenset(names)
        return self.where(lambda column: column.name not in removed)

    def adding(self, columns: Iterable[Column]) -> Schema:
        """Return the schema with these columns put in place of equals by name, or added at the end."""
        merged = {column.name: column for column in self.columns}
        merged.update({column.name: column for column in columns})
        return self.model_copy(update={"columns": tuple(merged.values())})
