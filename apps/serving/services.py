"""What people do with endpoints: deploy, roll back, hand out keys, ask. The serving plane follows."""

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
    release_refused,
)
from apps.serving.snapshot import publish_snapshot, published_revision

WAIT_SECONDS = 10.0
SETTLE_AFTER = timedelta(seconds=30)  # by then nobody waits for the release who would withdraw it
SLUG_LENGTH = 48
FIRST_KEY_NAME = "First key"


@dataclass(frozen=True)
class Deployed:
    """What a deploy gave. ``key``: shown once, ``None`` when the endpoint had one; ``notice``: what to know."""

    endpoint: Endpoint
    release: Release
    key: str | None
    notice: str = ""


def deploy(*, graph: Graph, user: User, node: str = "", name: str = "", wants_key: bool = False) -> Deployed:
    """Publish what the graph's latest run made of its draft, and wait until it answers.

    A graph that was deployed before keeps its address and gets a new release; what answers already stays as it is.

    Raises:
        ApplicationError: 409 ``run_first``; 403 ``approval_needed`` when it is registered and has to be approved
            first; 409 ``release_refused`` when the serving plane cannot load it: what answered before goes on.
    """
    while True:
        # Outside the transaction: while a store elsewhere is read nobody else waits, in SQLite not everybody.
        built = built_package(Graph.objects.select_related("draft").get(pk=graph.pk), node)
        with transaction.atomic():
            # Two people pressing Deploy take turns, and what is drawn does not change meanwhile.
            graph = Graph.objects.select_for_update(of=("self",)).select_related("draft").get(pk=graph.pk)
            if not is_current(graph, built):
                continue  # it was drawn anew, or the result removed, while the package was read
            version = save_version(graph=graph, user=user)
            endpoint, former = _endpoint_for(graph, built, user, name)
            known = _known(endpoint, former, built, version.number)
            release = known or _release(endpoint, built, _registered(endpoint, built, version.number, user), user)
            key = _answer(endpoint, release, user, wants_key=wants_key)
        return _deployed(endpoint, release, former, user=user, key=key, is_new=not known)


def deploy_version(*, version: ModelVersion, user: User) -> Deployed:
    """Have a registered version answer where its model does, or at a new address, and wait until it does.

    Raises:
        ApplicationError: 404 ``result_gone`` when its package is not stored any more; 403 ``approval_needed``; 409
            ``release_refused``, as `deploy`.
    """
    package = package_at(version.address)
    with transaction.atomic():
        # In the order in which `deploy` takes them: both may make the endpoint of this node.
        if version.model.graph_id is not None:
            Graph.objects.select_for_update().filter(pk=version.model.graph_id).first()
        model = RegisteredModel.objects.select_for_update().get(pk=version.model_id)
        endpoint, former = _endpoint_of(model, user)
        known = endpoint.releases.select_related("model_version").filter(model_version=version).first()
        release = known or _release(endpoint, package, version, user)
        key = _answer(endpoint, release, user, wants_key=False)
    return _deployed(endpoint, release, former, user=user, key=key, is_new=known is None)


def rollback(*, endpoint: Endpoint, user: User, number: int) -> str:
    """Answer with another release, an earlier one or a canary that did well, and return what to know.

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
    """Give an endpoint another name; its address stays."""
    with transaction.atomic():
        endpoint.name = name
        endpoint.save(update_fields=["name"])
        transaction.on_commit(publish_snapshot)


def delete(*, endpoint: Endpoint, user: User) -> None:
    """Take an endpoint away, with its releases, keys and counts."""
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
    """Return the endpoint of this Deploy node and the release it answers with now."""
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
    """Return the endpoint of this model, made anew where it has none, and the release it answers with now."""
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
    """Return a slug like the name that no endpoint has."""
    base = slugify(name)[:SLUG_LENGTH].strip("-") or "endpoint"
    taken = set(Endpoint.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    number, slug = 1, base
    while slug in taken:
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


def _known(endpoint: Endpoint, former: Release | None, built: Built, graph_version: int) -> Release | None:
    """Return the release of this package when it answers now or was made and waits for its approval."""
    latest = endpoint.releases.select_related("model_version").first()
    for release in (former, latest):
        if release is not None and (release.address, release.graph_version) == (built.address, graph_version):
            return release
    return None


def _answer(endpoint: Endpoint, release: Release, user: User, *, wants_key: bool) -> str | None:
    """Have a release answer if it may; return a key where one is asked for or there is none yet."""
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
    """Return what a deploy gave, once the release answers; refused, it leaves what answered before."""
    # The version is registered and its release kept, so that it can be approved and then answer.
    check_approval(endpoint, release, user=user, way="deploy")
    undo = (lambda: None) if release == former else (lambda: _withdraw(endpoint, release, former, is_new=is_new))
    notice = _settle(endpoint, release, undo=undo)
    return Deployed(endpoint, release, key, notice)


def _switch(endpoint: Endpoint, release: Release | None) -> Release | None:
    """Have a release answer, or none where the first one could not be loaded, and return what answered before."""
    with transaction.atomic():
        if not _lock(endpoint):
            raise not_found("endpoint")
        former, endpoint.active = endpoint.active, release
        if release is None or release == endpoint.fallback:
            endpoint.fallback, endpoint.unconfirmed_since = None, None
        elif release != former:
            # What has not been seen to answer is nothing to go back to: then the fallback stays the one before it.
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
    """Lock the endpoint's graph and the endpoint, in the order of `deploy`, and read it anew; False when it is gone."""
    if endpoint.graph_id is not None:
        Graph.objects.select_for_update().only("pk").filter(pk=endpoint.graph_id).first()
    return lock_endpoint(endpoint)


def _withdraw(endpoint: Endpoint, release: Release, former: Release | None, *, is_new: bool) -> None:
    """Take back a release that cannot be loaded, and its endpoint when it has no other.

    The deploy waited without a lock: where another release was made to answer meanwhile, that one goes on.
    """
    with transaction.atomic():
        if not _lock(endpoint):
            return
        if endpoint.active != release:
            if is_new and release not in (endpoint.canary, endpoint.shadow):
                release.delete()  # or a deploy that followed and is refused as well would go back to it
            return
        if former is not None or not is_new or endpoint.releases.exclude(pk=release.pk).exists():
            # What answered before may have been refused and deleted meanwhile.
            there = Release.objects.filter(pk=former.pk).first() if former is not None else None
            _switch(endpoint, endpoint.fallback or there)
            if is_new:
                release.delete()
            return
        if endpoint.graph_id is not None:
            note_published(graph_id=endpoint.graph_id, version=None)
        endpoint.delete()
        transaction.on_commit(publish_snapshot)


def _settle(endpoint: Endpoint, release: Release, *, undo: Callable[[], object]) -> str:
    """Wait until the release answers; return an empty sentence, or one that says that it does not yet."""
    now = serving_client.wait_for(endpoint.slug, release.number, revision=published_revision(), seconds=WAIT_SECONDS)
    if now.state == "ready":
        _confirm(endpoint, release)
        return ""
    if now.state == "failed":
        undo()
        raise release_refused(now.failure)
    if now.state == "offline":
        return "The serving plane is not running; the endpoint answers as soon as it is."
    return "The release is still being loaded; the endpoint answers with it in a moment."


def check_pending_releases() -> int:
    """Confirm releases that answer by now, take back those that turned out not to load; return how many of both.

    A deploy waits a few seconds for its release, and may be killed while it waits. A release with nothing to go back to
    stays, and its page says why it does not answer.
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
    assert release is not None  # noqa: S101 - the query leaves those out
    assert since is not None  # noqa: S101 - as above
    now = serving_client.release_status(endpoint.slug, release.number, reports, revision=revision)
    if now.state == "ready":
        return _confirm(endpoint, release)
    if now.state != "failed" or endpoint.fallback is None or timezone.now() - since < SETTLE_AFTER:
        return False
    with transaction.atomic():
        if not _lock(endpoint) or endpoint.active != release or endpoint.unconfirmed_since != since:
            return False
        fallback = endpoint.fallback
        _switch(endpoint, fallback)
        endpoint.returned = {"release": release.number, "at": timezone.now().isoformat(), "why": now.failure}
        endpoint.save(update_fields=["returned"])
        audit.record(
            actor=None,
            action="endpoint.rolled_back",
            subject=endpoint.slug,
            workspace=endpoint.workspace,
            release=fallback.number,
            why=now.failure,
        )
    return True


def _confirm(endpoint: Endpoint, release: Release) -> bool:
    """Note that the serving plane answers with the release, unless another one is to answer meanwhile."""
    unconfirmed = Endpoint.objects.filter(pk=endpoint.pk, active=release).exclude(unconfirmed_since=None)
    return bool(unconfirmed.update(fallback=None, unconfirmed_since=None))


def _record(user: User, action: str, endpoint: Endpoint, **details: object) -> None:
    audit.record(actor=user, action=action, subject=endpoint.slug, workspace=endpoint.workspace, **details)
