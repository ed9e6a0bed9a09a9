"""A node as data: what the catalogue, the browser and the compiler know of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict


class PortDescription(BaseModel):
    """One port of a node. ``is_optional``: an input that may stay open."""

    model_config = ConfigDict(frozen=True)

    name: str
    wire: str
    is_optional: bool = False


class PurposeDescription(BaseModel):
    """The heading under which nodes are listed. Smaller ``order`` stands first; ``icon`` is for nodes without one."""

    model_config = ConfigDict(frozen=True)

    title: str
    icon: str = "box"
    order: int = 1000


class NodeDescription(BaseModel):
    """One kind of node.

    ``group``: the id without its last part; ``purpose``: what that group is for;
    ``serve``: stateless, fitted, training_only, batch or none;
    ``params``: JSON Schema of the parameters without references;
    ``defaults``: every parameter with its default; ``replaces``: former ids; ``fixes``: parameters by `FixPurpose`;
    ``renamed``: version to former name to name of its parameters, ``None`` where only the engine can bring older
    parameters along; ``former_defaults``: version to what its new parameters were before.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    summary: str
    detail: str
    icon: str
    group: str
    purpose: PurposeDescription
    keywords: tuple[str, ...]
    version: int
    serve: str
    uses_gpu: bool
    is_cheap: bool
    replaces: tuple[str, ...]
    renamed: Mapping[int, Mapping[str, str]] | None = {}
    former_defaults: Mapping[int, Mapping[str, Any]] = {}
    inputs: tuple[PortDescription, ...]
    outputs: tuple[PortDescription, ...]
    params: Mapping[str, Any]
    defaults: Mapping[str, Any]
    fixes: Mapping[str, Mapping[str, Any]] = {}

    def input(self, name: str) -> PortDescription | None:
        """Return the input called ``name``, or ``None``."""
        return next((port for port in self.inputs if port.name == name), None)

    def output(self, name: str) -> PortDescription | None:
        """Return the output called ``name``, or ``None``."""
        return next((port for port in self.outputs if port.name == name), None)


class Catalogue(BaseModel):
    """All kinds of node. ``hash`` changes when any of them does; ``words``: language to their words in it."""

    model_config = ConfigDict(frozen=True, ignored_types=(cached_property,))

    hash: str
    nodes: Mapping[str, NodeDescription]
    words: Mapping[str, Mapping[str, Any]] = {}

    @cached_property
    def _former(self) -> dict[str, str]:
        return {former: node.id for node in self.nodes.values() for former in node.replaces}

    def find(self, node_type: str) -> NodeDescription | None:
        """Return the node with this id or former id, or ``None``."""
        return self.nodes.get(node_type) or self.nodes.get(self._former.get(node_type, ""))

    def fixing(self, purpose: str) -> NodeDescription | None:
        """Return the first node that serves this `FixPurpose`, or ``None``."""
        return next((node for node in self.nodes.values() if purpose in node.fixes), None)
