"""Clean: fill in missing values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from tasks.contract.context import Known, RunContext
from tasks.contract.fields import Params, columns, setting
from tasks.contract.node import Node, Serving
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.table import Table, is_missing
from tasks.contract.transform import Columns, Transform, side_by_side, transform
from tasks.graph.fixes import COLUMN, FixPurpose
from tasks.graph.messages import Message
from tasks.nodes.column_selection import WORDS, chosen, refuse_existing_columns


@transform("clean.impute", aliases=("tasks.nodes.clean.impute:Fill",))
class Imputed(Transform):
    """Puts a learned value where one is missing.

    ``numbers``, ``words``, ``moments`` (microseconds since 1970): column to value. ``flags``: columns whose
    gaps are noted in a column of their own. ``fractional``: whole-number columns that may hold fractions now.
    """

    numbers: Mapping[str, float] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    moments: Mapping[str, int] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    fractional: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the filled and the flagged columns."""
        return self.imputes

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the filled columns and the flags."""
        return (*self._filled, *map(flag_name, self.flags))

    @property
    def imputes(self) -> tuple[str, ...]:
        """Return the filled and the flagged columns: a flag is there where the value is not."""
        return tuple(dict.fromkeys((*self._filled, *self.flags)))

    @cached_property
    def _filled(self) -> tuple[str, ...]:
        return (*self.numbers, *self.words, *self.moments)

    def apply(self, columns: Columns) -> dict[str, np.ndarray]:
        """Return the columns without gaps."""
        made = dict(columns)
        for name in self.flags:
            made[flag_name(name)] = is_missing(columns[name]).astype(np.float64)
        block = side_by_side(columns, self._number_names)
        if block is None:
            for name, number in self.numbers.items():
                made[name] = _filled(columns[name], number)
        else:
            made.update(zip(self._number_names, np.where(np.isnan(block), self._number_values, block), strict=True))
        for name, word in self.words.items():
            made[name] = _filled(columns[name], word)
        for name, moment in self.moments.items():
            made[name] = _filled(columns[name], np.datetime64(moment, "us"))
        return made

    @property
    def supports_single_row(self) -> bool:
        """Return true: what is missing is replaced."""
        return True

    def apply_row(self, row: dict[str, Any]) -> None:
        """Fill the gaps of one row."""
        for name in self.flags:
            value = row[name]
            row[flag_name(name)] = 1.0 if value is None or value != value else 0.0  # noqa: PLR0124 - NaN
        for name, number in self._number_items:
            value = row[name]
            if value != value:  # noqa: PLR0124 - NaN
                row[name] = number
        for name, word in self.words.items():
            if row[name] is None:
                row[name] = word
        for name, moment in self._moment_items:
            if row[name] is None:
                row[name] = moment

    @cached_property
    def _moment_items(self) -> tuple[tuple[str, datetime], ...]:
        return tuple((name, np.datetime64(moment, "us").item()) for name, moment in self.moments.items())

    @cached_property
    def _number_items(self) -> tuple[tuple[str, float], ...]:
        return tuple(self.numbers.items())

    @cached_property
    def _number_names(self) -> tuple[str, ...]:
        return tuple(self.numbers)

    @cached_property
    def _number_values(self) -> np.ndarray:
        return np.asarray(list(self.numbers.values()), dtype=np.float64)[:, None]  # (columns, 1)

    def null_propagation(self) -> Mapping[str, frozenset[str]]:
        """Return nothing for each column: a missing value is dealt with."""
        return dict.fromkeys(self.outputs, frozenset())

    def describe(self, schema: Schema) -> Schema:
        """Return the schema with filled columns and flags."""
        filled = frozenset(self._filled)
        described = schema.adding(self._described(column) for column in schema.each() if column.name in filled)
        flags = (Column(name=flag_name(n), type=ColumnType.BOOLEAN, nullable=False) for n in self.flags)
        return described.adding(flags)

    def restrict(self, wanted: frozenset[str]) -> Transform | None:
        """Return the transform for the wanted columns only."""
        if not wanted.intersection(self.outputs):
            return None
        return Imputed(
            {name: value for name, value in self.numbers.items() if name in wanted},
            {name: value for name, value in self.words.items() if name in wanted},
            {name: value for name, value in self.moments.items() if name in wanted},
            tuple(name for name in self.flags if flag_name(name) in wanted),
            self.fractional,
        )

    def _described(self, column: Column) -> Column:
        word = self.words.get(column.name)
        categories = column.categories
        if word is not None and categories is not None and word not in categories:
            categories = tuple(sorted((*categories, word)))
        value = self.numbers.get(column.name)
        low, high = column.minimum, column.maximum
        if value is not None and low is not None and high is not None:
            low, high = min(low, value), max(high, value)
        kind = ColumnType.NUMBER if column.name in self.fractional else column.type
        return column.changed(nullable=False, categories=categories, minimum=low, maximum=high, type=kind)


class ImputeParams(Params):
    """What to fill in."""

    columns: tuple[str, ...] = columns(
        "table", title="Columns", description="Columns to fill. None chosen: every feature, so that no gap is left."
    )
    strategy: Literal["median", "mean", "mode", "constant"] = setting(
        "median", title="Numbers", description="What takes the place of a missing number. Mode: the most frequent one."
    )
    fill_value: float = setting(
        0.0,
        title="Constant number",
        description="The constant for missing numbers.",
        show_when={"strategy": ["constant"]},
    )
    category_strategy: Literal["mode", "constant"] = setting(
        "mode",
        title="Words",
        description="What takes the place of a missing category or text. Mode: the most frequent one.",
    )
    category_fill_value: str = setting(
        "missing",
        title="Constant word",
        description="The constant for missing categories and texts.",
        min_length=1,
        show_when={"category_strategy": ["constant"]},
    )
    add_indicator: bool = setting(
        False,
        title="Missing indicator",
        description="Add a yes/no column beside each column that has gaps in the training rows.",
    )


class Impute(Node):
    """Fills in missing values, so that models which cannot take gaps can learn.

    What is filled in is learned from the training rows only and repeated in the endpoint. Whole numbers and
    yes/no columns take the most frequent value when the median would not be one of theirs.
    """

    title = "Fill missing values"
    icon = "droplet"
    keywords = ("impute", "nan", "null", "gaps", "missing", "mean", "median", "fill")
    serve = Serving.FITTED
    is_cheap = True
    version = 2
    renamed = {
        2: {
            "numbers": "strategy",
            "number": "fill_value",
            "words": "category_strategy",
            "word": "category_fill_value",
            "flag": "add_indicator",
        }
    }
    fixes: ClassVar = {
        FixPurpose.IMPUTE: {"columns": [COLUMN]},
        FixPurpose.IMPUTE_AND_FLAG: {"columns": [COLUMN], "add_indicator": True},
    }

    @dataclass(frozen=True)
    class Inputs:
        """The table to fill."""

        table: Table

    Params = ImputeParams

    @dataclass(frozen=True)
    class Outputs:
        """The table without gaps in the chosen columns."""

        table: Table

    @staticmethod
    def run(inputs: Inputs, params: ImputeParams, context: RunContext) -> Outputs:
        """Return the table with its gaps filled."""
        table = inputs.table
        targets = chosen(table.schema, params.columns, types=frozenset(ColumnType))
        learned = _fit(table, targets, params, context)
        refuse_existing_columns(table.schema, map(flag_name, learned.flags))
        return Impute.Outputs(table.apply(learned))

    @staticmethod
    def infer(schemas: Mapping[str, Schema | None], params: ImputeParams, known: Known) -> Mapping[str, Schema]:
        """Return the same columns without gaps; flags depend on the training rows."""
        schema = schemas["table"]
        if schema is None:
            return {}
        columns = chosen(schema, params.columns, types=frozenset(ColumnType))
        filled = schema.adding(_before_run(column, params) for column in columns)
        if params.add_indicator and any(column.nullable for column in columns):
            flags = tuple(flag_name(column.name) for column in columns if column.nullable)
            filled = filled.adding(Column(name=n, type=ColumnType.BOOLEAN, nullable=False) for n in flags)
            return {"table": filled.model_copy(update={"is_open": True})}
        return {"table": filled}

    @staticmethod
    def headline(inputs: Inputs, outputs: Outputs) -> str:
        """Return how many gaps were filled."""
        before, after = inputs.table, outputs.table
        count = sum(
            int(is_missing(before.columns[column.name]).sum() - is_missing(after.columns[column.name]).sum())
            for column in before.schema.each()
            if before.columns[column.name] is not after.columns[column.name]
        )
        return Message("impute.result", "{count:,} missing values filled", one="1 missing value filled", count=count)


def flag_name(column: str) -> str:
    """Return the name of the column that notes the gaps of ``column``."""
    return f"{column}_was_missing"


def _filled(values: np.ndarray, value: Any) -> np.ndarray:
    holes = is_missing(values)
    if not holes.any():
        return values
    made = values.copy()
    made[holes] = value
    return made


def _before_run(column: Column, params: ImputeParams) -> Column:
    """Return a column as far as it is known without its values."""
    categories = column.categories
    word = (
        params.category_fill_value if params.category_strategy == "constant" or not categories else None
    )  # without any, there is none to take
    if word is not None and categories is not None and column.type in WORDS:
        categories = tuple(sorted({*categories, word}))
    kind = ColumnType.NUMBER if _may_gain_fractions(column, params) else column.type
    low, high = column.minimum, column.maximum
    if params.strategy == "constant" and low is not None and high is not None:
        low, high = min(low, params.fill_value), max(high, params.fill_value)
    return column.changed(nullable=False, categories=categories, minimum=low, maximum=high, type=kind)


def _may_gain_fractions(column: Column, params: ImputeParams) -> bool:
    if column.type is ColumnType.BOOLEAN:
        return params.strategy == "constant" and params.fill_value not in {0.0, 1.0}
    constant = params.strategy == "constant" and not params.fill_value.is_integer()
    return column.type is ColumnType.INTEGER and (params.strategy == "mean" or constant)


def _fit(table: Table, targets: tuple[Column, ...], params: ImputeParams, context: RunContext) -> Imputed:
    numbers: dict[str, float] = {}
    words: dict[str, str] = {}
    moments: dict[str, int] = {}
    flags: list[str] = []
    for column in targets:
        values = table.training(column.name)
        holes = is_missing(values)
        present = values[~holes]
        if params.add_indicator and holes.any():
            flags.append(column.name)
        if not len(present):
            context.log(
                Message(
                    "impute.no_values",
                    "“{column}” has no values in the training rows; a constant was filled in.",
                    column=column.name,
                )
            )
        if column.type in WORDS:
            words[column.name] = _word(present, params)
        elif column.type is ColumnType.DATE:
            moments[column.name] = (
                int(np.sort(present)[(len(present) - 1) // 2].astype(np.int64)) if len(present) else 0
            )
        else:
            numbers[column.name] = _number(present, column, params)
    fractional = tuple(column.name for column in targets if _may_gain_fractions(column, params))
    return Imputed(numbers, words, moments, tuple(flags), fractional)


def _word(present: np.ndarray, params: ImputeParams) -> str:
    if params.category_strategy == "constant" or not len(present):
        return params.category_fill_value
    return str(_most_frequent(present))


def _number(present: np.ndarray, column: Column, params: ImputeParams) -> float:
    finite = present[np.isfinite(present)]
    if params.strategy == "constant" or not len(finite):
        return params.fill_value
    if params.strategy == "mode" or column.type is ColumnType.BOOLEAN:
        return float(_most_frequent(finite))
    with np.errstate(over="ignore"):
        value = float(np.median(finite) if params.strategy == "median" else finite.mean())
    # a whole number for whole numbers; and the mean of numbers near the largest there are is none
    is_odd = column.type is ColumnType.INTEGER and params.strategy == "median" and not value.is_integer()
    return float(_middle(finite)) if is_odd or not np.isfinite(value) else value


def _middle(present: np.ndarray) -> Any:
    """Return the median that is one of the values: the lower of two."""
    return np.sort(present)[(len(present) - 1) // 2].item()


def _most_frequent(present: np.ndarray) -> Any:
    """Return the most frequent value, the smallest of equals."""
    values, counts = np.unique(present.astype(str) if present.dtype == object else present, return_counts=True)
    return values[int(np.argmax(counts))]
