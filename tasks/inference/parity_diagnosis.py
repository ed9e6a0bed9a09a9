"""Where an endpoint's program and training part ways: one row goes through every transform in both ways."""

from __future__ import annotations

from typing import Any

import numpy as np

from tasks.contract.model import Model
from tasks.contract.registry import available_nodes
from tasks.contract.transform import Columns, Transform
from tasks.graph.messages import Message, Names, Term
from tasks.inference.program import Program

RELATIVE_TOLERANCE = 1e-9
"""Steps are plain arithmetic in both ways, so nothing but the last digits may differ."""


def first_difference(model: Model, program: Program, row: dict[str, Any], index: int) -> Message:
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
            return Message(
                "parity.read_otherwise",
                "“{column}” is read otherwise: {trained} in training and {served} in the endpoint.",
                column=name,
                trained=_shown(many[name][index]),
                served=_shown(alone[name][0]),
            )
    for number, (trained, served) in enumerate(zip(model.transforms, program.transforms, strict=True), start=1):
        many, alone = trained.apply(many), served.apply(alone)
        for name in trained.outputs:
            if name in many and not _alike(many[name][index], alone[name][0]):
                return Message(
                    "parity.transform_differs",
                    "The first transform that differs is transform {number} of {count}, {transform}: “{column}” is "
                    "{trained} in training and {served} in the endpoint. A transform must do to a row alone what it "
                    "does to it among others, and keep no state outside its fields, which is all that is stored; leave "
                    "that node out.",
                    number=number,
                    count=len(model.transforms),
                    transform=_named(trained),
                    column=name,
                    trained=_shown(many[name][index]),
                    served=_shown(alone[name][0]),
                )
    return _behind_the_steps(model, alone, int(model.held_out.row_ids[index]))


def _behind_the_steps(model: Model, alone: Columns, row_id: int) -> Message:
    """Return what differs where all transforms agree: the table the model was fitted on, or the model itself."""
    at = np.flatnonzero(model.training.row_ids == row_id)
    is_same_row = len(at) > 0 and not model.training.differs_from_recipe[at[0]]
    for name in model.features if is_same_row else ():
        trained = model.training.columns[name][at[0]]
        if not _alike(trained, alone[name][0]):
            last = next((transform for transform in reversed(model.transforms) if name in transform.outputs), None)
            return Message(
                "parity.table_differs",
                "All {count} transforms agree with each other, but “{column}”, {origin}, is {trained} in training and "
                "{served} in the endpoint: a node between the data and the model changes values without leaving a "
                "transform, or its transform keeps state outside its fields, which is lost. Put it before the training "
                "rows are chosen, or leave it out.",
                count=len(model.transforms),
                column=name,
                origin=(
                    Message("parity.made_by", "made by {transform}", transform=_named(last))
                    if last
                    else Term("parity.made_by_none", "which no transform makes")
                ),
                trained=_shown(trained),
                served=_shown(alone[name][0]),
            )
    return Message(
        "parity.model_differs",
        "All {count} transforms give what they gave in training; the model itself answers otherwise in the form the "
        "endpoint runs. Choose another learner.",
        count=len(model.transforms),
    )


def _named(transform: Transform) -> Message:
    """Return what a transform is called, by the node that draws it where one does, and what it makes."""
    cls = type(transform)
    folder = cls.__module__.rpartition(".")[0]
    drawn = next((node for node in available_nodes() if node.__module__.rpartition(".")[0] == folder), None)
    outputs = Names(transform.outputs, 3)
    if drawn is None:
        return Message(
            "parity.unknown_transform",
            "“{name}” of {module}, which makes {columns}",
            name=cls.__name__,
            module=cls.__module__,
            columns=outputs,
        )
    return Message(
        "parity.transform",
        "“{node}” ({id}), which makes {columns}",
        node=Term(f"node:{drawn.id}", drawn.title),
        id=drawn.id,
        columns=outputs,
    )


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, float | np.floating) and isinstance(other, float | np.floating):
        return bool(np.isclose(other, one, rtol=RELATIVE_TOLERANCE, atol=RELATIVE_TOLERANCE, equal_nan=True))
    if isinstance(one, np.datetime64) and np.isnat(one):
        return bool(np.isnat(other))
    return bool(np.all(one == other))


def _shown(value: Any) -> str:
    if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return Term("parity.missing", "missing")
    return f"{value:.10g}" if isinstance(value, float | np.floating) else f"“{str(value)[:80]}”"
