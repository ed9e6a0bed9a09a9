"""What becomes of published models: registered, named, taken away."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, Model, Q

from apps.accounts import audit
from apps.accounts.models import User
from apps.common import hooks
from apps.common.artifact_fields import is_referenced
from apps.common.errors import ApplicationError
from apps.graphs.models import Graph
from apps.registry.approval import is_approved, refuse, version_path
from apps.registry.lineage import nodes_leading_to
from apps.registry.models import Alias, ModelVersion, RegisteredModel
from apps.registry.packages import package_bytes
from apps.runs import storage_usage
from apps.runs.models import NodeRun
from tasks.graph.messages import Choices, Message, Names

CHAMPION = "champion"
CHALLENGER = "challenger"
FOLLOWING = frozenset({CHAMPION, CHALLENGER})


@dataclass(frozen=True)
class PackageOrigin:
    """Where a package came from.

    Attributes:
        graph, graph_version, node: The Deploy node that publishes it, as it is drawn.
        result: The finished node that made it. Its run may have drawn the node under another id.
        bytes: What it takes in the store, read before: no transaction waits for the store.
    """

    graph: Graph
    graph_version: int
    node: str
    result: NodeRun
    address: str
    bytes: int


@transaction.atomic
def register(*, origin: PackageOrigin, name: str, details: Mapping[str, Any], user: User) -> ModelVersion:
    """Return the version of this package, the same one when it was registered from this graph version before."""
    model, _ = RegisteredModel.objects.select_for_update().get_or_create(
        graph=origin.graph,
        node=origin.node,
        defaults={"workspace_id": origin.graph.workspace_id, "name": name},
    )
    known = model.versions.filter(address=origin.address, graph_version=origin.graph_version).first()
    if known is not None:
        return known
    latest = model.versions.first()
    return ModelVersion.objects.create(
        model=model,
        number=latest.number + 1 if latest else 1,
        graph_version=origin.graph_version,
        run=origin.result.run,
        address=origin.address,
        bytes=origin.bytes,
        details={**details, "data": origin.result.run.datasets},
        nodes=nodes_leading_to(origin.result.run.document, origin.result.node),
        created_by=user,
    )


def point(model: RegisteredModel, name: str, version: ModelVersion | None) -> None:
    """Have an alias name this version, or nothing."""
    if version is None:
        Alias.objects.filter(model=model, name=name).delete()
    else:
        Alias.objects.update_or_create(model=model, name=name, defaults={"version": version})


def name_version(*, model: RegisteredModel, user: User, alias: str, version: ModelVersion | None) -> None:
    """Give a version a name of people's own, or take the name away.

    Raises:
        ApplicationError: 422 for the names that follow the endpoint; 403 for a version that is not approved in a
            workspace that asks for it: programs ask for a model by such a name.
    """
    if alias in FOLLOWING:
        message = Message(
            "alias.follows", "“{alias}” follows the endpoint: change which release answers there.", alias=alias
        )
        raise ApplicationError("alias_follows", message, 422)
    if version is not None and model.workspace.needs_approval and not is_approved(version):
        raise refuse(version=version, user=user, way="alias")
    with transaction.atomic():
        point(model, alias, version)
        _record(user, "model.alias_moved", model, alias=alias, version=version.number if version else None)


def delete_version(*, version: ModelVersion, user: User) -> int:
    """Take a version away with the releases that do not answer any more, and return the bytes that this frees.

    The package goes with the next garbage collection unless another version or release has the same one, or a run under
    way may yet name it. The nodes that made it say that it is gone; run again, they make it anew.

    Raises:
        ApplicationError: 409 while it answers somewhere or has a name of people's own.
    """
    with transaction.atomic():
        refusal = deletion_error(version)
        if refusal is not None:
            raise refusal
        address, model = version.address, version.model
        version.releases.all().delete()
        version.delete()
        _record(user, "model.version_deleted", model, version=version.number, address=address)
        if not model.versions.exists():
            model.delete()
        if is_referenced(address) or not storage_usage.abandon(address):
            return 0
        hooks.on_artifacts_released()
    return package_bytes(address)


def deletion_error(version: ModelVersion) -> ApplicationError | None:
    """Return why a version cannot be deleted now, with the page where that can be changed; ``None`` when it can."""
    in_use = version.releases.filter(
        Q(endpoint__active=F("pk")) | Q(endpoint__canary=F("pk")) | Q(endpoint__shadow=F("pk"))
    ).select_related("endpoint")
    slugs = sorted({release.endpoint.slug for release in in_use})
    if slugs:
        message = Message(
            "version.in_use",
            "Version {number} answers at {endpoints}. Let another release answer there first.",
            number=version.number,
            endpoints=Choices(slugs),
        )
        return ApplicationError("version_in_use", message, 409, details={"address": f"/endpoints/{slugs[0]}"})
    names = [name for name in version.aliases.values_list("name", flat=True) if name not in FOLLOWING]
    if names:
        message = Message(
            "version.named",
            "Version {number} is called {names}, and programs may ask for it by that name. Give the name to another "
            "version or take it away first.",
            number=version.number,
            names=Names(names),
        )
        return ApplicationError("version_named", message, 409, details={"address": version_path(version)})
    return None


def reclaimable_bytes(version: ModelVersion) -> int:
    """Return the bytes that deleting a version would free: none when something else has the same package."""
    releases = list(version.releases.values_list("pk", flat=True))
    deleted: dict[type[Model], list[uuid.UUID]] = {ModelVersion: [version.pk], version.releases.model: releases}
    return 0 if is_referenced(version.address, besides=deleted) else package_bytes(version.address)


def _record(user: User, action: str, model: RegisteredModel, **details: object) -> None:
    audit.record(actor=user, action=action, subject=model.name, workspace=model.workspace, **details)
