"""The registered nodes by kind, the tables they are tried on, and the one way they are run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tasks.contract.errors import NodeError
from tasks.contract.invoke import NoOutputs, invoke
from tasks.contract.model import Model
from tasks.contract.node import Node
from tasks.contract.params_schema import params_schema
from tasks.contract.registry import all_nodes
from tasks.contract.table import Partition, Table
from tasks.contract.values import ValueKind
from tasks.graph.messages import Message
from tests.contexts import ListContext
from tests.nodes.contract.broken import Broken, require, require_sentence
from tests.nodes.contract.equality import fingerprint
from tests.nodes.contract.variants import DATASET, Variant
from tests.tables import GOOD, POOR, read_only

WHY_UNREPEATABLE = (
    "something random is not seeded, is remembered, follows the order of a set, or comes from the clock. Draw from "
    "numpy.random.default_rng(context.seed), sort what was a set, and make a moment a parameter."
)
"""What may be behind another result for the same input and seed, and what to do."""


def takes_table(node: type[Node]) -> bool:
    """Return whether the node's only input is a table."""
    return [port.kind for port in node.input_ports()] == [ValueKind.TABLE]


def takes_model(node: type[Node]) -> bool:
    """Return whether the node's only input is a model."""
    return [port.kind for port in node.input_ports()] == [ValueKind.MODEL]


def is_source(node: type[Node]) -> bool:
    """Return whether a graph can begin with the node."""
    return not node.input_ports()


def is_changer(node: type[Node]) -> bool:
    """Return whether the node takes one table, or nothing, and gives tables only."""
    return (takes_table(node) or is_source(node)) and all(port.kind is ValueKind.TABLE for port in node.output_ports())


def is_learner(node: type[Node]) -> bool:
    """Return whether the node makes a model of a table."""
    return takes_table(node) and any(port.kind is ValueKind.MODEL for port in node.output_ports())


NODES = list(all_nodes().values())
CHANGERS = [node for node in NODES if is_changer(node)]
LEARNERS = [node for node in NODES if is_learner(node)]
MODEL_TAKERS = [node for node in NODES if takes_model(node)]

FEW_POOR = ("no rows", "one row", "only missing values", "names that collide", "infinite values", "a constant target")
"""The poor tables that every test run uses; the others belong to the full tier."""

TABLES: Mapping[str, Callable[[], Table]] = GOOD | POOR


def of(node: type[Node]) -> str:
    """Return the id under which pytest shows a node."""
    return node.id


def split(table: Table) -> Table:
    """Return the table as it leaves a split: a quarter of the rows is kept for the test, an eighth for validation."""
    at = np.arange(table.rows)
    parts = np.where(at % 4 == 3, Partition.TEST, np.where(at % 8 == 5, Partition.VALID, Partition.TRAIN))
    return table.split(parts)


def tables_for(node: type[Node], names: Sequence[str]) -> list[tuple[str, Table]]:
    """Return the named tables whole and split, or one table for a source that makes its own."""
    if is_source(node) and not reads_dataset(node):
        return [("nothing", TABLES[names[0]]())]
    whole = [(name, TABLES[name]()) for name in names]
    return [*whole, *((f"{name}, split", split(table)) for name, table in whole if not is_source(node))]


def reads_dataset(node: type[Node]) -> bool:
    """Return whether a parameter of the node is a data set."""
    fields = params_schema(node)["properties"].values()
    return any(field.get("x-lepton", {}).get("widget") == "dataset" for field in fields)


def run(node: type[Node], table: Table, variant: Variant) -> dict[str, Any] | NodeError:
    """Return the outputs, or the error if the node refused the table.

    Raises:
        Broken: The node raised anything else, or refused without a sentence.
    """
    inputs = {port.name: table for port in node.input_ports()}
    try:
        return invoke(node, inputs, variant.params, ListContext(tables={DATASET: table}))
    except NodeError as error:
        require_sentence(error.message, "The message of its NodeError")
        require(
            isinstance(error.message, Message),
            f"Its NodeError is plain text, which no language can translate: {error.message!r}. Raise "
            'NodeError(Message("<area>.<what is the matter>", "The sentence with {fields}.", fields=...)).',
        )
        known = node.Params.model_fields
        require(not error.param or error.param in known, f"Its NodeError points at an unknown parameter {error.param}.")
        require(not error.fix or _is_node(error.fix), f"Its NodeError offers an unknown node {error.fix}.")
        return error
    except NoOutputs as error:
        raise Broken(str(error)) from error
    except Exception as error:
        if "read-only" in str(error):
            raise Broken(
                "It writes into the arrays of its input. Copy before changing: values = values.copy()."
            ) from error
        raise Broken(
            f"It raised {type(error).__name__}: {error}. A node gives a result or raises NodeError with a sentence."
        ) from error


def require_repeatable(node: type[Node], table: Table, variant: Variant, before: Mapping[str, Any] | NodeError) -> None:
    """Raise `Broken` if the node gives another result than ``before`` for the same input and seed."""
    again = run(node, table, variant)
    is_same = isinstance(before, NodeError) == isinstance(again, NodeError) and [
        fingerprint(one) for one in tables_in(before)
    ] == [fingerprint(one) for one in tables_in(again)]
    require(
        is_same,
        f"With {variant} the same input and seed gave another result: {WHY_UNREPEATABLE}",
    )


def _is_node(node_id: str) -> bool:
    return any(node_id in (known, *node.replaces) for known, node in all_nodes().items())


def tables_in(outputs: Mapping[str, Any] | NodeError) -> list[Table]:
    """Return the tables among the outputs; none if the node refused."""
    return [] if isinstance(outputs, NodeError) else [v for v in outputs.values() if isinstance(v, Table)]


def models_in(outputs: Mapping[str, Any] | NodeError) -> list[Model]:
    """Return the models among the outputs; none if the node refused."""
    return [] if isinstance(outputs, NodeError) else [v for v in outputs.values() if isinstance(v, Model)]


def with_columns(table: Table, columns: Mapping[str, np.ndarray]) -> Table:
    """Return the table with other values in some columns, under the same description."""
    return read_only(Table(**{**vars(table), "columns": {**table.columns, **columns}}))
