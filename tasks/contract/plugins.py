"""The packages that hold nodes and what they learn: our own, and those that plug-ins name."""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points

ENTRY_POINT_GROUP = "leptonweb.nodes"
PACKAGES_VARIABLE = "LEPTON_NODE_PACKAGES"


@dataclass(frozen=True)
class NodePackage:
    """A package of nodes.

    Attributes:
        name: Name of the entry point, with which the ids of all its nodes and stored types begin; empty for our own.
        module: Dotted name of the package.
    """

    name: str
    module: str

    @property
    def prefix(self) -> str:
        """What its ids begin with."""
        return f"{self.name}." if self.name else ""


def own_package() -> NodePackage:
    """Return the package of the nodes that ship with LeptonWeb."""
    return NodePackage("", "tasks.nodes")


@cache
def plugins() -> tuple[NodePackage, ...]:
    """Return the packages of plug-ins.

    A plug-in names its package under the entry point group ``leptonweb.nodes``. So do packages that are not installed
    but named in the environment (``LEPTON_NODE_PACKAGES=name=package,...``), for tests and for writing a node;
    one that is both counts once.
    """
    found = [NodePackage(point.name, point.value) for point in entry_points(group=ENTRY_POINT_GROUP)]
    for pair in filter(None, os.environ.get(PACKAGES_VARIABLE, "").split(",")):
        name, _, module = pair.partition("=")
        found.append(NodePackage(name, module))
    return tuple(dict.fromkeys(found))


def plugin_of(stored_id: str) -> NodePackage | None:
    """Return the plug-in whose ids begin like this one, or that a module named by a former id belongs to."""
    for plugin in plugins():
        if stored_id.startswith((plugin.prefix, f"{plugin.module}.", f"{plugin.module}:")):
            return plugin
    return None


def module_names(package: NodePackage) -> Iterator[str]:
    """Iterate over the names of all modules of a package, without importing them."""
    found = importlib.import_module(package.module)
    for info in pkgutil.walk_packages(found.__path__, f"{found.__name__}."):
        if not info.ispkg:
            yield info.name


def import_modules(package: NodePackage) -> None:
    """Import all modules of a package."""
    for name in module_names(package):
        importlib.import_module(name)
