"""What others need to know of data sets: their tables, by id, as a graph names them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from apps.datasets.models import Dataset, DatasetVersion


@dataclass(frozen=True)
class ReadyDataset:
    """A data set that can be used. ``address``: its table in the store; ``content_hash``: for fingerprints."""

    id: str
    name: str
    address: str
    content_hash: str
    rows: int
    schema: dict[str, Any]
    profile: dict[str, Any] = field(default_factory=dict)


def ready_datasets(workspace_id: uuid.UUID, ids: Iterable[str]) -> dict[str, ReadyDataset]:
    """Return the ready ones of these data sets of a workspace, by id; what is no id or not there is left out."""
    wanted = [found for found in map(_uuid, ids) if found is not None]
    rows = Dataset.objects.in_workspace(workspace_id).filter(pk__in=wanted, current__status=DatasetVersion.Status.READY)
    return {str(row.pk): _known(row) for row in rows.select_related("current")}


def _known(dataset: Dataset) -> ReadyDataset:
    version = dataset.current
    assert version is not None  # noqa: S101  the query asked for it
    return ReadyDataset(
        id=str(dataset.pk),
        name=dataset.name,
        address=version.address,
        content_hash=version.content_hash,
        rows=version.rows or 0,
        schema=version.schema,
        profile=version.profile,
    )


def _uuid(value: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None
