"""A fitted, serialisable change of columns: what an endpoint repeats on each raw row."""

from __future__ import annotations

import dataclasses
import importlib
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import numpy as np

from tasks.contract.schema import Schema

Columns: TypeAlias = Mapping[str, np.ndarray]  # each (rows,)

TRUSTED_PACKAGES = {"tasks"}
"""Top packages whose step classes may be loaded by name; `registry` adds plug-in packages."""


class Step(ABC):
    """One learned change of columns.

    Subclasses are frozen dataclasses defined in the module of the node that makes them. Fields
    hold what was learned: str, int, float, bool, None, tuples and dicts of those, NumPy arrays.
    ``apply`` works alike on one row and on a million, and imports nothing but NumPy.
    """

    @property
    @abstractmethod
    def reads(self) -> tuple[str, ...]:
        """Names of the columns that ``apply`` needs."""

    @property
    @abstractmethod
    def writes(self) -> tuple[str, ...]:
        """Names of the columns that ``apply`` makes or changes."""

    @property
    def fills(self) -> tuple[str, ...]:
        """Names of the columns whose missing values this step replaces."""
        return ()

    def passes_gaps(self) -> Mapping[str, frozenset[str]]:
        """Return, per column that ``apply`` writes, the columns whose missing values make it missing.

        Found by taking the step apart; a step of many columns says it at once, as taking apart costs their square.
        """
        parts = {name: self.narrow(frozenset({name})) or self for name in self.writes}
        return {name: frozenset(part.reads) - frozenset(part.fills) for name, part in parts.items()}

    @property
    def is_cross_fitted(self) -> bool:
        """Whether the rows it was learned from hold values learned without the row itself, not what ``apply`` gives."""
        return False

    @abstractmethod
    def apply(self, columns: Columns) -> dict[str, np.ndarray]:
        """Return all columns after the change; ``columns`` and its arrays stay as they are."""

    @abstractmethod
    def describe(self, schema: Schema) -> Schema:
        """Return the schema of what ``apply`` gives for columns of ``schema``."""

    @property
    def takes_rows(self) -> bool:
        """Return whether `apply_row` does what ``apply`` does."""
        return False

    def apply_row(self, row: dict[str, Any]) -> None:
        """Change one row in place, to the last bit as ``apply`` changes columns of one row.

        An endpoint answers one row at a time, and calling NumPy costs more than what it computes there.

        Args:
            row: Column to value: int, float or bool where the column holds numbers, NaN where one is missing; str or
                ``None`` where it holds words, `datetime.datetime` without a zone or ``None`` where it holds dates.
        """
        raise NotImplementedError(f"{type(self).__name__} works on columns only.")

    def narrow(self, wanted: frozenset[str]) -> Step | None:
        """Return the part of this step that makes the ``wanted`` columns, or ``None`` if it makes none."""
        return self if wanted.intersection(self.writes) else None


def prune(steps: Iterable[Step], wanted: Iterable[str]) -> tuple[tuple[Step, ...], frozenset[str]]:
    """Return the steps that matter for the ``wanted`` columns, and the raw columns they start from."""
    needed = frozenset(wanted)
    kept: list[Step] = []
    for step in reversed(tuple(steps)):
        part = step.narrow(needed)
        if part is None:
            continue
        kept.append(part)
        needed = (needed - frozenset(part.writes)) | frozenset(part.reads)
    return tuple(reversed(kept)), needed


def run_steps(steps: Iterable[Step], columns: Columns) -> dict[str, np.ndarray]:
    """Return the columns after all steps, in order."""
    current = dict(columns)
    for step in steps:
        current = step.apply(current)
    return current


FEW_ROWS = 4096
"""Up to so many rows, columns are worked on side by side: one call for all costs less than one for each."""


def side_by_side(columns: Columns, names: Sequence[str]) -> np.ndarray | None:
    """Return float64 columns as one block of shape (names, rows), or ``None`` where single columns are better.

    On one row a call of NumPy costs more than what it computes, and an endpoint answers one row at a time.
    """
    if len(names) < 2:
        return None
    arrays = [columns[name] for name in names]
    if len(arrays[0]) > FEW_ROWS:
        return None
    return np.concatenate(arrays).reshape(len(arrays), -1)


def step_to_json(step: Step) -> dict[str, Any]:
    """Return the step as JSON data; `step_from_json` turns it back without loss."""
    cls = type(step)
    state = {field.name: _encode(getattr(step, field.name)) for field in dataclasses.fields(cast("Any", step))}
    return {"kind": f"{cls.__module__}:{cls.__qualname__}", "state": state}


def step_from_json(data: Mapping[str, Any]) -> Step:
    """Return the step that `step_to_json` wrote.

    Raises:
        ValueError: The data name a class that is no step, or one outside the trusted packages.
    """
    module_name, _, class_name = str(data["kind"]).partition(":")
    if module_name.split(".", 1)[0] not in TRUSTED_PACKAGES:
        raise ValueError(f"Steps of {module_name} are not allowed here.")
    cls = getattr(importlib.import_module(module_name), class_name, None)
    if not (isinstance(cls, type) and issubclass(cls, Step)):
        raise ValueError(f"{data['kind']} is not a step.")
    return cls(**{name: _decode(value) for name, value in data["state"].items()})


def _encode(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"__array__": _encode(value.tolist()), "dtype": value.dtype.str}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | list):
        return [_encode(item) for item in value]
    if isinstance(value, Mapping):
        return {"__map__": [[_encode(key), _encode(item)] for key, item in value.items()]}
    if isinstance(value, float) and not math.isfinite(value):
        return {"__float__": repr(value)}  # strict JSON has no NaN and no infinity
    return value


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_decode(item) for item in value)
    if isinstance(value, dict):
        if "__array__" in value:
            return np.asarray(_decode(value["__array__"]), dtype=np.dtype(value["dtype"]))
        if "__float__" in value:
            return float(value["__float__"])
        return {_decode(key): _decode(item) for key, item in value["__map__"]}
    return value
