"""Split: mark rows as training, validation and test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tasks.contract.context import Known, RunContext
from tasks.contract.errors import NodeError
from tasks.contract.fields import Params, column, setting
from tasks.contract.folds import value_codes
from tasks.contract.node import Node, Serving
from tasks.contract.schema import Column, ColumnType, Role, Schema
from tasks.contract.table import Partition, SplitSpec, Table, is_missing
from tasks.graph.messages import Choices, Message, Term
from tasks.nodes.column_selection import WORDS


class SplitParams(Params):
    """How many rows go where, and which rows belong together."""

    test_size: float = setting(
        0.2, ge=0.0, le=0.9, title="Test share", description="Share of the rows kept aside to measure the final model."
    )
    validation_size: float = setting(
        0.0,
        ge=0.0,
        le=0.9,
        title="Validation share",
        description="Share of the rows used to choose between models and to stop training early. 0: cross-validation.",
    )
    method: Literal["auto", "random", "stratified", "group", "time"] = setting(
        "auto",
        title="Method",
        description=(
            "Auto: by the column marked group or time, else stratified for a category target, else random. Stratified: "
            "every part has the same mix of a column. Group: rows of one group stay together. Time: the newest rows "
            "are the test."
        ),
    )
    by: str = column(
        "table",
        title="By column",
        description=(
            "The column to stratify, group or order by. None: the target for stratified, the column marked group or "
            "time for those."
        ),
        show_when={"method": ["stratified", "group", "time"]},
    )
    seed: int = setting(
        0, ge=0, le=2**31 - 1, title="Seed", description="Another number gives another random split.", advanced=True
    )


class Split(Node):
    """Keeps some rows aside, so that a model is measured on rows it has never seen.

    Rows are marked, not parted: everything fitted after this node sees the training rows only. Draw it before
    nodes that learn from the data.
    """

    title = "Split"
    icon = "arrows-split"
    keywords = ("train", "test", "validation", "holdout", "stratify", "group", "time", "partition")
    serve = Serving.TRAINING_ONLY
    is_cheap = True
    version = 3
    renamed = {3: {"test": "test_size", "valid": "validation_size"}}

    @dataclass(frozen=True)
    class Inputs:
        """The table to split."""

        table: Table

    Params = SplitParams

    @dataclass(frozen=True)
    class Outputs:
        """The same rows, each marked as training, validation or test."""

        table: Table

    @staticmethod
    def run(inputs: Inputs, params: SplitParams, context: RunContext) -> Outputs:
        """Return the table with its rows marked."""
        table = inputs.table
        _check_shares(params)
        method, by = resolve(table.schema, params)
        if table.rows < 2:
            raise NodeError(
                Message(
                    "split.too_few_rows",
                    "A split needs at least 2 rows, but the table has {count}.",
                    count=table.rows,
                )
            )
        random = np.random.default_rng([params.seed, context.seed])
        if method == "group":
            partition = _by_group(value_codes(table.columns[by]), params, random)
        elif method == "time":
            partition = _by_time(table, by, params)
        elif method == "stratified":
            partition = _by_class(value_codes(table.columns[by]), params, random)
        else:
            partition = _marked(random.permutation(table.rows), params)
        if not (partition == Partition.TRAIN).any():
            raise NodeError(
                Message(
                    "split.no_training_rows",
                    "None of the {count:,} rows is left for training. Lower “Test share” and “Validation share”.",
                    one="The only row is not left for training. Lower “Test share” and “Validation share”.",
                    count=table.rows,
                ),
                param="test_size",
            )
        return Split.Outputs(table.split(partition, SplitSpec(method, by)))

    @staticmethod
    def infer(schemas: Mapping[str, Schema | None], params: SplitParams, known: Known) -> Mapping[str, Schema]:
        """Return the same columns."""
        schema = schemas["table"]
        if schema is None:
            return {}
        _check_shares(params)
        resolve(schema, params)
        return {"table": schema}

    @staticmethod
    def headline(inputs: Inputs, outputs: Outputs) -> str:
        """Return the rows of each part."""
        partition = outputs.table.partition
        counts = np.bincount([] if partition is None else partition, minlength=3)
        names = (Term("part.train", "train"), Term("part.valid", "valid"), Term("part.test", "test"))
        return Message(
            "split.result",
            "{parts}",
            parts=Choices(
                Message("split.part", "{count:,} {part}", count=int(count), part=name)
                for name, count in zip(names, counts, strict=True)
                if count
            ),
        )


def resolve(schema: Schema, params: SplitParams) -> tuple[str, str]:
    """Return the method and the column it goes by.

    Raises:
        NodeError: There is no such column, or none is marked for the method.
    """
    target = schema.find(schema.target) if schema.target else None
    if params.method == "random":
        return "random", ""
    if params.method == "auto":
        for method in ("group", "time"):
            marked = _marked_for(schema, method)
            if marked:
                return _suiting(schema, method, marked)
        return ("stratified", target.name) if target is not None and _has_classes(target) else ("random", "")
    by = params.by or _marked_for(schema, params.method)
    if not by:
        raise NodeError(
            Message(
                "split.no_column",
                "The method “{method}” needs a column. Choose it under “By column”, or give one the role at the data "
                "source.",
                method=Term(f"value:split.split.method.{params.method}", params.method),
            ),
            param="by",
        )
    return _suiting(schema, params.method, by)


def _suiting(schema: Schema, method: str, by: str) -> tuple[str, str]:
    """Return method and column if they go together."""
    found = schema.find(by)
    if found is None and not schema.is_open:
        raise NodeError(
            Message(
                "columns.not_there",
                "The input has no column “{column}”. Choose one of its columns.",
                column=by,
            ),
            param="by",
        )
    if method == "time" and found is not None and found.type in WORDS:
        raise NodeError(
            Message(
                "split.no_order",
                "“{column}” is a column of type {type} and has no order in time. Convert it to a date with Columns "
                "first.",
                column=by,
                type=Term(f"type.{found.type}", str(found.type)),
            ),
            param="by",
            fix="clean.columns",
        )
    return method, by


def _has_classes(column: Column) -> bool:
    return column.type in {ColumnType.CATEGORY, ColumnType.BOOLEAN}


def _marked_for(schema: Schema, method: str) -> str:
    role = {"group": Role.GROUP, "time": Role.TIME}.get(method)
    if role is None:
        return schema.target
    marked = schema.with_role(role)
    return marked[0].name if marked else ""


def _check_shares(params: SplitParams) -> None:
    total = params.test_size + params.validation_size
    if total >= 1:
        raise NodeError(
            Message(
                "split.shares_too_large",
                "Test and validation take {percent:.0f} % of the rows. Leave some for training.",
                percent=round(100 * total),
            ),
            param="test_size",
        )
    if total <= 0:
        raise NodeError(
            Message("split.shares_zero", "Test and validation are both 0, so no rows are held out. Raise one of them."),
            param="test_size",
        )


def _counts(rows: int, params: SplitParams) -> tuple[int, int]:
    """Return test and validation rows; each asked-for part gets at least one row where there are enough."""
    test = round(rows * params.test_size)
    valid = round(rows * params.validation_size)
    test = max(test, 1) if params.test_size > 0 and rows >= 2 else test
    valid = max(valid, 1) if params.validation_size > 0 and rows >= 3 else valid
    return min(test, rows - 1), max(min(valid, rows - 1 - test), 0)


def _marked(order: np.ndarray, params: SplitParams) -> np.ndarray:
    """Return the parts of rows: the first of ``order`` are test, the next validation, the rest training."""
    test, valid = _counts(len(order), params)
    partition = np.full(len(order), Partition.TRAIN, dtype=np.uint8)
    partition[order[:test]] = Partition.TEST
    partition[order[test : test + valid]] = Partition.VALID
    return partition


def _by_class(codes: np.ndarray, params: SplitParams, random: np.random.Generator) -> np.ndarray:
    """Return parts in which every class has its share, to one row.

    Rows are laid out class by class in random order and every n-th of that line is taken, so that no class is
    rounded on its own.
    """
    order = random.permutation(len(codes))
    order = order[np.argsort(codes[order], kind="stable")]
    test, valid = _counts(len(codes), params)
    place = np.arange(len(codes))
    shift = random.random()
    is_test = _evenly(place + shift, test, len(codes))
    rest = np.flatnonzero(~is_test)
    is_valid = _evenly(np.arange(len(rest)) + shift, valid, len(rest))
    partition = np.full(len(codes), Partition.TRAIN, dtype=np.uint8)
    partition[order[is_test]] = Partition.TEST
    partition[order[rest[is_valid]]] = Partition.VALID
    return partition


def _evenly(place: np.ndarray, count: int, rows: int) -> np.ndarray:
    """Return ``count`` of the places, spread evenly: shape of ``place``, bool."""
    share = count / max(rows, 1)
    return np.asarray(np.floor((place + 1) * share) > np.floor(place * share))


def _by_group(codes: np.ndarray, params: SplitParams, random: np.random.Generator) -> np.ndarray:
    """Return parts in which no group is torn; whole groups are taken until a part has its rows."""
    groups, inverse, sizes = np.unique(codes, return_inverse=True, return_counts=True)
    if len(groups) < 2:
        raise NodeError(
            Message(
                "split.one_group", "All rows belong to one group, so they cannot be split by it. Choose another column."
            ),
            param="by",
        )
    part = np.full(len(groups), Partition.TRAIN, dtype=np.uint8)
    test, valid = _counts(len(codes), params)
    taken = {Partition.TEST: 0, Partition.VALID: 0}
    left = len(groups)
    for group in random.permutation(len(groups)):
        for kind, wanted in ((Partition.TEST, test), (Partition.VALID, valid)):
            fits = taken[kind] == 0 or taken[kind] + sizes[group] / 2 <= wanted
            if wanted and taken[kind] < wanted and fits and left > 1:
                part[group] = kind
                taken[kind] += int(sizes[group])
                left -= 1
                break
    return np.asarray(part[inverse.reshape(-1)])


def _by_time(table: Table, by: str, params: SplitParams) -> np.ndarray:
    """Return parts in order of time: training first, then validation, the newest rows as the test.

    Rows of the same moment go together, to the newer part, or a model would be tested on moments it has learned.
    """
    values = table.columns[by]
    if is_missing(values).any():
        raise NodeError(
            Message(
                "split.missing_times",
                "{count:,} values of “{column}” are missing, so those rows have no place in time. Fill the values or "
                "drop the rows first.",
                one="1 value of “{column}” is missing, so that row has no place in time. Fill the value or drop the "
                "row first.",
                count=int(is_missing(values).sum()),
                column=by,
            ),
            param="by",
            fix="clean.impute",
        )
    moments = value_codes(values)
    if moments.min() == moments.max():
        raise NodeError(
            Message(
                "split.one_moment",
                "All rows have the same “{column}”, so none is newer than another. Choose another column.",
                column=by,
            ),
            param="by",
        )
    order = np.sort(moments)[::-1]
    test, valid = _counts(len(order), params)
    partition = np.full(len(order), Partition.TRAIN, dtype=np.uint8)
    partition[moments >= order[max(test + valid - 1, 0)]] = Partition.VALID if valid else Partition.TEST
    if test and valid:
        partition[moments >= order[test - 1]] = Partition.TEST
    partition[moments == moments.min()] = Partition.TRAIN
    return partition
