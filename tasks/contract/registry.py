"""Finds node classes: the modules under `tasks.nodes` and plug-in packages."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import itertools
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tasks.contract.node import Node
from tasks.contract.plugin_loader import PluginError, PluginLoader
from tasks.contract.plugins import NodePackage, module_names, own_package, plugins
from tasks.contract.predictor import PREDICTORS
from tasks.contract.purpose import Purpose, default_purpose
from tasks.contract.transform import TRANSFORMS

NODE_MODULE = ".node"
PLUGIN_SECONDS = 60.0


@cache
def all_nodes() -> dict[str, type[Node]]:
    """Return every node class by id, sorted, those of plug-ins among them.

    Raises:
        ValueError: Two modules claim the same id, a module holds other than one node, or a plug-in stores what it
            learns under an id that does not begin with its name.
        Exception: What importing a plug-in raised.
    """
    node_modules()  # refuses an id that is there twice
    return dict(sorted(item for package in node_packages() for item in nodes_of(package).items()))


def node_packages() -> tuple[NodePackage, ...]:
    """Return our own package of nodes and those of plug-ins."""
    return (own_package(), *plugins())


@cache
def nodes_of(package: NodePackage) -> dict[str, type[Node]]:
    """Return the node classes of one package by id, sorted.

    Raises:
        ValueError: See `all_nodes`.
    """
    found = {node_id: _node_in(name, node_id) for node_id, name in sorted(_modules_of(package).items())}
    if package.prefix:
        _check_stored_ids(package)
    return found


def node_modules() -> dict[str, str]:
    """Return node id to the name of its module, without importing the modules.

    A node is a folder with a module ``node``; the path of the folder is its id (``clean/impute/node.py`` is
    ``clean.impute``). The folders of a plug-in are read like our own; their ids begin with the name of its entry point.

    Raises:
        ValueError: Two modules claim the same id, a folder with a ``node.py`` is no package, or a plug-in has no node.
    """
    found: dict[str, str] = {}
    for package in node_packages():
        modules = _modules_of(package)
        for node_id in modules.keys() & found.keys():
            raise ValueError(f"Two nodes are called {node_id}.")
        found |= modules
    return found


@cache
def purpose_of(node_id: str) -> Purpose:
    """Return what the folder of a node is for, as its ``__init__.py`` declares or else by its name."""
    package = importlib.import_module(node_class(node_id).__module__.rsplit(".", 2)[0])
    declared = getattr(package, "PURPOSE", None)
    return declared if isinstance(declared, Purpose) else default_purpose(node_id.rpartition(".")[0])


def node_class(node_id: str, *, plugin_seconds: float = PLUGIN_SECONDS) -> type[Node]:
    """Return the node with this id or former id.

    Plug-ins are loaded when an id names them, and all of them for an id that nothing else has.

    Args:
        plugin_seconds: How long to wait until a plug-in is loaded.

    Raises:
        KeyError: There is none.
        PluginError: The plug-in that the id names cannot be loaded.
    """
    own, fault = nodes_of(own_package()), None
    if node_id in own:
        return own[node_id]
    for plugin in plugins():
        if node_id.startswith(plugin.prefix):
            try:
                return _plugin_nodes.load(plugin, plugin_seconds)[node_id]
            except PluginError as error:
                fault = error
            except KeyError:
                pass
    for node in available_nodes(plugin_seconds):
        if node_id in node.replaces:
            return node
    raise fault or KeyError(node_id)


def available_nodes(plugin_seconds: float = PLUGIN_SECONDS) -> Iterator[type[Node]]:
    """Iterate over our own nodes, then those of every plug-in that can be loaded."""
    yield from nodes_of(own_package()).values()
    for plugin in plugins():
        with contextlib.suppress(PluginError):
            yield from _plugin_nodes.load(plugin, plugin_seconds).values()


def plugin_fault(plugin: NodePackage, plugin_seconds: float = PLUGIN_SECONDS) -> str:
    """Return why a plug-in cannot be loaded; empty when it can."""
    try:
        _plugin_nodes.load(plugin, plugin_seconds)
    except PluginError as error:
        return error.reason
    return ""


def _modules_of(package: NodePackage) -> dict[str, str]:
    """Return node id to module of one package; raises ``ValueError`` as `node_modules` does."""
    _check_folders(package)
    found = {
        package.prefix + name.removeprefix(f"{package.module}.").removesuffix(NODE_MODULE): name
        for name in module_names(package)
        if name.endswith(NODE_MODULE)
    }
    if package.prefix and not found:
        raise ValueError(
            f"{package.module} holds no node. A node is a folder with a module “node”: clean/impute/node.py."
        )
    return found


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


_plugin_nodes = PluginLoader(nodes_of)
