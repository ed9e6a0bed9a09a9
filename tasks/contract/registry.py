"""Finds node classes: the modules under `tasks.nodes` and plug-in packages."""

from __future__ import annotations

import importlib
import inspect
import itertools
from functools import cache
from pathlib import Path

from tasks.contract.node import Node
from tasks.contract.plugins import NodePackage, module_names, own_package, plugins
from tasks.contract.predictor import PREDICTORS
from tasks.contract.purpose import Purpose, default_purpose
from tasks.contract.transform import TRANSFORMS

NODE_MODULE = ".node"


@cache
def all_nodes() -> dict[str, type[Node]]:
    """Return every node class by id, sorted.

    Raises:
        ValueError: Two modules claim the same id, a module holds other than one node, or a plug-in stores what it
            learns under an id that does not begin with its name.
    """
    found = {node_id: _node_in(module_name, node_id) for node_id, module_name in sorted(node_modules().items())}
    for plugin in plugins():
        _check_stored_ids(plugin)
    return found


def node_modules() -> dict[str, str]:
    """Return node id to the name of its module, without importing the modules.

    A node is a folder with a module ``node``; the path of the folder is its id (``clean/impute/node.py`` is
    ``clean.impute``). The folders of a plug-in are read like our own; their ids begin with the name of its entry point.

    Raises:
        ValueError: Two modules claim the same id, a folder with a ``node.py`` is no package, or a plug-in has no node.
    """
    found: dict[str, str] = {}
    for package in (own_package(), *plugins()):
        _check_folders(package)
        for name in module_names(package):
            if not name.endswith(NODE_MODULE):
                continue
            node_id = package.prefix + name.removeprefix(f"{package.module}.").removesuffix(NODE_MODULE)
            if node_id in found:
                raise ValueError(f"Two nodes are called {node_id}.")
            found[node_id] = name
        if package.prefix and not any(node_id.startswith(package.prefix) for node_id in found):
            raise ValueError(
                f"{package.module} holds no node. A node is a folder with a module “node”: clean/impute/node.py."
            )
    return found


@cache
def purpose_of(node_id: str) -> Purpose:
    """Return what the folder of a node is for, as its ``__init__.py`` declares or else by its name."""
    package = importlib.import_module(all_nodes()[node_id].__module__.rsplit(".", 2)[0])
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


def _check_folders(package: NodePackage) -> None:
    for top in map(Path, importlib.import_module(package.module).__path__):
        for path in top.rglob("node.py"):
            for folder in itertools.takewhile(lambda folder: folder != top, path.parents):  # noqa: B023
                if not (folder / "__init__.py").exists():
                    raise ValueError(f"{folder} has a node.py but no __init__.py, and would not be found.")


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


def _check_stored_ids(plugin: NodePackage) -> None:
    for registrations in (TRANSFORMS.all(), PREDICTORS.all()):
        for registered in registrations:
            if not registered.type.__module__.startswith(f"{plugin.module}."):
                continue
            if not registered.id.startswith(plugin.prefix):
                raise ValueError(
                    f"{registered.type.__module__}: the id {registered.id} of a plug-in must begin with "
                    f"“{plugin.prefix}”."
                )
