"""What a parameter changes: one that changes nothing misleads whoever sets it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

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
    """Each parameter changes an output, a refusal or the log: on some table, at some value.

    The others are at rest, or else pickers of columns hold columns and yes/no is yes. Tables are tried one after the
    other, and only for parameters that changed nothing so far.
    """
    for name, why in node.without_effect.items():
        require(name in node.Params.model_fields, f"without_effect names {name}, which is no parameter.")
        require_sentence(why, f"What without_effect says of {name}")
    waiting = set(node.Params.model_fields) - set(node.without_effect) - _datasets(node)
    for is_busy in (False, True):
        for table in _tables(node):
            known: dict[str, object] = {}
            others = busy(node, table) if is_busy else {}
            for variant in variants(node, table.schema):
                if variant.name not in waiting:
                    continue
                try:
                    one, two = _with(variant.beside, others, variant.name), _with(variant.params, others, variant.name)
                except ValidationError:
                    continue
                start = one.model_dump_json()
                if start not in known:
                    known[start] = _outcome(node, table, one)
                if _outcome(node, table, two) != known[start]:
                    waiting.discard(variant.name)
            if not waiting:
                return
    require(
        not waiting,
        f"Its parameters {sorted(waiting)} change no output on any table, at any value. Use them in run, or take "
        "them out; one that counts with another parameter only says so with show_when. For one that only saves time: "
        'without_effect = {"<parameter>": "<why>."}.',
    )


def busy(node: type[Node], table: Table) -> dict[str, Any]:
    """Return parameters that pick columns, each another where it can, and yes/no parameters that say yes."""
    found: dict[str, Any] = {}
    for variant in variants(node, table.schema):
        value = getattr(variant.params, variant.name) if variant.name else None
        is_picker = isinstance(value, str) and value in table.schema and value != table.schema.target
        is_better = variant.name not in found or found[variant.name] in {
            other for name, other in found.items() if name != variant.name and isinstance(other, str)
        }
        if value is True or (is_picker and is_better):
            found[variant.name] = value
    return found


def _with(params: Any, others: Mapping[str, Any], name: str) -> Any:
    """Return the parameters with other values of all but one."""
    if not others:
        return params
    changed = {other: value for other, value in others.items() if other != name}
    return type(params).model_validate({**params.model_dump(), **changed})


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
