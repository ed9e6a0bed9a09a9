"""Which columns a model learns from, what it predicts, and what is wrong with them; known before a run too."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tasks.contract.errors import NodeError
from tasks.contract.model import Task
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.table import feature_columns, require_target
from tasks.graph.messages import Choices, Message, Names, Term
from tasks.graph.target_guess import MOST_CLASSES, are_codes, positive_class


def choose_features(schema: Schema, target: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns to learn from, and those left out because they are neither numbers nor categories.

    Raises:
        NodeError: A category is left, or nothing to learn from is.
    """
    columns = feature_columns(schema, target)
    categories = [column.name for column in columns if column.type is ColumnType.CATEGORY]
    if categories:
        raise NodeError(
            Message(
                "training.categories_left",
                "This model learns from numbers, but {columns} hold categories. Encode them first.",
                one="This model learns from numbers, but {columns} holds categories. Encode it first.",
                columns=Names(categories),
                count=len(categories),
            ),
            fix="features.encode",
        )
    chosen = tuple(column.name for column in columns if column.type.is_numeric)
    if not chosen and not schema.is_open:
        raise NodeError(
            Message(
                "training.no_feature",
                "There is no column of numbers to learn from besides the target. Keep or create at least one.",
            )
        )
    return chosen, tuple(column.name for column in columns if not column.type.is_numeric)


def decide_task(column: Column, requested: str, values: np.ndarray | None = None) -> Task:
    """Return the task for a target: as requested, or by its type for ``auto``.

    Args:
        column: The target.
        requested: ``auto``, ``regression`` or ``classification``.
        values: Values of the target, where they are known.

    Raises:
        NodeError: The target's type does not suit.
    """
    if column.type in (ColumnType.TEXT, ColumnType.DATE):
        raise NodeError(
            Message(
                "training.target_type",
                "“{column}” is a column of type {type}, which cannot be predicted. Choose a column of numbers or of "
                "categories.",
                column=column.name,
                type=Term(f"type.{column.type}", str(column.type)),
            ),
            param="target",
        )
    names_classes = column.type in (ColumnType.CATEGORY, ColumnType.BOOLEAN)
    if requested == "regression" and column.type is ColumnType.CATEGORY:
        raise NodeError(
            Message(
                "training.categories_as_number",
                "“{column}” holds categories, so it cannot be predicted as a number. Set the task to classification.",
                column=column.name,
            ),
            param="task",
        )
    if requested != "auto":
        return Task(requested)
    return Task.CLASSIFICATION if names_classes or _is_zero_one(column, values) else Task.REGRESSION


def codes_of(column: Column, values: np.ndarray | None) -> tuple[int, ...]:
    """Return the different whole numbers of a target that are codes of classes, sorted; none where they are not."""
    if column.type is not ColumnType.INTEGER or values is None:
        return ()
    present = values[np.isfinite(values)]
    found = np.unique(present)
    if not len(found) or not are_codes(len(found), float(found[0]), float(found[-1]), len(present)):
        return ()
    return tuple(int(value) for value in found)


def ordered_classes(
    names: tuple[str, ...], truth: np.ndarray, training: np.ndarray, *, positive: str = "", unnamed: str = "meaning"
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the classes with the positive one of two as the second, and the position of each row's class in them.

    All that is said of two classes is said of the second: scores, curves, the threshold and what an endpoint decides.

    Args:
        names: Classes in sorted order.
        truth: Shape (rows,), positions in ``names``.
        training: Shape (rows,), bool: the rows by which the rarer class is found.
        positive: Name of the positive class; found by ``unnamed`` when empty.
        unnamed: ``meaning`` as of `positive_class`, or ``second`` in sorted order.

    Raises:
        NodeError: ``positive`` is no class, or there are more than two.
    """
    if positive and (positive not in names or len(names) > 2):
        raise _not_positive(names, positive)
    if len(names) != 2 or (not positive and unnamed == "second"):
        return names, truth
    counts = np.bincount(truth[training], minlength=2).tolist()
    if (names.index(positive) if positive else positive_class(names, counts)) == 1:
        return names, truth
    return (names[1], names[0]), 1 - truth


def _not_positive(names: tuple[str, ...], positive: str) -> NodeError:
    if len(names) > 2:
        message = Message(
            "training.positive_of_many",
            "A positive class is chosen (“{positive}”), but the target has {count} classes, and only of two is one the "
            "positive. Leave it empty.",
            positive=positive,
            count=len(names),
        )
    else:
        message = Message(
            "training.no_such_class",
            "The positive class “{positive}” is none of {classes}. Choose one of them, or leave it empty.",
            positive=positive,
            classes=Choices(names),
        )
    return NodeError(message, param="positive")


def class_names(column: Column, values: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the classes that occur, in sorted order, and the position of each row's class.

    Raises:
        NodeError: There are too many.
    """
    if column.type.is_numeric:
        found, truth = np.unique(values, return_inverse=True)
        names = tuple(_name(column, value) for value in found.tolist())
    else:
        found, truth = np.unique(values.astype(str), return_inverse=True)
        names = tuple(found.tolist())
    if len(names) > MOST_CLASSES:
        raise NodeError(
            Message(
                "training.too_many_classes",
                "“{column}” has {count:,} distinct values; at most {maximum} classes are supported. Choose another "
                "target, or predict it as a number.",
                column=column.name,
                count=len(names),
                maximum=MOST_CLASSES,
            ),
            param="target",
        )
    return names, truth.astype(np.int64)


def class_positions(column: Column, values: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    """Return the position in ``classes`` of each value; all values occur there. Shape (rows,), int64."""
    names, truth = class_names(column, values)
    places = np.asarray([classes.index(name) for name in names], dtype=np.int64)
    positions: np.ndarray = places[truth]
    return positions


def check_columns(schemas: Mapping[str, Schema | None], *, target: str, task: str) -> None:
    """Do nothing if a model could be trained on the input ``table``, as far as its columns are known.

    Raises:
        NodeError: It could not; shown on the canvas while drawing.
    """
    schema = schemas.get("table")
    if schema is None:
        return
    if schema.is_open and not (target or schema.target):
        return
    column = require_target(schema, target)
    decide_task(column, task)
    choose_features(schema, column.name)


def _is_zero_one(column: Column, values: np.ndarray | None) -> bool:
    """Whole numbers 0 and 1 are two classes in every data set that was ever exported from a database."""
    if column.type is not ColumnType.INTEGER or values is None:
        return False
    return set(np.unique(values).tolist()) <= {0.0, 1.0}


def _name(column: Column, value: float) -> str:
    if column.type is ColumnType.BOOLEAN:
        return "true" if value else "false"
    return str(int(value)) if value.is_integer() else repr(value)
