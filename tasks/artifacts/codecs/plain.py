"""JSON data as bytes, the same bytes for the same data, readable by every JSON reader."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tasks.contract.reading import Reading
from tasks.contract.schema import Schema


def plain(value: Any) -> Any:
    """Return the value as strict JSON data: numbers that JSON does not have (NaN, infinity) become ``null``."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def json_bytes(value: Any) -> bytes:
    """Return strict JSON in UTF-8; the order of keys is preserved."""
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def schema_json(schema: Schema) -> Any:
    """Return a schema as JSON data."""
    return plain(schema.model_dump(mode="json"))


def schema_from_json(data: Any) -> Schema:
    """Return the schema that `schema_json` wrote."""
    return Schema.model_validate(data)


def reading_json(reading: Reading | None) -> dict[str, Any]:
    """Return ``{"reading": …}``, empty for a source that was not read from a file."""
    return {} if reading is None else {"reading": reading.model_dump(mode="json", exclude_defaults=True)}


def reading_from_json(owner: Mapping[str, Any]) -> Reading | None:
    """Return what `reading_json` put into ``owner``."""
    data = owner.get("reading")
    return None if data is None else Reading.model_validate(data)
