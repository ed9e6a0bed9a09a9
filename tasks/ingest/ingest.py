"""The whole way of an upload: file to typed columns, to a stored table, with its profile."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.artifacts.store import Store
from tasks.contract.table import Table
from tasks.graph.messages import message_json
from tasks.ingest.content import packing_of, unpacked
from tasks.ingest.csv_file import Ingested, read_csv
from tasks.ingest.json_file import read_json
from tasks.ingest.options import Note, ReadOptions
from tasks.ingest.parquet_file import read_parquet
from tasks.ingest.profile import profile, warning


def read_file(path: Path, name: str, options: ReadOptions) -> Ingested:
    """Return the columns of an uploaded file; its content and the ending of ``name`` tell what it is.

    Raises:
        IngestError: The file is no table, or could be read in more than one way.
    """
    ending = name.lower().removesuffix(".gz").removesuffix(".bz2").rpartition(".")[2]
    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    if is_parquet:
        return read_parquet(path, options)
    packing = packing_of(path)
    if packing and ending == "parquet":
        return read_parquet(io.BytesIO(unpacked(path, packing)), options)
    if ending in {"json", "jsonl", "ndjson"}:
        return read_json(path, options)
    return read_csv(path, options)


def ingest(path: Path, name: str, options: Mapping[str, Any] | None, store: Store) -> dict[str, Any]:
    """Read an uploaded file, store it as a raw table and return what a data set's page needs.

    Args:
        name: The file's name as uploaded.
        options: JSON data of `ReadOptions`; empty to decide everything from the file.

    Returns:
        ``{address, rows, bytes, schema, profile}``, JSON data.

    Raises:
        IngestError: The file is no table, or could be read in more than one way.
    """
    ingested = read_file(Path(path), name, ReadOptions.model_validate(dict(options or {})))
    table = Table.from_source(ingested.columns, ingested.schema, reading=ingested.reading, words=ingested.words_at)
    stored = store.put(table)
    return {
        "address": stored.digest,
        "rows": table.rows,
        "bytes": stored.bytes,
        "schema": table.schema.model_dump(mode="json"),
        "profile": with_notes(profile(table), ingested.notes),
    }


def with_notes(facts: dict[str, Any], notes: tuple[Note, ...]) -> dict[str, Any]:
    """Return a profile with what was noticed while reading among its warnings.

    What the notes say of a column, with the choices there are, its profile does not say again.
    """
    columns = []
    for card in facts["columns"]:
        own = [note for note in notes if note.column == card["name"]]
        said = {note.code for note in own}
        if said & {"almost_numeric", "almost_date"}:
            said.add("id_like")  # numbers and times differ in every row without being identifiers
        kept = [one for one in card["warnings"] if one["code"] not in said]
        columns.append({**card, "warnings": [*kept, *map(_warning_of, own)]})
    whole = [_warning_of(note) for note in notes if not note.column]
    return {**facts, "columns": columns, "warnings": [*facts["warnings"], *whole]}


def _warning_of(note: Note) -> dict[str, Any]:
    choices = [{**message_json(choice.label), "options": dict(choice.options)} for choice in note.choices]
    return {**warning(note.code, note.message), "choices": choices}
