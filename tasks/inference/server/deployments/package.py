"""A package from the store as something that answers rows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from tasks.artifacts.store import Store
from tasks.contract.reading import Reading
from tasks.contract.schema import Schema
from tasks.inference.devices import CPU, agree
from tasks.inference.server.deployments.dynamic_batching import find_batch_rows
from tasks.inference.server.deployments.row_program import RowProgram
from tasks.inference.server.limits.cost_estimate import CostEstimate

if TYPE_CHECKING:
    from tasks.inference.program import Program

logger = logging.getLogger(__name__)

OWN_FILES = frozenset({"program.json", "parity.json", "name.json"})


@dataclass(frozen=True)
class Package:
    """A loaded package.

    Attributes:
        address: Where it lies in the store.
        manifest: Its ``program.json``.
        program: Answers rows.
        batch_rows: Rows of different requests it answers together at most; 1 when it gains nothing by it.
        cost: What its requests took.
    """

    address: str
    manifest: Mapping[str, Any]
    program: RowProgram
    batch_rows: int = 1
    cost: CostEstimate = field(default_factory=CostEstimate, compare=False)

    @cached_property
    def raw_schema(self) -> Schema:
        """The raw columns that the model needs."""
        return Schema.model_validate(self.manifest["raw_schema"])

    @cached_property
    def reading(self) -> Reading | None:
        """How the file that the model was trained on was read; ``None`` for a source that is no file."""
        return None if "reading" not in self.manifest else Reading.model_validate(self.manifest["reading"])


Loader: TypeAlias = Callable[[str], Package]


def loader(store_url: str, device: str = CPU) -> Loader:
    """Return a function that reads and warms up the package at an address; it may run in any thread.

    Args:
        store_url: The store that packages are read from.
        device: Where models compute. One that answers otherwise there than on the processor stays on the processor.
    """
    store = Store(store_url)

    def load(address: str) -> Package:
        from tasks.inference.program import Program

        names = store.manifest(address)["files"]
        manifest = orjson.loads(store.read_file(address, "program.json"))
        files = {name: store.read_file(address, name) for name in names if name not in OWN_FILES}
        program, rows = Program.load(manifest, files), examples(manifest)
        if device != CPU:
            program = _moved(program, Program.load(manifest, files, device), rows, address)
        warm_up(program, manifest)
        return Package(address, manifest, program, find_batch_rows(program, rows))

    return load


def _moved(here: Program, there: Program, rows: list[dict[str, Any]], address: str) -> Program:
    """Return the program on the other device if it gives there what it gives here."""
    columns = here.read(rows)
    if agree(there.raw_output(columns, len(rows)), here.raw_output(columns, len(rows))):
        return there
    logger.warning("%s answers otherwise on the configured device than in training and stays on the processor", address)
    return here


def warm_up(program: RowProgram, manifest: Mapping[str, Any]) -> None:
    """Answer the example row a few times, so that the first caller does not pay for lazy set-up."""
    example = manifest.get("example")
    if example:
        for _ in range(3):
            program.predict_rows([example])


def examples(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return raw rows of the training data: the background of explanations, or the one example."""
    background = manifest.get("background")
    if background:
        names = list(background)
        return [dict(zip(names, row, strict=True)) for row in zip(*background.values(), strict=True)]
    example = manifest.get("example")
    return [dict(example)] if example else []
