"""Saved graphs: what former versions of a node called its parameters, and what becomes of their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from tasks.contract.node import Node
from tests.nodes.contract.broken import Broken, require
from tests.nodes.contract.variants import variants
from tests.tables import mixed


def check_renamed(node: type[Node]) -> None:
    """What ``renamed`` tells is of a version that there was, and ends at a parameter of today."""
    today = set(node.Params.model_fields)
    for since, names in node.renamed.items():
        require(
            isinstance(since, int) and since >= 2,
            f"renamed names version {since!r}. It holds the version, from 2, since which a parameter has its new name.",
        )
        require(
            since <= node.version,
            f"renamed tells of version {since}, and its version is {node.version}. Set version = {since}: only graphs "
            "saved by a lower version get the new names.",
        )
        later = {former for other, others in node.renamed.items() if other > since for former in others}
        for former, name in names.items():
            require(
                name in today | later,
                f"renamed makes {name} of {former} since version {since}, and it has no parameter {name}. Its "
                f"parameters are {sorted(today)}.",
            )
            require(
                list(names.values()).count(name) == 1,
                f"renamed makes {name} of several parameters since version {since}: all but one would be lost.",
            )


def check_parameters_of_older_versions(node: type[Node]) -> None:
    """Parameters that any older version saved, at each choice and bound, are valid today."""
    require(node.version >= 1, "Its version is below 1.")
    for version in range(1, node.version):
        for saved in (*_saved(node, version), {}):
            try:
                migrated = node.migrate(saved, version)
            except Exception as error:
                raise Broken(
                    f"migrate raised {type(error).__name__}: {error}, given {saved} of version {version}. A graph may "
                    "have saved any parameter, or leave it at its default."
                ) from error
            unknown = set(migrated) - set(node.Params.model_fields)
            require(not unknown, f"migrate of version {version} gives unknown parameters {sorted(unknown)}.")
            try:
                node.Params.model_validate(migrated)
            except ValidationError as error:
                first = error.errors()[0]
                name = ".".join(map(str, first["loc"]))
                raise Broken(
                    f"migrate of version {version} makes {dict(migrated)} of {saved}, and {name} is not valid: "
                    f"{first['msg']}. A saved graph would not open. If that version saved other values, say which: "
                    f"former_params = {{{version}: <its class of parameters>}}."
                ) from error


def _saved(node: type[Node], version: int) -> Iterator[Mapping[str, Any]]:
    """Yield parameters as the version saved them, by its own class where the node keeps it.

    Otherwise they are today's under the names that they had then.
    """
    former = node.former_params.get(version)
    if former is not None:
        kept = type(node.__name__, (node,), {"Params": former, "__doc__": node.__doc__})
        for variant in variants(kept, mixed(0).schema):
            yield variant.params.model_dump(mode="json")
        return
    later = sorted((since for since in node.renamed if since > version), reverse=True)
    for variant in variants(node, mixed(0).schema):
        saved = variant.params.model_dump(mode="json")
        for since in later:
            before = {name: former_name for former_name, name in node.renamed[since].items()}
            saved = {before.get(name, name): value for name, value in saved.items()}
        yield saved
