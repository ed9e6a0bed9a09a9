"""Drawing, saving and naming graphs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.accounts import audit
from apps.accounts.models import User, Workspace
from apps.common import hooks
from apps.common.errors import ApplicationError, not_found
from apps.datasets.models import Dataset, DatasetVersion
from apps.datasets.services import ready_version
from apps.datasets.target_leaks import target_leaks
from apps.graphs.auto_graph import NOTHING, described, predict_column
from apps.graphs.column_uses import ColumnUse, column_uses
from apps.graphs.documents import document_json
from apps.graphs.models import Draft, Graph, GraphVersion
from apps.graphs.prediction_target import GUESSED, PredictionChoice, PredictionTarget
from apps.graphs.templates import template
from tasks.graph.document import Document
from tasks.graph.messages import Message, Term


def create(*, workspace: Workspace, user: User, name: str, document: Document) -> Graph:
    """Return a new graph whose draft is the document."""
    with transaction.atomic():
        graph = Graph.objects.create(workspace=workspace, created_by=user, name=name)
        Draft.objects.create(graph=graph, document=document_json(document), saved_at=timezone.now(), saved_by=user)
    return graph


def first_document(  # noqa: PLR0913 - everything that a new graph may begin with
    *,
    workspace: Workspace,
    document: Document | None,
    slug: str,
    dataset_id: uuid.UUID | None,
    target: str,
    uses: Mapping[str, str] = NOTHING,
    fixes: Sequence[Mapping[str, Any]] = (),
    choice: PredictionChoice = GUESSED,
) -> Document:
    """Return what a new graph begins with: the given document, a template, the one drawn for a column, or nothing.

    Args:
        uses: What columns are used as, where a person decided so.
        fixes: Chosen for warnings of the data set, see `apps.graphs.auto_graph.predict_column`.
        choice: What a person decided about the target.

    Raises:
        ApplicationError: No such template or data set, or the column cannot be predicted.
    """
    if document is not None:
        return document
    if slug:
        return Document.model_validate(template(slug)["document"])
    if dataset_id is None:
        return Document()
    version = _version_of_dataset(workspace, dataset_id)
    return predict_column(
        dataset_id=str(dataset_id),
        columns=version.schema["columns"],
        profile=version.profile,
        target=target,
        uses=uses,
        fixes=fixes,
        leaks=target_leaks(version.address, target) or {},
        choice=choice,
    )


def target_of(
    *, workspace: Workspace, dataset_id: uuid.UUID, column: str, choice: PredictionChoice
) -> PredictionTarget:
    """Return how a column of a data set would be predicted.

    Raises:
        ApplicationError: No such data set, or the column cannot be predicted.
    """
    version = _version_of_dataset(workspace, dataset_id)
    return described(version.schema["columns"], version.profile, column, choice)


def uses_of_columns(*, workspace: Workspace, dataset_id: uuid.UUID, target: str) -> tuple[tuple[ColumnUse, ...], bool]:
    """Return what becomes of the columns of a data set when ``target`` is predicted, where it is worth saying.

    The second value is false when nobody could look for columns that give the target away.

    Raises:
        ApplicationError: No such data set, or it has not been read.
    """
    version = _version_of_dataset(workspace, dataset_id)
    leaks = target_leaks(version.address, target)
    return column_uses(version.schema["columns"], version.profile, target, leaks or {}), leaks is not None


def _version_of_dataset(workspace: Workspace, dataset_id: uuid.UUID) -> DatasetVersion:
    dataset = Dataset.objects.in_workspace(workspace.pk).with_versions().filter(pk=dataset_id).first()
    if dataset is None:
        raise not_found("data set")
    return ready_version(dataset)


def rename(*, graph: Graph, name: str) -> Graph:
    """Give a graph another name."""
    graph.name = name
    graph.save(update_fields=["name", "updated_at"])
    return graph


def delete(*, graph: Graph, user: User) -> None:
    """Delete a graph with its versions and runs; its endpoints and models stay."""
    with transaction.atomic():
        audit.record(actor=user, action="graph.deleted", subject=graph.name, workspace=graph.workspace)
        graph.delete()
        hooks.on_artifacts_released()


def save_draft(*, graph: Graph, user: User, document: Document, revision: int) -> Draft:
    """Save the draft, unless it was saved since ``revision``.

    Raises:
        ApplicationError: 409 ``conflict`` with the document that is there now, who saved it and when.
    """
    now = timezone.now()
    with transaction.atomic():
        saved = Draft.objects.filter(graph=graph, revision=revision).update(
            document=document_json(document), revision=F("revision") + 1, saved_at=now, saved_by=user
        )
        if saved:
            Graph.objects.filter(pk=graph.pk).update(updated_at=now)
    draft = Draft.objects.select_related("saved_by").get(graph=graph)
    if not saved:
        raise _conflict(draft)
    return draft


def _conflict(draft: Draft) -> ApplicationError:
    who = draft.saved_by.username if draft.saved_by else Term("person.somebody", "somebody")
    message = Message(
        "graph.changed_elsewhere",
        "This graph was changed by {user} since you opened it. Keep yours, or take theirs.",
        user=who,
    )
    details: dict[str, Any] = {
        "revision": draft.revision,
        "document": draft.document,
        "saved_by": who,
        "saved_at": draft.saved_at,
    }
    return ApplicationError("conflict", message, 409, details=details)


def save_version(*, graph: Graph, user: User, name: str = "") -> GraphVersion:
    """Return a version of what is drawn now: the latest one if it is the same and no new name is given."""
    with transaction.atomic():
        held = Graph.objects.select_for_update().get(pk=graph.pk)
        document = Draft.objects.get(graph=held).document
        latest = held.versions.first()
        if latest is not None and latest.document == document and name in {"", latest.name}:
            return latest
        version = GraphVersion.objects.create(
            graph=held, number=(held.latest_version or 0) + 1, name=name, document=document, created_by=user
        )
        held.latest_version = version.number
        held.save(update_fields=["latest_version", "updated_at"])
    return version


def version_of(graph: Graph, number: int) -> GraphVersion:
    """Return a saved version of a graph. Raises ``ApplicationError`` (404) when it has none of this number."""
    found = graph.versions.select_related("created_by").filter(number=number).first()
    if found is None:
        raise not_found("version of this graph")
    return found


def note_run(
    *,
    graph_id: uuid.UUID,
    run_id: uuid.UUID,
    number: int,
    state: str,
    headline: Any = None,
    headline_parts: Any = None,
    verdict: Any = None,
) -> None:
    """Show this run as the graph's last one, unless a later one is shown already."""
    later = Graph.objects.filter(pk=graph_id, last_run_number__gt=number)
    Graph.objects.filter(pk=graph_id).exclude(pk__in=later.values("pk")).update(
        last_run_id=run_id,
        last_run_number=number,
        last_run_state=state,
        last_run_headline=headline,
        last_run_headline_parts=headline_parts,
        last_run_verdict=verdict,
    )


def note_published(*, graph_id: uuid.UUID, version: int | None) -> None:
    """Show which version an endpoint answers with; ``None`` for none."""
    Graph.objects.filter(pk=graph_id).update(published_version=version)
