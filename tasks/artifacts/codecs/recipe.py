"""The transforms of a table or a model: JSON data, and their learned arrays in a binary file beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tasks.artifacts.arrays import arrays_from_bytes, arrays_to_bytes
from tasks.artifacts.store import Files
from tasks.contract.transform import Transform, transform_from_json, transform_to_json

FORMAT = 2
"""Form of what is written: 1 had the arrays in the JSON data and named modules; 2 has them in a file and names ids."""

ARRAYS = "transforms.npz"


def recipe_to_files(transforms: Iterable[Transform]) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """Return the transforms as JSON data and the files beside it: one when they hold arrays, otherwise none."""
    arrays: dict[str, np.ndarray] = {}
    recipe = [transform_to_json(transform, arrays) for transform in transforms]
    return recipe, {ARRAYS: arrays_to_bytes(arrays)} if arrays else {}


def recipe_from_files(recipe: Sequence[Mapping[str, Any]], files: Files) -> tuple[Transform, ...]:
    """Return the transforms that `recipe_to_files` wrote, or that were written in form 1."""
    arrays = arrays_from_bytes(files.read(ARRAYS)) if ARRAYS in files.names else {}
    return tuple(transform_from_json(transform, arrays) for transform in recipe)
