"""Clean: choose, rename and retype columns, and say what they are for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tasks.contract.context import Known, RunContext
from tasks.contract.errors import NodeError
from tasks.contract.fields import Params, column, columns, rows, setting
from tasks.contract.node import Node, Serving
from tasks.contract.schema import Column, ColumnType, Role, Schema
from tasks.contract.spelling import number
from tasks.contract.table import Table
from tasks.contract.transform import Columns as Arrays
from tasks.contract.transform import Transform, transform
from tasks.graph.fixes import COLUMN, FixPurpose
from tasks.graph.merged_words import merged_words
from tasks.graph.messages import Message
from tasks.nodes.clean._values import as_kind, as_text, boolean, convert_each, normalised_text, parsed_date
from tasks.nodes.clean.columns.short_words import MergedWords
from tasks.nodes.column_selection import WORDS, chosen, existing


@transform("clean.normalise_text", aliases=("tasks.nodes.clean.columns:Tidied",))
class NormalisedText(Transform):
    """Trims spaces around words and writes them in small letters; a word of spaces only is missing."""

    columns: tuple[str, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the tidied columns."""
        return self.columns

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the tidied columns."""
        return self.columns

    def apply(self, columns: Arrays) -> dict[str, np.ndarray]:
        """Return the columns with tidy words."""
        return {**columns, **{name: convert_each(columns[name], normalised_text, object) for name in self.columns}}

    @property
    def supports_single_row(self) -> bool:
        """Return true: a word is tidied alone."""
        return True

    def apply_row(self, row: dict[str, Any]) -> None:
        """Tidy the words of one row."""
        for name in self.columns:
            row[name] = None if row[name] is None else normalised_text(row[name])

    def null_propagation(self) -> Mapping[str, frozenset[str]]:
        """Return each column for itself."""
        return {name: frozenset({name}) for name in self.columns}

    def describe(self, schema: Schema) -> Schema:
        """Return the schema with tidy categories."""
        return schema.adding(self._described(column) for column in schema.each() if column.name in self.columns)

    def restrict(self, wanted: frozenset[str]) -> Transform | None:
        """Return the transform for the wanted columns only."""
        kept = tuple(name for name in self.columns if name in wanted)
        return NormalisedText(kept) if kept else None

    def _described(self, column: Column) -> Column:
        words = None if column.categories is None else {normalised_text(word) for word in column.categories}
        blank = words is not None and None in words
        categories = None if words is None else tuple(sorted(word for word in words if word is not None))
        return column.changed(categories=categories, nullable=column.nullable or blank or words is None)


@transform("clean.retype", aliases=("tasks.nodes.clean.columns:Retyped",))
class Retyped(Transform):
    """Reads values as another type; what cannot be read becomes missing.

    ``kinds``: column to type. ``month_first``: columns whose dates like 3/4/2024 are the fourth of March.
    ``decimal_comma``: columns whose numbers are written 12,5.
    """

    kinds: Mapping[str, str]
    month_first: tuple[str, ...] = ()
    decimal_comma: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the retyped columns."""
        return tuple(self.kinds)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the retyped columns."""
        return tuple(self.kinds)

    def apply(self, columns: Arrays) -> dict[str, np.ndarray]:
        """Return the columns as their new types."""
        made = dict(columns)
        for name, kind in self.kinds.items():
            made[name] = self._read(name, columns[name], ColumnType(kind))
        return made

    def null_propagation(self) -> Mapping[str, frozenset[str]]:
        """Return each column for itself."""
        return {name: frozenset({name}) for name in self.kinds}

    def describe(self, schema: Schema) -> Schema:
        """Return the schema with the new types."""
        return schema.adding(
            retyped(column, ColumnType(self.kinds[column.name]))
            for column in schema.each()
            if column.name in self.kinds
        )

    def restrict(self, wanted: frozenset[str]) -> Transform | None:
        """Return the transform for the wanted columns only."""
        kinds = {name: kind for name, kind in self.kinds.items() if name in wanted}
        return Retyped(kinds, self.month_first, self.decimal_comma) if kinds else None

    def _read(self, name: str, values: np.ndarray, kind: ColumnType) -> np.ndarray:
        if kind in WORDS:
            return values if values.dtype == object else as_text(values)
        if kind is ColumnType.DATE:
            if values.dtype.kind == "M":
                return values
            words = values if values.dtype == object else as_text(values)
            day_first = name not in self.month_first
            return convert_each(words, lambda word: parsed_date(word, day_first=day_first), "datetime64[us]")
        if values.dtype == object:
            read = boolean if kind is ColumnType.BOOLEAN else self._number_reader(name)
            values = convert_each(values, read, np.float64)
        elif values.dtype.kind == "M":
            values = np.where(np.isnat(values), np.nan, values.astype(np.int64) / 1e6)
        return as_kind(values, kind)

    def _number_reader(self, name: str) -> Any:
        decimal = "," if name in self.decimal_comma else "."
        return lambda word: number(word, decimal)


@transform("clean.rename", aliases=("tasks.nodes.clean.columns:Renamed",))
class Renamed(Transform):
    """Gives columns other names. ``names``: old to new."""

    names: Mapping[str, str]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the old names."""
        return tuple(self.names)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the new names."""
        return tuple(self.names.values())

    def apply(self, columns: Arrays) -> dict[str, np.ndarray]:
        """Return the columns under their new names."""
        removed = {*self.names, *self.names.values()}
        made = {name: values for name, values in columns.items() if name not in removed}
        made.update((new, columns[old]) for old, new in self.names.items())
        return made

    @property
    def supports_single_row(self) -> bool:
        """Return true: values stay as they are."""
        return True

    def apply_row(self, row: dict[str, Any]) -> None:
        """Give the values of one row their new names."""
        moved = {new: row[old] for old, new in self.names.items()}
        for name in self.names:
            row.pop(name, None)
        row.update(moved)

    def null_propagation(self) -> Mapping[str, frozenset[str]]:
        """Return the old name for the new."""
        return {new: frozenset({old}) for old, new in self.names.items()}

    def describe(self, schema: Schema) -> Schema:
        """Return the schema with the new names."""
        renamed = tuple(column.changed(name=self.names.get(column.name, column.name)) for column in schema.each())
        return schema.model_copy(update={"columns": renamed})

    def restrict(self, wanted: frozenset[str]) -> Transform | None:
        """Return the transform for the wanted columns only."""
        names = {old: new for old, new in self.names.items() if new in wanted}
        return Renamed(names) if names else None


class Rename(Params):
    """One column's new name."""

    column: str = column("table", title="Column", description="The column to rename.")
    name: str = setting("", title="New name", description="What it is called from here on.", max_length=200)


class Retype(Params):
    """One column's new type."""

    column: str = column("table", title="Column", description="The column to read in another way.")
    type: ColumnType = setting(ColumnType.NUMBER, title="Type", description="What the values are.")
    month_first: bool = setting(
        False, title="Month first", description="Dates like 3/4/2024 are the fourth of March, not the third of April."
    )
    decimal_comma: bool = setting(False, title="Decimal comma", description="Numbers are written 12,5 and not 12.5.")


class RoleAssignment(Params):
    """What one column is for."""

    column: str = column("table", title="Column", description="The column that has this role.")
    role: Role = setting(Role.FEATURE, title="Role", description="What the column is for.")


class ColumnsParams(Params):
    """What becomes of which columns."""

    keep: tuple[str, ...] = columns(
        "table", title="Keep", description="Only these columns go on. None chosen: all of them."
    )
    drop: tuple[str, ...] = columns("table", title="Drop", description="Columns that end here.")
    tidy: tuple[str, ...] = columns(
        "table",
        types=sorted(WORDS),
        title="Tidy words",
        description="Trim spaces and write in small letters, so that “ Oslo” and “oslo” are one.",
    )
    merge: tuple[str, ...] = columns(
        "table",
        types=sorted(WORDS),
        title="Merge short words",
        description="Where a column has only yes and no, true and false or male and female, also as y and n, t and f, "
        "m and f or 1 and 0: write each value in one way.",
    )
    retype: tuple[Retype, ...] = rows(
        of="table",
        title="Change types",
        description="Read a column as another type. Understands 12,5k, $1,200, 12 % and dates in most ways of writing.",
    )
    rename: tuple[Rename, ...] = rows(of="table", title="Rename", description="Give columns other names.")
    roles: tuple[RoleAssignment, ...] = rows(
        of="table", title="Roles", description="Say what columns are for: id, weight, time, group, target, ignore."
    )


class Columns(Node):
    """Chooses columns, renames them, changes their types and says what they are for.

    Done in this order: keep, drop, merge short words, tidy, change types, rename, roles. Names after renaming are
    used for roles.
    """

    title = "Columns"
    icon = "columns"
    keywords = ("select", "drop", "rename", "retype", "cast", "convert", "role", "type", "number", "date", "trim")
    serve = Serving.STATELESS
    is_cheap = True
    fixes: ClassVar = {
        FixPurpose.DROP_COLUMN: {"drop": [COLUMN]},
        FixPurpose.MARK_AS_ID: {"roles": [{"column": COLUMN, "role": "id"}]},
        FixPurpose.READ_AS_NUMBER: {"retype": [{"column": COLUMN, "type": "number"}]},
        FixPurpose.READ_AS_DATE: {"retype": [{"column": COLUMN, "type": "date"}]},
        FixPurpose.NORMALISE_TEXT: {"tidy": [COLUMN]},
        FixPurpose.MERGE_WORDS: {"merge": [COLUMN]},
    }

    @dataclass(frozen=True)
    class Inputs:
        """The table to change."""

        table: Table

    Params = ColumnsParams

    @dataclass(frozen=True)
    class Outputs:
        """The table with its columns changed."""

        table: Table

    @staticmethod
    def run(inputs: Inputs, params: ColumnsParams, context: RunContext) -> Outputs:
        """Return the table with its columns changed."""
        table = inputs.table.select(_kept(inputs.table.schema, params).names)
        for learned in _transforms(table.schema, params):
            table = table.apply(learned)
        if table.is_split and inputs.table.schema.target != _with_roles(table.schema, params).target:
            context.log(
                Message(
                    "columns.target_after_split",
                    "The target was changed after the split, which was stratified by the old one.",
                )
            )
        return Columns.Outputs(table.with_schema(_with_roles(table.schema, params)))

    @staticmethod
    def infer(schemas: Mapping[str, Schema | None], params: ColumnsParams, known: Known) -> Mapping[str, Schema]:
        """Return the columns after the changes."""
        schema = schemas["table"]
        if schema is None:
            return {}
        schema = _kept(schema, params)
        for learned in _transforms(schema, params):
            schema = learned.describe(schema)
        return {"table": _with_roles(schema, params)}


def retyped(column: Column, kind: ColumnType) -> Column:
    """Return the description of a column read as another type; ranges and categories are no longer known."""
    if column.type is kind:
        return column
    may_fail = (column.type in WORDS and kind not in WORDS) or kind is ColumnType.BOOLEAN  # of numbers only 0 and 1
    return Column(
        name=column.name, type=kind, role=column.role, nullable=column.nullable or may_fail or not kind.is_numeric
    )


def _kept(schema: Schema, params: ColumnsParams) -> Schema:
    for param in ("keep", "drop"):
        for name in getattr(params, param):
            existing(schema, name, param=param)
    if params.keep:
        kept = schema.where(lambda column: column.name in params.keep)
        return kept.model_copy(update={"is_open": False}).without(params.drop)
    return schema.without(params.drop)


def _transforms(schema: Schema, params: ColumnsParams) -> list[Transform]:
    """Return the transforms that change values or names, for the columns that are left."""
    transforms: list[Transform] = []
    merge = chosen(schema, params.merge, types=WORDS, param="merge", may_be_target=True) if params.merge else ()
    words = {column.name: merged_words(column.categories or ()) for column in merge}
    if any(words.values()):
        transforms.append(MergedWords({name: found for name, found in words.items() if found}))
    tidy = chosen(schema, params.tidy, types=WORDS, param="tidy", may_be_target=True) if params.tidy else ()
    if tidy:
        transforms.append(NormalisedText(tuple(column.name for column in tidy)))
    lines = {line.column: line for line in params.retype if existing(schema, line.column, param="retype")}
    if lines:
        kinds = {name: str(line.type) for name, line in lines.items()}
        month_first = tuple(name for name, line in lines.items() if line.month_first)
        with_comma = tuple(name for name, line in lines.items() if line.decimal_comma)
        transforms.append(Retyped(kinds, month_first, with_comma))
    if names := _new_names(schema, params):
        transforms.append(Renamed(names))
    return transforms


def _new_names(schema: Schema, params: ColumnsParams) -> dict[str, str]:
    names: dict[str, str] = {}
    for line in params.rename:
        if not line.name.strip():
            raise NodeError(
                Message("columns.empty_name", "The new name of “{column}” is empty. Enter one.", column=line.column),
                param="rename",
            )
        if existing(schema, line.column, param="rename") is not None and line.name.strip() != line.column:
            names[line.column] = line.name.strip()
    repeated = [n for n, count in Counter(names.get(n, n) for n in schema.names).items() if count > 1]
    if repeated:
        raise NodeError(
            Message(
                "columns.repeated_name",
                "Two columns would be named “{column}”. Choose another name.",
                column=repeated[0],
            ),
            param="rename",
        )
    return names


def _with_roles(schema: Schema, params: ColumnsParams) -> Schema:
    roles: dict[str, Role] = {}
    for line in params.roles:
        if existing(schema, line.column, param="roles") is not None:
            roles[line.column] = line.role
    targets = [name for name, role in roles.items() if role is Role.TARGET]
    if len(targets) > 1:
        raise NodeError(
            Message("columns.two_targets", "Two columns have the role target. A model predicts one."), param="roles"
        )
    if targets and schema.target and schema.target not in roles:
        roles[schema.target] = Role.FEATURE
    return schema.adding(column.changed(role=roles[column.name]) for column in schema.each() if column.name in roles)
