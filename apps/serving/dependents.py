"""The dependents of a data set: the graphs that read it and the endpoints whose model was trained on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import TextField
from django.db.models.functions import Cast

from apps.common.errors import ApplicationError
from apps.datasets.models import Dataset
from apps.graphs.documents import read_stored
from apps.graphs.models import Draft, Graph
from apps.graphs.sources import dataset_params
from apps.serving.models import Endpoint


@dataclass(frozen=True)
class Dependents:
    """Graphs whose draft reads a data set, the one edited last first, and endpoints that serve a model of it."""

    graphs: list[Graph]
    endpoints: list[Endpoint]


def dependents_of(dataset: Dataset) -> Dependents:
    """Return the dependents of a data set within its workspace."""
    return Dependents(graphs=list(_graphs(dataset)), endpoints=list(_endpoints(dataset)))


def _graphs(dataset: Dataset) -> Iterable[Graph]:
    # The database finds the documents that contain the id; the catalogue then says whether as a parameter that reads.
    drafts = Draft.objects.filter(graph__workspace=dataset.workspace_id).annotate(text=Cast("document", TextField()))
    mentioning = drafts.filter(text__contains=str(dataset.pk)).select_related("graph").order_by("-graph__updated_at")
    for draft in mentioning:
        if _reads(draft, str(dataset.pk)):
            yield draft.graph


def _reads(draft: Draft, dataset_id: str) -> bool:
    try:
        document = read_stored(draft.document)
    except ApplicationError:  # one that another version saved may read it: the id stands in it
        return True
    return any(dataset_id in chosen.values() for chosen in dataset_params(document).values())


def _endpoints(dataset: Dataset) -> Iterable[Endpoint]:
    return Endpoint.objects.filter(
        workspace=dataset.workspace_id, active__run__datasets__has_key=str(dataset.pk)
    ).order_by("name")
