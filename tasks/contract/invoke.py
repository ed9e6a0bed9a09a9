"""Runs one node on values: checks the inputs, and notes on tables which nodes were applied since a split."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tasks.contract.context import RunContext
from tasks.contract.errors import Cancelled
from tasks.contract.model import Learner, Model
from tasks.contract.node import Node
from tasks.contract.registry import node_class
from tasks.contract.table import AppliedNode, Partition, Table
from tasks.contract.values import Metrics, Report, Study, score_text, two_scores
from tasks.graph.messages import Message


class NoOutputs(TypeError):
    """What a node returned is no dataclass of outputs."""


def upgrade_params(node: type[Node], params: Mapping[str, Any], version: int) -> Any:
    """Return validated parameters of today's form from those a graph saved.

    Raises:
        pydantic.ValidationError: They are not valid.
    """
    current = node.migrate(params, version) if version < node.version else params
    return node.Params.model_validate(dict(current))


def upgrade_learner(learner: Learner) -> Learner:
    """Return a stored learner with the parameters and the search space that its node has today.

    Raises:
        KeyError: The node is not installed here.
        pydantic.ValidationError: Its parameters are not valid.
    """
    node = node_class(learner.node)
    if learner.version >= node.version:
        return learner
    params = upgrade_params(node, learner.params, learner.version).model_dump(mode="json")
    return Learner(node.id, params, getattr(node, "space", learner.space), node.version)


def invoke(node: type[Node], inputs: Mapping[str, Any], params: Any, context: RunContext) -> dict[str, Any]:
    """Run a node and return its outputs by port.

    A table that left a split and comes out of a node with one table input notes that node, so that
    cross-validation can fit it again on each fold (`replay`).

    Args:
        inputs: Port to value; optional ports may be absent.
        params: A valid instance of ``node.Params``.

    Raises:
        NodeError: The inputs do not suit.
        NoOutputs: It returned something else than its outputs.
    """
    given = node.Inputs(**{port.name: inputs.get(port.name) for port in node.input_ports()})
    made = node.run(given, params, context)
    if not dataclasses.is_dataclass(made):
        what = "nothing" if made is None else f"a {type(made).__name__}"
        raise NoOutputs(f"Its run returned {what}. Return {node.__name__}.Outputs(...).")
    outputs = {field.name: getattr(made, field.name) for field in dataclasses.fields(made)}
    tables = [value for value in inputs.values() if isinstance(value, Table)]
    if len(tables) == 1 and tables[0].at_split is not None:
        note = AppliedNode(node.id, params.model_dump(mode="json"), node.version)
        for name, value in outputs.items():
            if isinstance(value, Table) and value.at_split is tables[0].at_split:
                outputs[name] = replace(value, post_split_nodes=(*tables[0].post_split_nodes, note))
    return outputs


def replay(table: Table, partition: np.ndarray, context: RunContext) -> Table:
    """Return the table with every node since the split fitted again for another division of its rows.

    Args:
        table: A table that left a split.
        partition: Shape (rows of ``table.at_split``,), uint8 of `Partition`. Nodes are fitted on rows marked as
            training only.

    Raises:
        Cancelled: ``context`` said so between two nodes; what else its ``cancelled`` raises comes through.
    """
    if table.at_split is None:
        raise ValueError("The table never left a split.")
    current = table.at_split.split(np.asarray(partition))
    for applied in table.post_split_nodes:
        if context.cancelled():  # a node need not look itself
            raise Cancelled
        node = node_class(applied.node)
        params = upgrade_params(node, applied.params, applied.version)
        outputs = invoke(node, {node.input_ports()[0].name: current}, params, context)
        current = next(value for value in outputs.values() if isinstance(value, Table))
    return current


def headline(node: type[Node], inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> str:
    """Return the result line of a finished node."""
    given = node.Inputs(**{port.name: inputs.get(port.name) for port in node.input_ports()})
    own = node.headline(given, node.Outputs(**outputs))
    if own:
        return own
    before = next((v for v in inputs.values() if isinstance(v, Table)), None)
    for value in outputs.values():
        line = _line(value, before)
        if line:
            return line
    return ""


def _line(value: Any, before: Table | None) -> str:
    if isinstance(value, Model):
        return two_scores([score_text(name, score) for name, score in value.metrics.items()])
    if isinstance(value, Metrics) and value.headline:
        return score_text(value.headline, value.values[value.headline])
    if isinstance(value, Study):
        return Message("study.trials", "{count:,} trials", one="1 trial", count=len(value.trials))
    if isinstance(value, Report):
        return Message("report.figures", "{count:,} figures", one="1 figure", count=len(value.figures))
    if isinstance(value, Table):
        dropped = before.rows - value.rows if before is not None else 0
        if dropped > 0:
            return Message(
                "table.rows_dropped",
                "{count:,} rows, {dropped:,} dropped",
                one="1 row, {dropped:,} dropped",
                count=value.rows,
                dropped=dropped,
            )
        return Message(
            "table.shape",
            "{count:,} rows × {columns:,} columns",
            one="1 row × {columns:,} columns",
            count=value.rows,
            columns=len(value.schema),
        )
    return ""


def held_out_parts(table: Table) -> tuple[Partition, ...]:
    """Return the parts to score a model on: test if there is one, else validation, else training."""
    for part in (Partition.TEST, Partition.VALID):
        if table.mask(part).any():
            return (part,)
    return (Partition.TRAIN,)
