"""The node: identity, inputs, parameters, outputs, and a static function of values."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar

from tasks.contract.context import Known, RunContext
from tasks.contract.fields import NoParams, Params
from tasks.contract.model import Model, Package
from tasks.contract.schema import Schema
from tasks.contract.table import Table
from tasks.contract.values import Metrics, Report, Study, ValueKind
from tasks.graph.fixes import FixPurpose
from tasks.graph.upgrade import upgraded_names

VALUE_KINDS: Mapping[type, ValueKind] = {
    Table: ValueKind.TABLE,
    Model: ValueKind.MODEL,
    Metrics: ValueKind.METRICS,
    Report: ValueKind.REPORT,
    Study: ValueKind.STUDY,
    Package: ValueKind.ENDPOINT,
}


class Serving(StrEnum):
    """What becomes of a node in an endpoint."""

    STATELESS = "stateless"
    FITTED = "fitted"
    TRAINING_ONLY = "training_only"
    BATCH = "batch"
    NONE = "none"


@dataclass(frozen=True)
class Port:
    """One input or output. ``is_optional``: an input that may stay open."""

    name: str
    kind: ValueKind
    is_optional: bool = False


@dataclass(frozen=True)
class Estimate:
    """Expected cost of a node: ``seconds`` of one core, ``memory_bytes`` at the peak, ``gpu_bytes`` there on a GPU."""

    seconds: float
    memory_bytes: int
    gpu_bytes: int = 0


@dataclass(frozen=True)
class NoInputs:
    """For nodes that start a graph."""


class Node:
    """Base of every node; one subclass per module, whose path is the id.

    Parts in this order: identity, ``Inputs``, ``Params``, ``Outputs``, then ``run``. The class docstring is the
    tooltip: one sentence for a person who does not program, then detail.
    """

    id: ClassVar[str]  # set by the registry from the module path
    title: ClassVar[str]
    icon: ClassVar[str] = "box"  # a Tabler icon
    keywords: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 1
    serve: ClassVar[Serving] = Serving.NONE
    uses_gpu: ClassVar[bool] = False
    is_cheap: ClassVar[bool] = False  # takes milliseconds; may share a task with its neighbours
    replaces: ClassVar[tuple[str, ...]] = ()  # former ids
    renamed: ClassVar[Mapping[int, Mapping[str, str]]] = {}  # version to former name to name of its parameters
    former_defaults: ClassVar[Mapping[int, Mapping[str, Any]]] = {}  # version to what its new parameters were before
    former_params: ClassVar[Mapping[int, type[Params]]] = {}  # version to its parameters, where ``migrate`` needs proof
    without_effect: ClassVar[Mapping[str, str]] = {}  # parameter to why no output depends on it: it only saves time
    fixes: ClassVar[Mapping[FixPurpose, Mapping[str, Any]]] = {}  # parameters, with ``{column}`` for the column's name

    Inputs: ClassVar[type] = NoInputs
    Params: ClassVar[type[Params]] = NoParams
    Outputs: ClassVar[type]

    @staticmethod
    def run(inputs: Any, params: Any, context: RunContext) -> Any:
        """Return the outputs. A function of its arguments and ``context.seed`` alone.

        Raises:
            NodeError: The inputs do not suit; the message is for the person who drew the graph.
        """
        raise NotImplementedError

    @staticmethod
    def infer(schemas: Mapping[str, Schema | None], params: Any, known: Known) -> Mapping[str, Schema]:
        """Return the columns of each table output, as far as they are known before a run.

        Args:
            schemas: Input port to its columns; ``None`` when not known yet.
            params: A valid instance of ``Params``.
            known: Data sets.

        Raises:
            NodeError: The parameters do not suit these columns; shown on the canvas while drawing.
        """
        return {}

    @staticmethod
    def estimate(rows: int, columns: int, params: Any) -> Estimate:
        """Return what the node is expected to cost for a table of this size."""
        return Estimate(seconds=0.01 + rows * columns * 5e-8, memory_bytes=rows * columns * 16)

    @staticmethod
    def lighter(rows: int, params: Any) -> Iterable[Mapping[str, Any]]:  # noqa: ARG004
        """Return changes of parameters, each of which lets the node do with less memory: the smallest change first."""
        return ()

    @staticmethod
    def headline(inputs: Any, outputs: Any) -> str:
        """Return the result line under a finished node; an empty string gives the usual one."""
        return ""

    @classmethod
    def migrate(cls, params: Mapping[str, Any], version: int) -> Mapping[str, Any]:
        """Return the parameters saved by an older ``version`` in today's form.

        Parameters that were only renamed are declared in ``renamed``, which the page reads too; those that are new and
        have another default than what was done before, in ``former_defaults``. Override this where values change as
        well, and begin with ``super().migrate(params, version)``.
        """
        return upgraded_names(params, version, cls.renamed, cls.former_defaults)

    @classmethod
    def only_renames(cls) -> bool:
        """Return whether older parameters need nothing but other names and defaults: `migrate` is not overridden."""
        return not any("migrate" in vars(base) for base in cls.__mro__ if base is not Node)

    @classmethod
    def input_ports(cls) -> tuple[Port, ...]:
        """Return the inputs in order."""
        return ports_of(cls.Inputs)

    @classmethod
    def output_ports(cls) -> tuple[Port, ...]:
        """Return the outputs in order."""
        return ports_of(cls.Outputs)

    @classmethod
    def tooltip(cls) -> tuple[str, str]:
        """Return the first sentence and the rest of the class docstring."""
        first, _, rest = inspect.cleandoc(cls.__doc__ or "").partition("\n")
        return first.strip(), " ".join(rest.split())


@cache
def ports_of(cls: type) -> tuple[Port, ...]:
    """Return the ports that a dataclass of inputs or outputs declares; computed once for each class.

    Raises:
        TypeError: A field's type cannot travel on an edge.
    """
    hints = typing.get_type_hints(cls)
    ports = []
    for field in dataclasses.fields(cls):
        options = [t for t in typing.get_args(hints[field.name]) if t is not type(None)]
        kind = options[0] if options else hints[field.name]
        if kind not in VALUE_KINDS:
            raise TypeError(f"{cls.__qualname__}.{field.name}: {kind} cannot travel on an edge")
        ports.append(Port(field.name, VALUE_KINDS[kind], is_optional=bool(options)))
    return tuple(ports)
