"""What holds for every node that makes a model: of each table, at each variant of its parameters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tasks.contract.errors import NodeError
from tasks.contract.invoke import headline
from tasks.contract.model import Model
from tasks.contract.node import Node
from tasks.contract.table import Partition, Table
from tasks.inference.packaging import package
from tasks.inference.program import Program
from tests.contexts import ListContext
from tests.nodes.contract.broken import Broken, located, require
from tests.nodes.contract.equality import fingerprint, same
from tests.nodes.contract.kinds import models_in, run, with_columns
from tests.nodes.contract.variants import Variant
from tests.tables import ready

LONGEST_SECONDS = 10.0
"""Variants that the node itself expects to take longer on a small table are not tried."""


def check_learning(node: type[Node], table: Table, variant: Variant) -> None:
    """One table at one variant: purity, result line, and a model that predicts a row of what went in."""
    with located(f"With {variant}"):
        before = fingerprint(table)
        outputs = run(node, table, variant)
        require(fingerprint(table) == before, "It changed its input. Copy before changing.")
        if isinstance(outputs, NodeError):
            return
        require(headline(node, {node.input_ports()[0].name: table}, outputs), "It has no result line.")
        for model in models_in(outputs):
            check_model(model, table)


def check_model(model: Model, table: Table) -> None:
    """The model does not ask for the target, its scores are numbers, and its package answers a raw row."""
    asked = (*model.features, *model.raw_schema.names)
    require(model.target not in asked, f"The model asks for the target {model.target}, which no endpoint has.")
    for name, score in model.metrics.items():
        require(math.isfinite(score), f"Its score {name} is {score}.")
    try:
        packed = package(model, "contract", ListContext())
        program = Program.load(packed.program, packed.files)
        rows = (raw_row(table, model, at) for at in range(len(table.sample.row_ids)))
        usable = next(row for row in rows if not any(isinstance(v, float) and math.isinf(v) for v in row.values()))
        answer = program.predict_rows([usable])
    except NodeError as error:
        raise Broken(f"The model cannot be deployed: {error}") from error
    require(len(answer.predictions) == 1, "The deployed model does not give one answer for one row.")


def check_same_seed(node: type[Node], table: Table, variant: Variant) -> None:
    """The same input and seed give the same model."""
    one, two = (models_in(run(node, table, variant)) for _ in range(2))
    for left, right in zip(one, two, strict=True):
        is_same = left.metrics == right.metrics and same(left.expected, right.expected)
        require(is_same, f"With {variant} the same input and seed gave another model.")


def check_fitted_on_training_rows(node: type[Node], table: Table, variant: Variant) -> None:
    """Whatever the test rows hold, the model answers the training rows the same."""
    wild = table.mask(Partition.TEST)
    changed = {}
    for name, values in table.columns.items():
        changed[name] = values.copy()
        changed[name][wild] = values[wild] * -50 if values.dtype.kind == "f" else max(values.tolist())
    one, two = (models_in(run(node, given, variant)) for given in (table, with_columns(table, changed)))
    for left, right in zip(one, two, strict=True):
        require(left.features == right.features, f"With {variant} the columns it uses depend on the test rows.")
        rows = table.matrix(left.features, table.training_mask)
        is_same = same(left.estimator.predict(rows), right.estimator.predict(rows))
        require(
            is_same, f"With {variant} it learned from rows kept aside for the test. Fit on prepared.part(TRAIN) only."
        )


def check_search_space(node: type[Node]) -> None:
    """What may be searched is a parameter, and valid at both ends."""
    models = models_in(run(node, split_numbers("price"), _default(node))) or models_in(
        run(node, split_numbers("bought"), _default(node))
    )
    require(models, "It makes a model neither of a number nor of two classes, on tables that are ready to learn from.")
    for dimension in models[0].learner.space:
        known = node.Params.model_fields
        require(dimension.name in known, f"It lets {dimension.name} be searched, which is no parameter.")
        for value in dimension.choices or (dimension.low, dimension.high):
            given: Any = int(value) if dimension.kind == "integer" else value
            try:
                node.Params(**{dimension.name: given})
            except ValueError as error:
                raise Broken(f"It lets {dimension.name} be searched at {given}, which is not valid: {error}") from error


def split_numbers(target: str, rows: int = 60) -> Table:
    """Return a split table of numbers without gaps, ready to learn from."""
    at = np.arange(rows)
    return ready(rows, target=target).split(np.where(at % 4 == 3, Partition.TEST, Partition.TRAIN))


def _default(node: type[Node]) -> Variant:
    return Variant(node.Params())


def raw_row(table: Table, model: Model, at: int = 0) -> dict[str, object]:
    """Return a row of the table's source as a client would send it."""
    return {name: as_json(table.sample.columns[name][at]) for name in model.raw_schema.names}


def as_json(value: object) -> object:
    """Return a value of an array as JSON has it."""
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value)
    if isinstance(value, float) and math.isnan(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
