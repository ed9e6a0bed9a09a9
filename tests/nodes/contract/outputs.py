"""A table that comes out is what its schema says, and its transforms give it again in an endpoint."""

from __future__ import annotations

import builtins
import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tasks.contract.schema import Column, ColumnType
from tasks.contract.table import Table, is_missing
from tasks.contract.transform import Transform, prune, run_transforms, transform_from_json
from tests.nodes.contract.broken import Broken, require
from tests.nodes.contract.equality import learned, missing_like, same
from tests.nodes.contract.fresh_process import HEAVY


def check_description(table: Table) -> None:
    """The arrays have the types, the shapes, the categories and the gaps that the schema tells of."""
    listed = tuple(table.columns)
    require(listed == table.schema.names, f"It gave the columns {listed}, its schema says {table.schema.names}.")
    require(len(table.row_ids) == len(set(table.row_ids.tolist())), "It gave a row twice.")
    for column in table.schema.each():
        values = table.columns[column.name]
        require(isinstance(values, np.ndarray), f"The column {column.name} is no NumPy array.")
        require(
            values.shape == (table.rows,), f"The column {column.name} has shape {values.shape}, not ({table.rows},)."
        )
        expected = "f" if column.type.is_numeric else "M" if column.type is ColumnType.DATE else "O"
        require(
            values.dtype.kind == expected,
            f"The column {column.name} of type {column.type} is held as {values.dtype}. Numbers and yes/no are "
            "float64, words are objects, dates are datetime64[us].",
        )
        _check_values(column, values)


def _check_values(column: Column, values: np.ndarray) -> None:
    missing = is_missing(values)
    present = values[~missing]
    require(
        column.nullable or not missing.any(), f"The column {column.name} has gaps though its schema says it has none."
    )
    if column.categories is not None:
        unknown = set(present.tolist()) - set(column.categories)
        require(not unknown, f"The column {column.name} holds {sorted(unknown)[:3]}, which its categories do not list.")
    if column.type is ColumnType.BOOLEAN:
        is_yes_no = set(present.tolist()) <= {0.0, 1.0}
        require(is_yes_no, f"The yes/no column {column.name} holds other values than 0 and 1.")
    if column.type.is_numeric:
        check_range(column, present, "its schema says")
    if column.type is ColumnType.INTEGER:
        finite = present[np.isfinite(present)]
        require((finite == np.trunc(finite)).all(), f"The column {column.name} of whole numbers holds fractions.")


def check_range(column: Column, values: np.ndarray, who: str) -> None:
    """The finite values lie between the minimum and the maximum of the column, as far as those are told."""
    finite = values[np.isfinite(values)]
    for bound, is_beyond, what in (
        (column.minimum, np.less, "minimum"),
        (column.maximum, np.greater, "maximum"),
    ):
        if bound is None or not len(finite):
            continue
        extreme = float(finite.min() if what == "minimum" else finite.max())
        is_kept = not is_beyond(extreme, bound) or bool(np.isclose(extreme, bound, rtol=1e-9, atol=1e-12))
        require(
            is_kept,
            f"The column {column.name} holds {extreme:g}, and {who} that its {what} is {bound:g}. Give the {what} that "
            "holds for every row, or None where it is not known before.",
        )


def check_transforms(source: Table, made: Table) -> None:
    """The recipe gives the same columns from raw rows, for all rows, for one, and for one column alone.

    Rows a cross-fitted transform was learned from are left out: they hold what was learned without them.
    """
    transforms = [transform_from_json(learned(transform)) for transform in made.transforms]
    for transform, restored in zip(made.transforms, transforms, strict=True):
        _check_equality(transform, restored)
    made = made.filter(~made.differs_from_recipe)
    at = {row: place for place, row in enumerate(source.row_ids.tolist())}
    places = np.asarray([at[row] for row in made.row_ids.tolist()], dtype=np.intp)
    raw = {name: values[places] for name, values in source.columns.items()}
    everything = _applied(transforms, raw)
    for transform in transforms:
        _check_says_it_works_on_a_row(type(transform))
        is_consistent = transform.null_propagation() == Transform.null_propagation(transform)
        require(is_consistent, f"{type(transform).__name__} says other things of gaps than its parts do.")
    for name, values in made.columns.items():
        gives = everything.get(name)
        is_same = gives is not None and same(values, gives)
        require(is_same, f"The endpoint would have another column {name}: what was done to it is not in a transform.")
    for place in range(min(3, made.rows)):
        one = _applied(transforms, {name: values[place : place + 1] for name, values in raw.items()})
        for name, values in made.columns.items():
            require(
                same(values[place : place + 1], one[name]),
                f"On one row alone the column {name} is another: apply uses the rows it gets, not what was learned.",
            )
        _check_row(transforms, raw, made, place)
    for name in itertools.islice(made.columns, 12):
        kept, needed = prune(transforms, [name])
        alone = _applied(kept, {raw_name: values for raw_name, values in raw.items() if raw_name in needed})
        is_same = name in alone and same(made.columns[name], alone[name])
        require(
            is_same,
            f"Restricted to the column {name} the transforms give another one: check inputs, outputs and restrict.",
        )
    if made.rows:
        _check_gaps(transforms, raw)


def _check_equality(transform: Transform, restored: Transform) -> None:
    """A transform equals the one that was stored and read."""
    name = type(transform).__name__
    advice = "Transform compares all fields already, arrays and NaN by value: leave __eq__ out."
    try:
        is_equal = bool(transform == restored)
    except Exception as error:
        raise Broken(f"Comparing two {name} raised {type(error).__name__}: {error} {advice}") from error
    require(is_equal, f"{name} is another than the one that was stored and read: == says no. {advice}")


def _check_says_it_works_on_a_row(cls: type[Transform]) -> None:
    is_said = cls.supports_single_row is not Transform.supports_single_row
    is_overridden = cls.apply_row is not Transform.apply_row
    require(
        is_said or not is_overridden,
        f"{cls.__name__} overrides apply_row, which is never called: override supports_single_row too.",
    )


def _applied(transforms: Sequence[Transform], columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    try:
        with watched_imports() as heavy:
            made = run_transforms(transforms, columns)
    except Exception as error:
        raise Broken(
            f"A transform raised {type(error).__name__}: {error}, given the columns {sorted(columns)}. An endpoint "
            "gives it those that inputs names: check inputs, outputs and restrict."
        ) from error
    require(
        not heavy,
        f"A transform imports {', '.join(heavy)} in apply, and an endpoint is to answer without. Use NumPy alone "
        "there: learn in run what needs more, and put it into the fields.",
    )
    return made


@contextlib.contextmanager
def watched_imports() -> Iterator[list[str]]:
    """Note every heavy library that an import statement asks for meanwhile, loaded before or not."""
    real, found = builtins.__import__, []

    def watched(name: str, *given: Any, **named: Any) -> Any:
        top = name.partition(".")[0]
        if top in HEAVY and top not in found:
            found.append(top)
        return real(name, *given, **named)

    builtins.__import__ = watched
    try:
        yield found
    finally:
        builtins.__import__ = real


def _check_row(transforms: list[Transform], raw: Mapping[str, np.ndarray], made: Table, at: int) -> None:
    """Where a transform works on a row of Python values, it gives the very bits that the arrays have."""
    if not all(transform.supports_single_row for transform in transforms):
        return
    row = {name: values[at].item() if values.dtype != object else values[at] for name, values in raw.items()}
    for transform in transforms:
        transform.apply_row(row)
    for name, values in made.columns.items():
        is_same = name in row
        if is_same and values.dtype.kind == "f":
            is_same = np.float64(row[name]).tobytes() == values[at : at + 1].tobytes() or bool(np.isnan(values[at]))
        elif is_same and values.dtype == object:
            is_same = row[name] == values[at]
        require(is_same, f"apply_row and apply give two values of {name}.")


def _check_gaps(transforms: list[Transform], raw: Mapping[str, np.ndarray]) -> None:
    """A column becomes missing only by the columns that `null_propagation` names: an endpoint asks for those."""
    columns: dict[str, np.ndarray] = {name: values[:1] for name, values in raw.items()}
    for transform in transforms:
        after = transform.apply(columns)
        passed = transform.null_propagation()
        for blank in transform.inputs:
            gappy = transform.apply({**columns, blank: missing_like(columns[blank])})
            for name in transform.outputs:
                became_missing = bool(is_missing(gappy[name])[0]) and not bool(is_missing(after[name])[0])
                require(
                    not became_missing or blank in passed.get(name, frozenset()),
                    f"{type(transform).__name__} says that {name} survives a missing {blank}, and it does not.",
                )
        columns = after
