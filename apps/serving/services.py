"""Commands on endpoints that exist: roll back, rename, delete. Each publishes a snapshot to the serving plane."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from apps.accounts.models import User
from apps.common import hooks
from apps.common.errors import not_found
from apps.graphs.services import note_published
from apps.serving.acknowledged_warnings import check_acknowledged
from apps.serving.active_release import set_active, wait_for_release
from apps.serving.endpoint_audit import record
from apps.serving.models import Endpoint
from apps.serving.releases import check_approval
from apps.serving.snapshot import publish_snapshot


def rollback(*, endpoint: Endpoint, user: User, number: int, acknowledged: Collection[str] = ()) -> str:
    """Make another release active, an earlier one or the canary; return a notice, or an empty sentence.

    Args:
        acknowledged: Codes of the warnings that the person has read.

    Raises:
        ApplicationError: 404 for a release it does not have; 403 when it is not approved and has to be; 409 when it
            cannot be loaded, or its verdict warns of something that is not acknowledged.
    """
    release = endpoint.releases.select_related("model_version").filter(number=number).first()
    if release is None:
        raise not_found("release")
    check_approval(endpoint, release, user=user, way="rollback")
    codes = check_acknowledged(release.model, acknowledged) if release != endpoint.active else []
    with transaction.atomic():
        if codes:
            record(user, "endpoint.warnings_acknowledged", endpoint, release=number, warnings=codes)
        former = set_active(endpoint, release)
        record(user, "endpoint.rolled_back", endpoint, release=number)
    return wait_for_release(endpoint, release, former=former, is_new=False)


def rename(*, endpoint: Endpoint, name: str) -> None:
    """Rename an endpoint; its URL stays."""
    with transaction.atomic():
        endpoint.name = name
        endpoint.save(update_fields=["name"])
        transaction.on_commit(publish_snapshot)


def delete(*, endpoint: Endpoint, user: User) -> None:
    """Delete an endpoint with its releases, keys and counts."""
    with transaction.atomic():
        record(user, "endpoint.deleted", endpoint)
        if endpoint.graph_id is not None:
            other = Endpoint.objects.filter(graph=endpoint.graph_id).exclude(pk=endpoint.pk).first()
            note_published(
                graph_id=endpoint.graph_id,
                version=other.active.graph_version if other and other.active else None,
            )
        endpoint.delete()
        hooks.on_artifacts_released()
        transaction.on_commit(publish_snapshot)
