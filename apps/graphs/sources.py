"""Which data sets a document reads, found by the catalogue's forms."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from apps.datasets.selectors import ReadyDataset, ready_datasets
from tasks.catalogue import catalogue
from tasks.graph.description import NodeDescription
from tasks.graph.document import Document


def dataset_params(document: Document) -> dict[str, dict[str, str]]:
    """Return node id to parameter name to data set id, for every active node that has one chosen."""
    found: dict[str, dict[str, str]] = {}
    for node in document.active().nodes:
        kind = catalogue().find(node.type)
        names = _dataset_fields(kind) if kind else ()
        chosen = {name: str(node.params[name]) for name in names if node.params.get(name)}
        if chosen:
            found[node.id] = chosen
    return found


def _dataset_fields(kind: NodeDescription) -> tuple[str, ...]:
    properties = kind.params.get("properties", {})
    return tuple(name for name, field in properties.items() if field.get("x-lepton", {}).get("widget") == "dataset")


def datasets_of(document: Document, workspace_id: uuid.UUID) -> dict[str, ReadyDataset]:
    """Return the ready data sets of the workspace that the document reads, by id."""
    chosen = dataset_params(document)
    return ready_datasets(workspace_id, {ident for params in chosen.values() for ident in params.values()})


def source_hashes(document: Document, known: Mapping[str, ReadyDataset]) -> dict[str, str]:
    """Return node id to a hash of what it reads from outside, for fingerprints."""
    return {
        node: ",".join(known[ident].content_hash if ident in known else "" for _, ident in sorted(params.items()))
        for node, params in dataset_params(document).items()
    }
