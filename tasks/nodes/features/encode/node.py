"""Features: turn categories into numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from tasks.contract.context import Known, RunContext
from tasks.contract.fields import Params, columns, setting
from tasks.contract.node import Node, Serving
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.table import Table, is_missing
from tasks.contract.transform import Columns, Transform, transform
from tasks.graph.fixes import COLUMN, FixPurpose
from tasks.graph.messages import Message
from tasks.nodes.column_selection import chosen, refuse_existing_columns
from tasks.nodes.features.encode.target_means import averaged_target, target_means

OTHER = "(other)"
MISSING = "(missing)"


@transform("features.one_hot", aliases=("tasks.nodes.features.encode:OneHot",))
class OneHot(Transform):
    """Makes a yes/no column per word.

    ``words``: column to the words that have a column of their own; `OTHER` stands for every word not
    listed, `MISSING` for none. ``unknown``: column to the word that one never seen counts as, in place of
    `OTHER`. ``wanted``: the columns to make; all when ``None``.
    """

    words: Mapping[str, tuple[str, ...]]
    unknown: Mapping[str, str] = field(default_factory=dict)
    wanted: tuple[str, ...] | None = None

    @cached_property
    def _plan(self) -> tuple[tuple[str, dict[str | None, int], int, int, tuple[str, ...]], ...]:
        """Return per column: name, place of each word, place of others, count, names. The last place is waste."""
        plan = []
        for name, words in self.words.items():
            kept = [word for word in words if self.wanted is None or one_hot_name(name, word) in self.wanted]
            places: dict[str | None, int] = {word: at for at, word in enumerate(kept)}
            waste = len(kept)
            places[None] = places.pop(MISSING, waste)
            other = places.pop(OTHER, waste)
            places.update((word, waste) for word in words if word not in kept and word not in {OTHER, MISSING})
            other = places.get(self.unknown[name], waste) if name in self.unknown else other
            plan.append((name, places, other, waste, tuple(one_hot_name(name, word) for word in kept)))
        return tuple(plan)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the encoded columns."""
        return tuple(self.words)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the yes/no columns."""
        return tuple(made for *_, names in self._plan for made in names)

    @property
    def imputes(self) -> tuple[str, ...]:
        """Return the encoded columns: a missing word has its column, or none of them."""
        return tuple(self.words)

    def apply(self, columns: Columns) -> dict[str, np.ndarray]:
        """Return the columns with words told apart by yes/no columns."""
        made = dict(columns)
        for name, places, other, count, names in self._plan:
            values = columns[name]
            del made[name]
            block = np.zeros((count + 1, len(values)))  # (words and waste, rows), so that a column is contiguous
            if len(values) == 1:
                block[places.get(values[0], other), 0] = 1.0
            else:
                at = np.fromiter((places.get(word, other) for word in values), dtype=np.intp, count=len(values))
                block[at, np.arange(len(values))] = 1.0
            made.update(zip(names, block, strict=False))
        return made

    @property
    def supports_single_row(self) -> bool:
        """Return true: a word is looked up."""
        return True

    def apply_row(self, row: dict[str, Any]) -> None:
        """Tell the words of one row apart."""
        for name, places, other, waste, names in self._plan:
            at = places.get(row.pop(name), other)
            row.update(dict.fromkeys(names, 0.0))
            if at != waste:
                row[names[at]] = 1.0

    def null_propagation(self) -> Mapping[str, frozenset[str]]:
        """Return nothing for each column: a missing value is dealt with."""
        return dict.fromkeys(self.outputs, frozenset())

    def describe(self, schema: Schema) -> Schema:
        """Return the schema with yes/no columns in place of the encoded ones."""
        names = (made for *_, names in self._plan for made in names)
        return schema.without(self.words).adding(_yes_no(name) for name in names)

    def restrict(self, wanted: frozenset[str]) -> Transform | None:
        """Return the transform for the columns that have a wanted word."""
        kept = {
            name: words
            for name, words in self.words.items()
            if any(one_hot_name(name, word) in wanted for word in words)
        }
        names = tuple(one_hot_name(name, word) for name, words in kept.items() for word in words)
        return OneHot(kept, self.unknown, tuple(name for name in names if name in wanted)) if kept else None


@transform("features.words_to_numbers", aliases=("tasks.nodes.features.encode:Numbered",))
class OrdinalEncoded(Transform):
    """Puts one number in place of each word.

    ``numbers``: column to word to number. ``others``: column to the number of words never seen. ``gaps``:
    column to the number of a missing word. ``cross_fitted``: see `Transform.is_cross_fitted`.
    """

    numbers: Mapping[str, Mapping[str, float]]
    others: Mapping[str, float]
    gaps: Mapping[str, float] = field(default_factory=dict)
    cross_fitted: bool = False

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the encoded columns."""
        return tuple(self.numbers)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the encoded columns."""
        return tuple(self.numbers)

    @property
    def imputes(self) -> tuple[str, ...]:
        """Return the encoded columns: a missing word has its number."""
        return tuple(self.numbers)

    @property
    def is_cross_fitted(self) -> bool:
        """True for means of the target: a row's number must not be made of its own target."""
        return self.cross_fitted

    def apply(self, columns: Columns) -> dict[str, np.ndarray]:
        """Return the columns with numbers for words."""
        made = dict(columns)
        for name, numbers in self.numbers.items():
            values, other = columns[name], self.others[name]
            gap = self.gaps.get(name, other)
            found = (gap if word is None else numbers.get(word, other) for word in values)
            made[name] = np.fromiter(found, dtype=np.float64, count=len(values))
        return made

    @property
    def supports_single_row(self) -> bool:
        """Return true: a word is looked up."""
        return True

    def apply_row(self, row: dict[str, Any]) -> None:
        """Put numbers for the words of one row."""
        for name, numbers in self.numbers.items():
            word, other = row[name], self.others[name]
            row[name] = self.gaps.get(name, other) if word is None else numbers.get(word, other)

    def null_propagation(self) -> Mapping[str, frozenset[str]]:
        """Return nothing for each column: a missing value is dealt with."""
        return dict.fromkeys(self.outputs, frozenset())

    def describe(self, schema: Schema) -> Schema:
        """Return the schema with encoded columns as numbers."""
        return schema.adding(_as_number(column) for column in schema.each() if column.name in self.numbers)

    def restrict(self, wanted: frozenset[str]) -> Transform | None:
        """Return the transform for the wanted columns only."""
        kept = {name: numbers for name, numbers in self.numbers.items() if name in wanted}
        return OrdinalEncoded(kept, self.others, self.gaps, self.cross_fitted) if kept else None


class EncodeParams(Params):
    """Which columns become numbers, and how."""

    columns: tuple[str, ...] = columns(
        "table",
        types=[ColumnType.CATEGORY, ColumnType.TEXT],
        title="Columns",
        description="Columns to encode. None chosen: every category feature.",
    )
    method: Literal["onehot", "ordinal", "target"] = setting(
        "onehot",
        title="Method",
        description=(
            "Onehot: a yes/no column per value. Ordinal: one number per value, by frequency. Target: the mean of the "
            "target per value, for many different values; a training row's own target is left out of its mean."
        ),
    )
    min_frequency: float = setting(
        0.0,
        ge=0.0,
        le=0.5,
        title="Rare below",
        unit="share",
        description="Values in a smaller share of the training rows together become “(other)”. 0: none.",
        show_when={"method": ["onehot", "ordinal"]},
    )
    max_categories: int = setting(
        50,
        ge=2,
        le=1000,
        title="Maximum values",
        unit="values",
        description="The most frequent values get a column of their own, all others share “(other)”.",
        show_when={"method": ["onehot"]},
    )
    handle_unknown: Literal["other", "frequent"] = setting(
        "other",
        title="Unknown values",
        description=(
            "What a value that no training row had counts as. Other: “(other)” where there is such a column, else none "
            "of them. Frequent: the most frequent value."
        ),
        show_when={"method": ["onehot"]},
        advanced=True,
    )
    smooth: float = setting(
        20.0,
        ge=0.0,
        le=10_000.0,
        title="Smoothing",
        unit="rows",
        description="A value seen in this many rows counts half by its own mean and half by the overall mean.",
        show_when={"method": ["target"]},
        advanced=True,
    )


class Encode(Node):
    """Turns categories into numbers, so that models can learn from them.

    Which values there are is learned from the training rows only. A value that was never seen counts as
    “(other)”, so the endpoint answers for it.
    """

    title = "Encode categories"
    icon = "letter-case"
    keywords = ("one-hot", "dummy", "ordinal", "target", "label", "category", "categorical")
    serve = Serving.FITTED
    is_cheap = True
    version = 3
    renamed = {
        3: {"rare": "min_frequency", "limit": "max_categories", "unknown": "handle_unknown", "smoothing": "smooth"}
    }
    fixes: ClassVar = {FixPurpose.GROUP_RARE_CATEGORIES: {"columns": [COLUMN], "min_frequency": 0.01}}

    @dataclass(frozen=True)
    class Inputs:
        """The table to encode."""

        table: Table

    Params = EncodeParams

    @dataclass(frozen=True)
    class Outputs:
        """The table with numbers for categories."""

        table: Table

    @staticmethod
    def run(inputs: Inputs, params: EncodeParams, context: RunContext) -> Outputs:
        """Return the table with its categories encoded."""
        table = inputs.table
        picked = _picked(table.schema, params)
        if params.method == "onehot":
            words = {column.name: _own_columns(table.training(column.name), params) for column in picked}
            one_hot = OneHot(words, _most_frequent(table, picked) if params.handle_unknown == "frequent" else {})
            refuse_existing_columns(table.schema.without(words), one_hot.outputs)
            return Encode.Outputs(table.apply(one_hot))
        if params.method == "ordinal":
            return Encode.Outputs(table.apply(_ordinal(table, picked, params)))
        learned = target_means(table, picked, params.smooth, context.seed)
        others = dict.fromkeys(learned.numbers, learned.overall)
        means = OrdinalEncoded(learned.numbers, others, learned.gaps, cross_fitted=True)
        return Encode.Outputs(table.apply(means, in_training=learned.in_training))

    @staticmethod
    def infer(schemas: Mapping[str, Schema | None], params: EncodeParams, known: Known) -> Mapping[str, Schema]:
        """Return the columns after encoding; which values the training rows have is only known when they are."""
        schema = schemas["table"]
        if schema is None:
            return {}
        picked = _picked(schema, params)
        if params.method == "target":
            averaged_target(schema)
        if params.method != "onehot":
            return {"table": schema.adding(map(_as_number, picked))}
        listed = (
            (column.name, word) for column in picked for word in (column.categories or ())[: params.max_categories]
        )
        names = [one_hot_name(*pair) for pair in listed]
        encoded = schema.without(column.name for column in picked).adding(map(_yes_no, names))
        return {"table": encoded.model_copy(update={"is_open": schema.is_open or bool(picked)})}

    @staticmethod
    def headline(inputs: Inputs, outputs: Outputs) -> str:
        """Return how many columns became how many."""
        learned = outputs.table.transforms[-1]
        return Message(
            "encode.result",
            "{count:,} columns became {made:,}",
            one="1 column became {made:,}",
            count=len(learned.inputs),
            made=len(learned.outputs),
        )


def one_hot_name(column: str, word: str) -> str:
    """Return the name of the yes/no column of a word."""
    return f"{column}={word}"


def _yes_no(name: str) -> Column:
    return Column(name=name, type=ColumnType.BOOLEAN, nullable=False, minimum=0.0, maximum=1.0)


def _as_number(column: Column) -> Column:
    return Column(name=column.name, type=ColumnType.NUMBER, role=column.role, nullable=False)


def _picked(schema: Schema, params: EncodeParams) -> tuple[Column, ...]:
    if params.columns:
        return chosen(schema, params.columns, types={ColumnType.CATEGORY, ColumnType.TEXT})
    return chosen(schema, (), types={ColumnType.CATEGORY})


def _counted(values: np.ndarray) -> dict[str, int]:
    """Return how often each word occurs, most frequent first, then by name."""
    present = values[~is_missing(values)]
    words, counts = np.unique(present.astype(object), return_counts=True)
    order = np.lexsort((np.arange(len(words)), -counts))
    return {str(words[at]): int(counts[at]) for at in order}


def _own_columns(values: np.ndarray, params: EncodeParams) -> tuple[str, ...]:
    """Return the words that get a column, in order of their names, then what stands for the rest."""
    counted = _counted(values)
    frequent = [word for word, count in counted.items() if count >= params.min_frequency * len(values)][
        : params.max_categories
    ]
    rest = [OTHER] if len(frequent) < len(counted) else []
    missing = [MISSING] if is_missing(values).any() else []
    return (*sorted(frequent), *(word for word in (*rest, *missing) if word not in frequent))


def _most_frequent(table: Table, picked: tuple[Column, ...]) -> dict[str, str]:
    counted = {column.name: _counted(table.training(column.name)) for column in picked}
    return {name: next(iter(words)) for name, words in counted.items() if words}


def _ordinal(table: Table, picked: tuple[Column, ...], params: EncodeParams) -> OrdinalEncoded:
    numbers, others, gaps = {}, {}, {}
    for column in picked:
        values = table.training(column.name)
        frequent = [word for word, count in _counted(values).items() if count >= params.min_frequency * len(values)]
        numbers[column.name] = {word: float(at) for at, word in enumerate(frequent)}
        others[column.name] = float(len(frequent))
        gaps[column.name] = -1.0
    return OrdinalEncoded(numbers, others, gaps)
