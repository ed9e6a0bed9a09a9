"""Looks in the sample of a stored table for columns that give a target away, before anything is drawn or run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tasks.artifacts.codecs.plain import schema_from_json
from tasks.artifacts.codecs.table import sample_from_files
from tasks.artifacts.store import Files, Store
from tasks.contract.errors import NodeError
from tasks.contract.model import Task
from tasks.contract.schema import Schema
from tasks.contract.table import Sample, is_missing
from tasks.graph.merged_words import bare, merged_words
from tasks.training.columns import class_names, decide_task
from tasks.training.leaks import column_leaks
from tasks.training.repeated_groups import repeated_groups
from tasks.training.split_faults import MOST_ROWS


def find_target_leaks(request: Mapping[str, Any], store: Store) -> dict[str, Any]:
    """Return the columns that give a target away, and those of which one value has many rows that are nearly copies.

    The answer is ``{"leaks": [{"column", "code", "message", ...}], "groups": [column, ...]}``.

    Args:
        request: ``digest``: of a stored table; ``target``: one of its columns.
        store: Where it is.
    """
    files = Files(store, request["digest"])
    schema = schema_from_json(files.json("table.json")["raw_schema"])
    sample, target = sample_from_files(files, "sample"), request["target"]
    found = leaks_of_sample(sample, schema, target)
    return {
        "leaks": [{"column": name, **caveat.to_json()} for name, caveat in found.items()],
        "groups": list(repeated_groups(sample.columns, schema, target)),
    }


def leaks_of_sample(sample: Sample, schema: Schema, target: str) -> dict[str, Any]:
    """Return column to caveat for the raw rows of a table; empty for what cannot be predicted."""
    column = schema.find(target)
    if column is None:
        return {}
    known = sample.filter((~is_missing(sample.columns[target])).nonzero()[0][:MOST_ROWS])
    answers = known.columns[target]
    try:
        task = decide_task(column, "auto", answers)
        if task is Task.CLASSIFICATION:
            names, answers = class_names(column, answers)
            merged = merged_words(names)
            same = [merged.get(bare(name), " ".join(name.split())).casefold() for name in names]
            answers = np.unique(same, return_inverse=True)[1].reshape(-1)[answers]
    except NodeError:
        return {}
    columns = {name: values for name, values in known.columns.items() if name != target}
    return column_leaks(columns, schema, answers, task, target, known.row_ids)
