"""Finds node classes: the modules under `tasks.nodes` and plug-in packages."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from functools import cache

from tasks.contract.node import Node
from tasks.contract.plugins import NodePackage, module_names, own_package, plugins
from tasks.contract.predictor import PREDICTORS
from tasks.contract.transform import TRANSFORMS


@cache
def all_nodes() -> dict[str, type[Node]]:
    """Return every node class by id, sorted; the ids of a plug-in's nodes begin with the name of its entry point.

    Raises:
        ValueError: Two modules claim the same id, a module holds other than one node, or a plug-in stores what it
            learns under an id that does not begin with its name.
    """
    found: dict[str, type[Node]] = {}
    for package in (own_package(), *plugins()):
        for node in _nodes_in(package):
            if node.id in found:
                raise ValueError(f"Two nodes are called {node.id}.")
            found[node.id] = node
        _check_stored_ids(package)
    return dict(sorted(found.items()))


def node_class(node_id: str) -> type[Node]:
    """Return the node with this id or former id.

    Raises:
        KeyError: There is none.
    """
    nodes = all_nodes()
    if node_id in nodes:
        return nodes[node_id]
    for node in nodes.values():
        if node_id in node.replaces:
            return node
    raise KeyError(node_id)


def _nodes_in(package: NodePackage) -> Iterator[type[Node]]:
    for name in module_names(package):
        if name.rsplit(".", 1)[-1].startswith("_"):
            continue
        module = importlib.import_module(name)
        own = [
            cls
            for _, cls in inspect.getmembers(module, inspect.isclass)
            if issubclass(cls, Node) and cls.__module__ == module.__name__
        ]
        if len(own) != 1:
            raise ValueError(f"{module.__name__} must hold exactly one node, not {len(own)}.")
        own[0].id = package.prefix + module.__name__.removeprefix(f"{package.module}.")
        yield own[0]


def _check_stored_ids(package: NodePackage) -> None:
    for registry in (TRANSFORMS, PREDICTORS):
        for registration in registry.all():
            if not registration.type.__module__.startswith(f"{package.module}."):
                continue
            if not registration.id.startswith(package.prefix):
                raise ValueError(
                    f"{registration.type.__module__}: the id {registration.id} of a plug-in must begin with "
                    f"“{package.prefix}”."
                )
