"""A table: Arrow files of its rows and of its raw sample, its recipe as JSON and the arrays of that in a file."""

from __future__ import annotations

from typing import Any

import numpy as np

from tasks.artifacts.codecs.arrow import PARTITION, ROW, from_arrow, to_arrow
from tasks.artifacts.codecs.plain import json_bytes, reading_from_json, reading_json, schema_from_json, schema_json
from tasks.artifacts.codecs.recipe import FORMAT, recipe_from_files, recipe_to_files
from tasks.artifacts.store import Encoded, Files, Store
from tasks.contract.table import AppliedNode, Sample, SplitSpec, Table


def encode(value: Table, store: Store) -> Encoded:
    """Return the table as files; the table at the split becomes an artifact of its own."""
    base = None if value.at_split is None else store.put(value.at_split).digest
    columns = [(column.name, value.columns[column.name]) for column in value.schema.each()]
    columns.append((ROW, value.row_ids))
    if value.partition is not None:
        columns.append((PARTITION, value.partition))
    transforms, arrays = recipe_to_files(value.transforms)
    recipe = {
        "format": FORMAT,
        "schema": schema_json(value.schema),
        "raw_schema": schema_json(value.raw_schema),
        **reading_json(value.reading),
        "steps": transforms,
        "replay": [
            {"node": note.node, "params": note.params, "version": note.version} for note in value.post_split_nodes
        ],
        "base": base,
        "rows": value.rows,
        "is_split": value.is_split,
        "division": None if value.split_spec is None else [value.split_spec.method, value.split_spec.by],
    }
    files = {
        "table.arrow": to_arrow(columns),
        **sample_files("sample", value.sample),
        "table.json": json_bytes(recipe),
        **arrays,
    }
    return Encoded(files, summary(value), () if base is None else (base,))


def decode(files: Files, store: Store) -> Table:
    """Return the table that `encode` wrote."""
    recipe = files.json("table.json")
    schema = schema_from_json(recipe["schema"])
    arrays = [values for _, values in from_arrow(files.path("table.arrow"))]
    count = len(schema)  # by position: a column of the data may be called like our own
    return Table(
        columns=dict(zip(schema.names, arrays[:count], strict=True)),
        schema=schema,
        raw_schema=schema_from_json(recipe["raw_schema"]),
        row_ids=arrays[count],
        sample=sample_from_files(files, "sample"),
        reading=reading_from_json(recipe),
        transforms=recipe_from_files(recipe["steps"], files),
        partition=arrays[count + 1] if recipe["is_split"] else None,
        at_split=None if recipe["base"] is None else store.get(recipe["base"]),
        post_split_nodes=tuple(
            AppliedNode(note["node"], note["params"], note.get("version", 1)) for note in recipe["replay"]
        ),
        split_spec=SplitSpec(*recipe["division"]) if recipe.get("division") else None,
    )


def summary(table: Table) -> dict[str, Any]:
    """Return what a page shows of a table before it is opened."""
    parts = {}
    if table.partition is not None:
        counts = np.bincount(table.partition, minlength=3)
        parts = {"train": int(counts[0]), "valid": int(counts[1]), "test": int(counts[2])}
    return {
        "rows": table.rows,
        "columns": len(table.schema),
        "target": table.schema.target,
        **({"parts": parts} if parts else {}),
    }


def sample_files(name: str, sample: Sample) -> dict[str, bytes]:
    """Return raw rows as Arrow files, their positions last; what the source wrote in them in a file beside."""
    files = {f"{name}.arrow": to_arrow([*sample.columns.items(), (ROW, sample.row_ids)])}
    if sample.words:
        files[f"{name}_words.arrow"] = to_arrow(list(sample.words.items()))
    return files


def sample_from_files(files: Files, name: str) -> Sample:
    """Return the raw rows that `sample_files` wrote."""
    *columns, (_, row_ids) = from_arrow(files.path(f"{name}.arrow"))
    words = f"{name}_words.arrow"
    return Sample(row_ids, dict(columns), dict(from_arrow(files.path(words))) if words in files.names else {})
