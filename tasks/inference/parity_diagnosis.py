"""Where an endpoint's program and training part ways: one row goes through every transform in both ways."""

from __future__ import annotations

from typing import Any

import numpy as np

from tasks.contract.model import Model
from tasks.contract.registry import all_nodes
from tasks.contract.transform import Columns, Transform
from tasks.inference.program import Program

RELATIVE_TOLERANCE = 1e-9
"""Steps are plain arithmetic in both ways, so nothing but the last digits may differ."""


def first_difference(model: Model, program: Program, row: dict[str, Any], index: int) -> str:
    """Return a sentence that names the first thing on the way of a row whose outcome differs from training.

    In training a transform saw all rows, in the endpoint it sees one that came as JSON. Both ways are gone side by side
    until their columns part.

    Args:
        model: As it was trained.
        program: What the endpoint would run.
        row: The raw row as a caller sends it.
        index: Its position among the held-out rows.
    """
    many: Columns = dict(model.held_out.columns)
    alone: Columns = program.read([row])
    for name in model.raw_schema.names:
        if not _alike(many[name][index], alone[name][0]):
            return f"“{name}” is read otherwise: {_values(many[name][index], alone[name][0])}."
    for number, (trained, served) in enumerate(zip(model.transforms, program.transforms, strict=True), start=1):
        many, alone = trained.apply(many), served.apply(alone)
        for name in trained.outputs:
            if name in many and not _alike(many[name][index], alone[name][0]):
                place = f"transform {number} of {len(model.transforms)}, {_named(trained)}"
                values = _values(many[name][index], alone[name][0])
                return (
                    f"The first transform that differs is {place}: “{name}” is {values}. "
                    "A transform must do to a row alone what it does to it among others; leave that node out."
                )
    return _behind_the_steps(model, alone, int(model.held_out.row_ids[index]))


def _behind_the_steps(model: Model, alone: Columns, row_id: int) -> str:
    """Return what differs where all transforms agree: the table the model was fitted on, or the model itself."""
    at = np.flatnonzero(model.training.row_ids == row_id)
    is_same_row = len(at) > 0 and not model.training.differs_from_recipe[at[0]]
    for name in model.features if is_same_row else ():
        trained = model.training.columns[name][at[0]]
        if not _alike(trained, alone[name][0]):
            last = next((transform for transform in reversed(model.transforms) if name in transform.outputs), None)
            made = f"made by {_named(last)}" if last else "which no transform makes"
            return (
                f"All {len(model.transforms)} transforms agree with each other, but “{name}”, {made}, is "
                f"{_values(trained, alone[name][0])}: a node between the data and the model changes values without "
                "leaving a transform. Put it before the training rows are chosen, or leave it out."
            )
    return (
        f"All {len(model.transforms)} transforms give what they gave in training; the model itself answers otherwise "
        "in the form the endpoint runs. Choose another learner."
    )


def _named(transform: Transform) -> str:
    """Return what a transform is called, by the node that draws it where one does, and what it makes."""
    cls = type(transform)
    outputs = [f"“{name}”" for name in transform.outputs[:3]]
    more = f" and {len(transform.outputs) - 3} more" if len(transform.outputs) > 3 else ""
    folder = cls.__module__.rpartition(".")[0]
    drawn = next((node for node in all_nodes().values() if node.__module__.rpartition(".")[0] == folder), None)
    called = f"“{drawn.title}” ({drawn.id})" if drawn else f"“{cls.__name__}” of {cls.__module__}"
    return f"{called}, which makes {', '.join(outputs)}{more}"


def _values(trained: Any, served: Any) -> str:
    return f"{_shown(trained)} in training and {_shown(served)} in the endpoint"


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, float | np.floating) and isinstance(other, float | np.floating):
        return bool(np.isclose(other, one, rtol=RELATIVE_TOLERANCE, atol=RELATIVE_TOLERANCE, equal_nan=True))
    if isinstance(one, np.datetime64) and np.isnat(one):
        return bool(np.isnat(other))
    return bool(np.all(one == other))


def _shown(value: Any) -> str:
    if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return "missing"
    return f"{value:.10g}" if isinstance(value, float | np.floating) else f"“{str(value)[:80]}”"
