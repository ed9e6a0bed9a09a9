"""What a parameter changes: one that changes nothing misleads whoever sets it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tasks.contract.errors import NodeError
from tasks.contract.invoke import invoke
from tasks.contract.node import Node
from tasks.contract.table import Table
from tests.contexts import ListContext
from tests.nodes.contract.broken import require, require_sentence
from tests.nodes.contract.equality import fingerprint
from tests.nodes.contract.kinds import TABLES, is_source, reads_dataset, split, tables_in
from tests.nodes.contract.variants import DATASET, variants


def check_every_parameter_counts(node: type[Node]) -> None:
    """Each parameter changes an output, a refusal or the log: on some table, at some value, the others at rest.

    Tables are tried one after the other, and only parameters that changed nothing so far.
    """
    for name, why in node.without_effect.items():
        require(name in node.Params.model_fields, f"without_effect names {name}, which is no parameter.")
        require_sentence(why, f"What without_effect says of {name}")
    waiting = set(node.Params.model_fields) - set(node.without_effect)
    for table in _tables(node):
        known: dict[str, Any] = {}
        for variant in variants(node, table.schema):
            if variant.name not in waiting:
                continue
            start = variant.beside.model_dump_json()
            if start not in known:
                known[start] = _outcome(node, table, variant.beside)
            if _outcome(node, table, variant.params) != known[start]:
                waiting.discard(variant.name)
        waiting -= _datasets(node)
        if not waiting:
            return
    require(
        not waiting,
        f"Its parameters {sorted(waiting)} change no output on any table, at any value. Use them in run, or take "
        "them out; one that counts with another parameter only says so with show_when. For one that only saves time: "
        'without_effect = {"<parameter>": "<why>."}.',
    )


def _tables(node: type[Node]) -> Iterator[Table]:
    for make in TABLES.values():
        table = make()
        yield table if is_source(node) else split(table)
        if is_source(node) and not reads_dataset(node):
            return  # it makes its own, whatever the table


def _outcome(node: type[Node], table: Table, params: Any) -> object:
    context = ListContext(tables={DATASET: table})
    try:
        made = invoke(node, {port.name: table for port in node.input_ports()}, params, context)
    except NodeError as error:
        return str(error.message)
    return [[_without_its_own_parameters(one) for one in tables_in(made)], context.logs]


def _without_its_own_parameters(table: Table) -> object:
    """Return what makes the table; the note of which node ran, with its parameters, apart."""
    return [part for part in fingerprint(table) if part is not table.post_split_nodes]


def _datasets(node: type[Node]) -> set[str]:
    """Return the parameters that pick a data set: the contract has one only."""
    return {
        name
        for name, field in node.Params.model_json_schema()["properties"].items()
        if field.get("x-lepton", {}).get("widget") == "dataset"
    }
