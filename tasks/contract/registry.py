"""Finds node classes: the modules under `tasks.nodes` and plug-in packages."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType

from tasks.contract.node import Node
from tasks.contract.purpose import Purpose, default_purpose
from tasks.contract.step import TRUSTED_PACKAGES

ENTRY_POINT_GROUP = "leptonweb.nodes"
PACKAGES_VARIABLE = "LEPTON_NODE_PACKAGES"


@cache
def all_nodes() -> dict[str, type[Node]]:
    """Return every node class by id, sorted.

    Raises:
        ValueError: Two modules claim the same id, or a module holds other than one node.
    """
    return {node_id: _node_in(module_name, node_id) for node_id, module_name in sorted(node_modules().items())}


def node_modules() -> dict[str, str]:
    """Return node id to the name of its module, without importing the modules.

    Plug-ins name a package under the entry point group ``leptonweb.nodes``; its modules are read like
    our own and their ids begin with the entry point's name. So do packages that are not installed but named in
    the environment (``LEPTON_NODE_PACKAGES=name=package,...``), for tests and for writing a node.

    Raises:
        ValueError: Two modules claim the same id.
    """
    found: dict[str, str] = {}
    for package, prefix in _packages():
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if info.ispkg or info.name.rsplit(".", 1)[-1].startswith("_"):
                continue
            node_id = prefix + info.name.removeprefix(f"{package.__name__}.")
            if node_id in found:
                raise ValueError(f"Two nodes are called {node_id}.")
            found[node_id] = info.name
    return found


@cache
def purpose_of(node_id: str) -> Purpose:
    """Return what the folder of a node is for, as its ``__init__.py`` declares or else by its name."""
    package = importlib.import_module(all_nodes()[node_id].__module__.rpartition(".")[0])
    declared = getattr(package, "PURPOSE", None)
    return declared if isinstance(declared, Purpose) else default_purpose(node_id.rpartition(".")[0])


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


def _packages() -> list[tuple[ModuleType, str]]:
    """Return the packages that hold nodes, each with what its ids begin with."""
    packages = [(importlib.import_module("tasks.nodes"), "")]
    for point in entry_points(group=ENTRY_POINT_GROUP):
        TRUSTED_PACKAGES.add(point.value.split(".", 1)[0])
        packages.append((point.load(), f"{point.name}."))
    for pair in filter(None, os.environ.get(PACKAGES_VARIABLE, "").split(",")):
        name, _, path = pair.partition("=")
        TRUSTED_PACKAGES.add(path.split(".", 1)[0])
        packages.append((importlib.import_module(path), f"{name}."))
    return packages


def _node_in(module_name: str, node_id: str) -> type[Node]:
    module = importlib.import_module(module_name)
    own = [
        cls
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if issubclass(cls, Node) and cls.__module__ == module.__name__
    ]
    if len(own) != 1:
        raise ValueError(f"{module.__name__} must hold exactly one node, not {len(own)}.")
    own[0].id = node_id
    return own[0]
