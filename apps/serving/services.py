"""Commands on endpoints: deploy, roll back, rename, delete. Each publishes a snapshot to the serving plane."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.text import slugify

from apps.accounts import audit
from apps.accounts.models import User
from apps.common import hooks, repair_guard
from apps.common.errors import not_found
from apps.graphs.models import Graph
from apps.graphs.services import note_published, save_version
from apps.registry.models import ModelVersion, RegisteredModel
from apps.registry.services import CHAMPION, PackageOrigin, point, register
from apps.serving import serving_client
from apps.serving.api_keys import issue_key
from apps.serving.models import Endpoint, Release
from apps.serving.packages import Built, Package, built_package, is_current, package_at
from apps.serving.releases import (
    SPLIT,
    UNCONFIRMED,
    check_approval,
    clear_traffic_split,
    follow_aliases,
    lock_endpoint,
    may_answer,
    reason,
    release_refused,
    returned,
)
from apps.serving.snapshot import publish_snapshot, published_revision
from tasks.graph.messages import Message, parts_of

WAIT_SECONDS = 10.0
SETTLE_AFTER = timedelta(seconds=30)  # longer than WAIT_SECONDS: by then no deploy waits that would withdraw it
SLUG_LENGTH = 48
FIRST_KEY_NAME = "First key"


@dataclass(frozen=True)
class Deployed:
    """Result of a deploy.

    ``key``: shown once, ``None`` when the endpoint had one; ``notice``: a `Message`, or empty.
    """

    endpoint: Endpoint
    release: Release
    key: str | None
    notice: str = ""

    @property
    def notice_parts(self) -> dict[str, Any] | None:
        """Id and parameters of ``notice``, if there is any."""
        return parts_of(self.notice)


def deploy(*, graph: Graph, user: User, node: str = "", name: str = "", wants_key: bool = False) -> Deployed:
    """Deploy the package that the graph's latest run built of its draft, and wait until it answers.

    A graph that was deployed before keeps its URL and gets a new release; a package that is active already stays so.

    Raises:
        ApplicationError: 409 ``run_first``; 403 ``approval_needed`` when it is registered and has to be approved
            first; 409 ``release_refused`` when the serving plane cannot load it: the former release stays active.
    """
    while True:
        # Outside the transaction: reading a remote store would hold up other writers, in SQLite all of them.
        built = built_package(Graph.objects.select_related("draft").get(pk=graph.pk), node)
        with transaction.atomic():
            # Serialise deploys of this graph, and keep its draft from changing until the commit.
            graph = Graph.objects.select_for_update(of=("self",)).select_related("draft").get(pk=graph.pk)
            if not is_current(graph, built):
                continue  # the draft changed or the result was removed while the package was read
            version = save_version(graph=graph, user=user)
            endpoint, former = _endpoint_for(graph, built, user, name)
            existing = _existing_release(endpoint, former, built, version.number)
            release = existing or _release(endpoint, built, _registered(endpoint, built, version.number, user), user)
            key = _answer(endpoint, release, user, wants_key=wants_key)
        return _deployed(endpoint, release, former, user=user, key=key, is_new=existing is None)


def deploy_version(*, version: ModelVersion, user: User) -> Deployed:
    """Deploy a registered version to its model's endpoint, or to a new one, and wait until it answers.

    Raises:
        ApplicationError: 404 ``result_gone`` when its package is not stored any more; 403 ``approval_needed``; 409
            ``release_refused``, as `deploy`.
    """
    package = package_at(version.address)
    with transaction.atomic():
        # Lock in the order of `deploy`: both may create the endpoint of this node.
        if version.model.graph_id is not None:
            Graph.objects.select_for_update().filter(pk=version.model.graph_id).first()
        model = RegisteredModel.objects.select_for_update().get(pk=version.model_id)
        endpoint, former = _endpoint_of(model, user)
        existing = endpoint.releases.select_related("model_version").filter(model_version=version).first()
        release = existing or _release(endpoint, package, version, user)
        key = _answer(endpoint, release, user, wants_key=False)
    return _deployed(endpoint, release, former, user=user, key=key, is_new=existing is None)


def rollback(*, endpoint: Endpoint, user: User, number: int) -> str:
    """Make another release active, an earlier one or the canary; return a notice, or an empty sentence.

    Raises:
        ApplicationError: 404 for a release it does not have; 403 when it is not approved and has to be; 409 when it
            cannot be loaded.
    """
    release = endpoint.releases.select_related("model_version").filter(number=number).first()
    if release is None:
        raise not_found("release")
    check_approval(endpoint, release, user=user, way="rollback")
    with transaction.atomic():
        former = _switch(endpoint, release)
        _record(user, "endpoint.rolled_back", endpoint, release=number)
    undo = (lambda: None) if release == former else (lambda: _withdraw(endpoint, release, former, is_new=False))
    return _settle(endpoint, release, undo=undo)


def rename(*, endpoint: Endpoint, name: str) -> None:
    """Rename an endpoint; its URL stays."""
    with transaction.atomic():
        endpoint.name = name
        endpoint.save(update_fields=["name"])
        transaction.on_commit(publish_snapshot)


def delete(*, endpoint: Endpoint, user: User) -> None:
    """Delete an endpoint with its releases, keys and counts."""
    with transaction.atomic():
        _record(user, "endpoint.deleted", endpoint)
        if endpoint.graph_id is not None:
            other = Endpoint.objects.filter(graph=endpoint.graph_id).exclude(pk=endpoint.pk).first()
            note_published(
                graph_id=endpoint.graph_id,
                version=other.active.graph_version if other and other.active else None,
            )
        endpoint.delete()
        hooks.on_artifacts_released()
        transaction.on_commit(publish_snapshot)


def _endpoint_for(graph: Graph, built: Built, user: User, name: str) -> tuple[Endpoint, Release | None]:
    """Return the endpoint of this Deploy node, created if needed, and its active release."""
    known = Endpoint.objects.select_related("active").filter(graph=graph, node=built.node).first()
    if known is not None:
        if name and name != known.name:
            known.name = name
            known.save(update_fields=["name"])
        return known, known.active
    called = name or built.name or graph.name
    endpoint = Endpoint.objects.create(
        workspace_id=graph.workspace_id,
        graph=graph,
        node=built.node,
        name=called,
        slug=free_slug(called),
        created_by=user,
    )
    return endpoint, None


def _endpoint_of(model: RegisteredModel, user: User) -> tuple[Endpoint, Release | None]:
    """Return the endpoint of this model, created if needed, and its active release."""
    drawn = Q(graph=model.graph_id, node=model.node) if model.graph_id is not None else Q(pk=None)
    every = Endpoint.objects.select_related("active", "workspace").filter(
        drawn | Q(releases__model_version__model=model), workspace=model.workspace_id
    )
    known = every.distinct().first()
    if known is not None:
        return known, known.active
    endpoint = Endpoint.objects.create(
        workspace_id=model.workspace_id,
        graph_id=model.graph_id,
        node=model.node,
        name=model.name,
        slug=free_slug(model.name),
        created_by=user,
    )
    return endpoint, None


def free_slug(name: str) -> str:
    """Return a slug made of the name that no endpoint has yet."""
    base = slugify(name)[:SLUG_LENGTH].strip("-") or "endpoint"
    existing = set(Endpoint.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    number, slug = 1, base
    while slug in existing:
        number += 1
        slug = f"{base}-{number}"
    return slug


def _registered(endpoint: Endpoint, built: Built, graph_version: int, user: User) -> ModelVersion:
    assert endpoint.graph is not None  # noqa: S101 - it is being deployed from it
    origin = PackageOrigin(endpoint.graph, graph_version, built.node, built.run, built.address, built.bytes)
    return register(origin=origin, name=endpoint.name, details=built.details, user=user)


def _release(endpoint: Endpoint, package: Package, version: ModelVersion, user: User) -> Release:
    last: int = endpoint.releases.aggregate(last=Max("number"))["last"] or 0
    return Release.objects.create(
        endpoint=endpoint,
        number=last + 1,
        address=package.address,
        graph_version=version.graph_version,
        run=version.run,
        model_version=version,
        model=package.model,
        inputs=package.program["raw_schema"]["columns"],
        example=package.program.get("example") or {},
        parity=package.parity,
        reference=package.program.get("reference") or {},
        created_by=user,
    )


def _existing_release(endpoint: Endpoint, former: Release | None, built: Built, graph_version: int) -> Release | None:
    """Return the release of this package if it is the active one, or the latest one, which waits for approval."""
    latest = endpoint.releases.select_related("model_version").first()
    for release in (former, latest):
        if release is not None and (release.address, release.graph_version) == (built.address, graph_version):
            return release
    return None


def _answer(endpoint: Endpoint, release: Release, user: User, *, wants_key: bool) -> str | None:
    """Make a release active if it may answer; return a new key where one is wanted or the endpoint has none."""
    if not may_answer(endpoint, release):
        return None
    _switch(endpoint, release)
    has_key = endpoint.keys.filter(revoked_at=None).exists()
    key = issue_key(endpoint=endpoint, user=user, name=FIRST_KEY_NAME)[1] if wants_key or not has_key else None
    _record(user, "endpoint.deployed", endpoint, release=release.number)
    return key


def _deployed(
    endpoint: Endpoint, release: Release, former: Release | None, *, user: User, key: str | None, is_new: bool
) -> Deployed:
    """Wait for the release and return the result; when it cannot be loaded, restore the former one."""
    # The version stays registered and its release stored, so that it can be approved and then made active.
    check_approval(endpoint, release, user=user, way="deploy")
    undo = (lambda: None) if release == former else (lambda: _withdraw(endpoint, release, former, is_new=is_new))
    notice = _settle(endpoint, release, undo=undo)
    return Deployed(endpoint, release, key, notice)


def _switch(endpoint: Endpoint, release: Release | None) -> Release | None:
    """Make a release active, or none where the first one could not be loaded; return the former one."""
    with transaction.atomic():
        if not _lock(endpoint):
            raise not_found("endpoint")
        former, endpoint.active = endpoint.active, release
        if release is None or release == endpoint.fallback:
            endpoint.fallback, endpoint.unconfirmed_since = None, None
        elif release != former:
            # An unconfirmed release is no fallback: the one before it stays the fallback.
            endpoint.fallback = endpoint.fallback if endpoint.unconfirmed_since else former
            endpoint.unconfirmed_since = timezone.now()
        if release is not None:
            clear_traffic_split(endpoint, release)
        elif former is not None and former.model_version is not None:
            point(former.model_version.model, CHAMPION, None)
        endpoint.save(update_fields=["active", *UNCONFIRMED, *SPLIT])
        follow_aliases(endpoint)
        if endpoint.graph_id is not None:
            note_published(graph_id=endpoint.graph_id, version=release.graph_version if release else None)
        transaction.on_commit(publish_snapshot)
    return former


def _lock(endpoint: Endpoint) -> bool:
    """Lock the endpoint's graph and the endpoint, in the order of `deploy`, and reload it; False if deleted."""
    if endpoint.graph_id is not None:
        Graph.objects.select_for_update().only("pk").filter(pk=endpoint.graph_id).first()
    return lock_endpoint(endpoint)


def _withdraw(endpoint: Endpoint, release: Release, former: Release | None, *, is_new: bool) -> None:
    """Undo the deploy of a release that cannot be loaded; delete its endpoint when it has no other release.

    The deploy waited without a lock: a release that was made active meanwhile stays active.
    """
    with transaction.atomic():
        if not _lock(endpoint):
            return
        if endpoint.active != release:
            if is_new and release not in (endpoint.canary, endpoint.shadow):
                release.delete()  # else a later deploy that is refused as well would fall back to it
            return
        if former is not None or not is_new or endpoint.releases.exclude(pk=release.pk).exists():
            # The former release may have been refused and deleted meanwhile.
            restored = Release.objects.filter(pk=former.pk).first() if former is not None else None
            _switch(endpoint, endpoint.fallback or restored)
            if is_new:
                release.delete()
            return
        if endpoint.graph_id is not None:
            note_published(graph_id=endpoint.graph_id, version=None)
        endpoint.delete()
        transaction.on_commit(publish_snapshot)


def _settle(endpoint: Endpoint, release: Release, *, undo: Callable[[], object]) -> str:
    """Wait until the release answers; return an empty sentence, or a notice that it does not yet."""
    status = serving_client.wait_for(endpoint.slug, release.number, revision=published_revision(), seconds=WAIT_SECONDS)
    if status.state == "ready":
        _confirm(endpoint, release)
        return ""
    if status.state == "failed":
        undo()
        raise release_refused(status.failure)
    if status.state == "offline":
        return Message("deploy.offline", "The serving plane is not running; the endpoint answers as soon as it is.")
    return Message("deploy.loading", "The release is still being loaded; the endpoint answers with it in a moment.")


def check_pending_releases() -> int:
    """Confirm releases that answer by now, roll back those that cannot be loaded; return how many of both.

    A deploy waits a few seconds for its release, and may be killed while it waits. A release without a fallback stays
    active, and its page says why it does not answer.
    """
    pending = Endpoint.objects.exclude(unconfirmed_since=None).exclude(active=None).select_related("active")
    reports = serving_client.reports() if pending.exists() else None
    if not reports:
        return 0
    revision = published_revision()
    return sum(
        repair_guard.rows.attempt(
            f"endpoint {endpoint.slug} {endpoint.pk}: settle its release",
            partial(_settle_late, endpoint, reports, revision),
        )
        for endpoint in pending
    )


def _settle_late(endpoint: Endpoint, reports: Sequence[Mapping[str, Any]], revision: int) -> bool:
    release, since = endpoint.active, endpoint.unconfirmed_since
    assert release is not None  # noqa: S101 - excluded by the query
    assert since is not None  # noqa: S101 - as above
    status = serving_client.release_status(endpoint.slug, release.number, reports, revision=revision)
    if status.state == "ready":
        return _confirm(endpoint, release)
    if status.state != "failed" or endpoint.fallback is None or timezone.now() - since < SETTLE_AFTER:
        return False
    with transaction.atomic():
        if not _lock(endpoint) or endpoint.active != release or endpoint.unconfirmed_since != since:
            return False
        fallback = endpoint.fallback
        _switch(endpoint, fallback)
        endpoint.returned = returned(release.number, status.failure)
        endpoint.save(update_fields=["returned"])
        audit.record(
            actor=None,
            action="endpoint.rolled_back",
            subject=endpoint.slug,
            workspace=endpoint.workspace,
            release=fallback.number,
            **reason(status.failure),
        )
    return True


def _confirm(endpoint: Endpoint, release: Release) -> bool:
    """Record that the serving plane answers with the release, unless another one was made active meanwhile."""
    unconfirmed = Endpoint.objects.filter(pk=endpoint.pk, active=release).exclude(unconfirmed_since=None)
    return bool(unconfirmed.update(fallback=None, unconfirmed_since=None))


def _record(user: User, action: str, endpoint: Endpoint, **details: object) -> None:
    audit.record(actor=user, action=action, subject=endpoint.slug, workspace=endpoint.workspace, **details)
