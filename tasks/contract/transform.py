"""A fitted, serialisable change of columns: what an endpoint repeats on each raw row."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar, cast, dataclass_transform

import numpy as np

from tasks.contract.schema import Schema
from tasks.contract.stable_ids import StableIds

Columns: TypeAlias = Mapping[str, np.ndarray]  # each (rows,)


class Transform(ABC):
    """One learned change of columns.

    A subclass is decorated with `transform`, which makes it a frozen dataclass and gives it a stable id. Its fields
    hold what was learned: str, int, float, bool, None, tuples and dicts of those, NumPy arrays.
    ``apply`` works alike on one row and on a million, and imports nothing but NumPy.
    """

    def __eq__(self, other: object) -> bool:
        """Return whether the other one has the same class and learned the same; arrays and NaN compare by value."""
        if type(other) is not type(self):
            return NotImplemented
        names = [field.name for field in dataclasses.fields(cast("Any", self))]
        return all(_is_equal(getattr(self, name), getattr(other, name)) for name in names)

    __hash__ = None  # type: ignore[assignment]

    @staticmethod
    def migrate(state: Mapping[str, Any], version: int) -> Mapping[str, Any]:  # noqa: ARG004
        """Return the fields that an older ``version`` of this class stored in today's form."""
        return state

    @property
    @abstractmethod
    def inputs(self) -> tuple[str, ...]:
        """Names of the columns that ``apply`` needs."""

    @property
    @abstractmethod
    def outputs(self) -> tuple[str, ...]:
        """Names of the columns that ``apply`` makes or changes."""

    @property
    def imputes(self) -> tuple[str, ...]:
        """Names of the columns whose missing values this transform replaces."""
        return ()

    def null_propagation(self) -> Mapping[str, frozenset[str]]:
        """Return, per column that ``apply`` writes, the columns whose missing values make it missing.

        Found from the part that makes each column alone; a transform of many columns overrides this, as restricting
        it to one column after another costs the square of their number.
        """
        parts = {name: self.restrict(frozenset({name})) or self for name in self.outputs}
        return {name: frozenset(part.inputs) - frozenset(part.imputes) for name, part in parts.items()}

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
    def supports_single_row(self) -> bool:
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

    def restrict(self, wanted: frozenset[str]) -> Transform | None:
        """Return the part of this transform that makes the ``wanted`` columns, or ``None`` if it makes none."""
        return self if wanted.intersection(self.outputs) else None


def prune(transforms: Iterable[Transform], wanted: Iterable[str]) -> tuple[tuple[Transform, ...], frozenset[str]]:
    """Return the transforms that matter for the ``wanted`` columns, and the raw columns they start from."""
    needed = frozenset(wanted)
    kept: list[Transform] = []
    for transform in reversed(tuple(transforms)):
        part = transform.restrict(needed)
        if part is None:
            continue
        kept.append(part)
        needed = (needed - frozenset(part.outputs)) | frozenset(part.inputs)
    return tuple(reversed(kept)), needed


def run_transforms(transforms: Iterable[Transform], columns: Columns) -> dict[str, np.ndarray]:
    """Return the columns after all transforms, in order."""
    current = dict(columns)
    for transform in transforms:
        current = transform.apply(current)
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


_NO_ARRAYS: Mapping[str, np.ndarray] = MappingProxyType({})

TRANSFORMS: StableIds[Transform] = StableIds("transform")

T = TypeVar("T", bound=Transform)


@dataclass_transform(eq_default=False, frozen_default=True, field_specifiers=(dataclasses.field,))
def transform(type_id: str, *, version: int = 1, aliases: tuple[str, ...] = ()) -> Callable[[type[T]], type[T]]:
    """Make a class of learned fields a frozen dataclass and register it under a stable id.

    The id is what a stored table, model or package names, so the class and its module may be renamed and moved:

        @transform("clean.clip", version=1)
        class Clipped(Transform):
            limits: Mapping[str, tuple[float, float]]

    Args:
        type_id: ``<purpose>.<verb>``; that of a plug-in begins with the name of its entry point.
        version: Raised when the fields change; `Transform.migrate` brings older ones along.
        aliases: Ids it was stored under before.

    Raises:
        ValueError: Another class has one of the ids.
        TypeError: The class is a frozen dataclass already.
    """

    def register(cls: type[T]) -> type[T]:
        if "__dataclass_params__" in vars(cls) and vars(cls)["__dataclass_params__"].frozen:
            raise TypeError(f"{cls.__qualname__} is a dataclass twice: @transform makes it one. Take @dataclass off.")
        made = dataclasses.dataclass(frozen=True, eq=False)(cls)  # `Transform.__eq__` compares arrays too
        TRANSFORMS.register(made, type_id, version=version, aliases=aliases)
        return made

    return register


def transform_to_json(learned: Transform, arrays: dict[str, np.ndarray] | None = None) -> dict[str, Any]:
    """Return the transform as JSON data; `transform_from_json` turns it back without loss.

    Args:
        learned: The transform.
        arrays: Learned arrays are put in here under names that the JSON data refer to, for a binary file beside it;
            as JSON an array takes five times the room. When ``None`` they are written out in the JSON data.
    """
    registered = TRANSFORMS.of(type(learned))
    fields = dataclasses.fields(cast("Any", learned))
    state = {field.name: _encode(getattr(learned, field.name), arrays) for field in fields}
    return {"id": registered.id, "version": registered.version, "state": state}


def transform_from_json(data: Mapping[str, Any], arrays: Mapping[str, np.ndarray] = _NO_ARRAYS) -> Transform:
    """Return the transform that `transform_to_json` wrote, or that was stored before there were ids.

    Args:
        data: What was written.
        arrays: Those that the JSON data refer to.

    Raises:
        ValueError: No such transform is installed here, or a newer version of it was stored.
    """
    registered = TRANSFORMS.find(str(data.get("id") or data["kind"]))  # ``kind``: the class, before there were ids
    version = int(data.get("version", 1))
    state: Mapping[str, Any] = {name: _decode(value, arrays) for name, value in data["state"].items()}
    return registered.type(**(registered.type.migrate(state, version) if registered.is_older(version) else state))


def _is_equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        if not (isinstance(one, np.ndarray) and isinstance(other, np.ndarray)):
            return False
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind in "fcmM")
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_is_equal(value, other[key]) for key, value in one.items())
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(_is_equal, one, other))
    return bool(one == other or (one != one and other != other))  # noqa: PLR0124 - NaN


def _encode(value: Any, arrays: dict[str, np.ndarray] | None) -> Any:
    if isinstance(value, np.ndarray):
        if arrays is None or value.dtype == object:
            return {"__array__": _encode(value.tolist(), None), "dtype": value.dtype.str}
        name = f"array{len(arrays)}"
        arrays[name] = value
        return {"__array__": name}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | list):
        return [_encode(item, arrays) for item in value]
    if isinstance(value, Mapping):
        return {"__map__": [[_encode(key, arrays), _encode(item, arrays)] for key, item in value.items()]}
    if isinstance(value, float) and not math.isfinite(value):
        return {"__float__": repr(value)}  # strict JSON has no NaN and no infinity
    return value


def _decode(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return tuple(_decode(item, arrays) for item in value)
    if isinstance(value, dict):
        if "__array__" in value:
            written = value["__array__"]
            if isinstance(written, str):
                return arrays[written]
            return np.asarray(_decode(written, arrays), dtype=np.dtype(value["dtype"]))
        if "__float__" in value:
            return float(value["__float__"])
        return {_decode(key, arrays): _decode(item, arrays) for key, item in value["__map__"]}
    return value
