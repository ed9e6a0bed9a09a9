"""Deploying: the package that a run built of a graph, or a version of a registered model, answers at an endpoint.

The path of a deploy is `deploy`, from top to bottom: read the package that a run built of the draft, and, in one
transaction, find or create the endpoint of its Deploy node, save the graph, register the package, create the release
and have it answer; then wait until the serving plane does.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils.text import slugify

from apps.accounts.models import User
from apps.common.artifacts import GONE, local_path, read_json, renew, verify
from apps.common.errors import ApplicationError
from apps.graphs.documents import read_stored
from apps.graphs.models import Graph
from apps.graphs.services import save_version
from apps.graphs.sources import datasets_of, source_hashes
from apps.registry.models import ModelVersion, RegisteredModel
from apps.registry.packages import package_bytes
from apps.registry.services import PackageOrigin, register
from apps.runs.models import NodeRun
from apps.runs.planning import frozen_results
from apps.serving.acknowledged_warnings import check_acknowledged
from apps.serving.active_release import set_active, wait_for_release, withdraw
from apps.serving.api_keys import issue_key
from apps.serving.endpoint_audit import record
from apps.serving.models import Endpoint, Release
from apps.serving.releases import Canary, check_approval, may_answer, split_traffic
from tasks.catalogue import catalogue
from tasks.graph.fingerprint import fingerprints
from tasks.graph.messages import Message, Names, parts_of

DEPLOY_TYPE = "publish.deploy"
PORT = "endpoint"
MODEL_PARTS = ("task", "target", "classes", "metrics", "scored_on", "verdict")
DETAIL_PARTS = (*MODEL_PARTS, "learner", "learner_params", "lineage", "features")
MAX_READS = 5
MAX_SLUGS = 20
SLUG_LENGTH = 48
FIRST_KEY_NAME = "First key"


@dataclass(frozen=True)
class Package:
    """A package in the store. ``program``, ``parity``: its files of that name."""

    address: str
    program: dict[str, Any]
    parity: dict[str, Any]

    @property
    def model(self) -> dict[str, Any]:
        """The part of the program that an endpoint's page shows."""
        return {part: self.program.get(part) for part in MODEL_PARTS}

    @property
    def details(self) -> dict[str, Any]:
        """The part of the program that the registry stores."""
        return {part: self.program.get(part) for part in DETAIL_PARTS}


@dataclass(frozen=True)
class BuiltPackage(Package):
    """A package that a run built of the current draft.

    Attributes:
        node: Id of the Deploy node in the draft.
        fingerprint: Of that node.
        result: The finished node of a run with this fingerprint. In that run the node may have another id: a
            fingerprint holds none.
        name: What the Deploy node calls the endpoint; may be empty.
        bytes: Size of the package in the store.
    """

    node: str
    fingerprint: str
    result: NodeRun
    name: str
    bytes: int


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


def deploy(
    *,
    graph: Graph,
    user: User,
    node: str = "",
    name: str = "",
    wants_key: bool = False,
    acknowledged: Collection[str] = (),
    canary_percent: float | None = None,
) -> Deployed:
    """Deploy the package that the graph's latest run built of its draft, and wait until it answers.

    A graph that was deployed before keeps its URL and gets a new release; a package that is active already stays so.

    Args:
        canary_percent: Have the new release answer this share of the requests, from 0 to 100, beside the active one;
            without it, or where none is active, it answers all.
        acknowledged: Codes of the warnings that the person has read.

    Raises:
        ApplicationError: 409 ``run_first``; 409 ``deploy_warned``, see `check_acknowledged`; 403 ``approval_needed``
            when it is registered and has to be approved
            first; 409 ``release_refused`` when the serving plane cannot load it: the former release stays
            active; 503 ``busy`` when the draft changed each time while its package was read.
    """
    for _ in range(MAX_READS):
        # Outside the transaction: reading a remote store would hold up other writers, in SQLite all of them.
        built = find_package(Graph.objects.select_related("draft").get(pk=graph.pk), node)
        with transaction.atomic():
            # Serialise deploys of this graph, and keep its draft from changing until the commit.
            graph = Graph.objects.select_for_update(of=("self",)).select_related("draft").get(pk=graph.pk)
            if find_deploy_node(graph, built.node) != (built.node, built.fingerprint):
                continue  # the draft changed while the package was read
            # Locked as by eviction: either that sees the release that is created here, or this sees its mark.
            if not NodeRun.objects.select_for_update().filter(pk=built.result.pk, evicted_at=None).exists():
                continue  # the result was removed while the package was read

            endpoint = Endpoint.objects.select_related("active").filter(graph=graph, node=built.node).first()
            if endpoint is None:
                called = name or built.name or graph.name
                endpoint = _create_endpoint(graph.workspace_id, graph.pk, node=built.node, name=called, user=user)
            elif name and name != endpoint.name:
                endpoint.name = name
                endpoint.save(update_fields=["name"])
            former = endpoint.active

            # The release of this package if it is the active one, or the latest one, which waits for approval.
            graph_version = save_version(graph=graph, user=user).number
            latest = endpoint.releases.select_related("model_version").first()
            deployed = (built.address, graph_version)
            existing = next(
                (one for one in (former, latest) if one and (one.address, one.graph_version) == deployed), None
            )
            codes = [] if existing and existing == former else check_acknowledged(built.program, acknowledged)
            if existing is None:
                origin = PackageOrigin(graph, graph_version, built.node, built.result, built.address, built.bytes)
                version = register(origin=origin, name=endpoint.name, details=built.details, user=user)
                release = _create_release(endpoint, built, version, user)
            else:
                release = existing
            percent = canary_percent if former not in (None, release) else None
            key = _start_answering(endpoint, release, user, codes, wants_key=wants_key, is_beside=percent is not None)
        # The version stays registered and its release stored, so that it can be approved and then made active.
        check_approval(endpoint, release, user=user, way="deploy")
        if percent is not None:
            canary = Canary(release.number, percent)
            _have_beside(endpoint, release, canary, user, acknowledged, former=former, is_new=existing is None)
            return Deployed(endpoint, release, key)
        notice = wait_for_release(endpoint, release, former=former, is_new=existing is None)
        return Deployed(endpoint, release, key, notice)
    message = Message(
        "deploy.keeps_changing", "What is drawn, or its result, changes while it is deployed. Try again in a moment."
    )
    raise ApplicationError("busy", message, 503)


def deploy_version(
    *,
    version: ModelVersion,
    user: User,
    acknowledged: Collection[str] = (),
    canary_percent: float | None = None,
) -> Deployed:
    """Deploy a registered version to its model's endpoint, or to a new one, and wait until it answers.

    Args:
        acknowledged: Codes of the warnings that the person has read.
        canary_percent: As for `deploy`.

    Raises:
        ApplicationError: 404 ``result_gone`` when its package is not stored any more; 409 ``deploy_warned``; 403
            ``approval_needed``; 409
            ``release_refused``, as `deploy`.
    """
    address = version.address
    verify(address)
    package = Package(address, read_json(address, "program.json"), read_json(address, "parity.json"))
    with transaction.atomic():
        # Lock in the order of `deploy`: both may create the endpoint of this node.
        if version.model.graph_id is not None:
            Graph.objects.select_for_update().filter(pk=version.model.graph_id).first()
        model = RegisteredModel.objects.select_for_update().get(pk=version.model_id)

        drawn = Q(graph=model.graph_id, node=model.node) if model.graph_id is not None else Q(pk=None)
        every = Endpoint.objects.select_related("active", "workspace").filter(
            drawn | Q(releases__model_version__model=model), workspace=model.workspace_id
        )
        endpoint = every.distinct().first()
        if endpoint is None:
            endpoint = _create_endpoint(model.workspace_id, model.graph_id, node=model.node, name=model.name, user=user)
        former = endpoint.active

        existing = endpoint.releases.select_related("model_version").filter(model_version=version).first()
        codes = [] if existing and existing == former else check_acknowledged(package.program, acknowledged)
        release = existing or _create_release(endpoint, package, version, user)
        percent = canary_percent if former not in (None, release) else None
        key = _start_answering(endpoint, release, user, codes, wants_key=False, is_beside=percent is not None)
    check_approval(endpoint, release, user=user, way="deploy")
    if percent is not None:
        canary = Canary(release.number, percent)
        _have_beside(endpoint, release, canary, user, acknowledged, former=former, is_new=existing is None)
        return Deployed(endpoint, release, key)
    notice = wait_for_release(endpoint, release, former=former, is_new=existing is None)
    return Deployed(endpoint, release, key, notice)


def find_package(graph: Graph, node_id: str = "") -> BuiltPackage:
    """Return the package that the latest finished run built of the draft's Deploy node.

    Nodes are compared by fingerprint, so moving one or drawing the Deploy node again does not require a new run, and
    any other change does. Reads the store, so do not call it within a transaction.

    Args:
        graph: The graph whose draft is deployed.
        node_id: Which Deploy node; may be empty when there is one.

    Raises:
        ApplicationError: 409 ``run_first``; 410 ``result_damaged``; 422 when it is not clear what to deploy.
    """
    node, fingerprint = find_deploy_node(graph, node_id)
    done = NodeRun.objects.filter(run__graph=graph, fingerprint=fingerprint, state=NodeRun.State.DONE, evicted_at=None)
    for result in done.select_related("run").order_by("-run__number"):
        address = result.outputs.get(PORT, {}).get("address", "")
        if not address or not _is_stored(address) or not renew(address):
            continue
        verify(address)
        return BuiltPackage(
            address=address,
            program=read_json(address, "program.json"),
            parity=read_json(address, "parity.json"),
            node=node,
            fingerprint=fingerprint,
            result=result,
            name=str(read_json(address, "name.json")),
            bytes=package_bytes(address),
        )
    message = Message(
        "deploy.run_first", "What is drawn now has not been run to its end. Press Run, then deploy the result."
    )
    raise ApplicationError("run_first", message, 409)


def find_deploy_node(graph: Graph, node_id: str) -> tuple[str, str]:
    """Return the id of the draft's Deploy node and its fingerprint. Raises 422 when it is not clear which."""
    document = read_stored(graph.draft.document).active()
    candidates = [
        node
        for node in document.nodes
        if ((spec := catalogue().find(node.type)) and spec.id or node.type) == DEPLOY_TYPE and node_id in {"", node.id}
    ]
    if len(candidates) == 1:
        sources = source_hashes(document, datasets_of(document, graph.workspace_id))
        found = fingerprints(document, catalogue(), sources, frozen_results(graph.pk, document))
        return candidates[0].id, found[candidates[0].id]
    if not candidates:
        message = Message(
            "deploy.no_node", "There is no Deploy node to publish. Draw one behind a model, then run the graph."
        )
    else:
        message = Message(
            "deploy.several_nodes",
            "The graph has several Deploy nodes: {nodes}. Say which one.",
            nodes=Names(node.title or node.id for node in candidates),
        )
    raise ApplicationError("no_deploy_node", message, 422, [{"at": "node", "message": message}])


def _create_endpoint(
    workspace_id: uuid.UUID, graph_id: uuid.UUID | None, *, node: str, name: str, user: User
) -> Endpoint:
    """Create an endpoint with a slug made of its name."""
    for tried in range(1, MAX_SLUGS + 1):
        try:
            with transaction.atomic():
                return Endpoint.objects.create(
                    workspace_id=workspace_id,
                    graph_id=graph_id,
                    node=node,
                    name=name,
                    slug=free_slug(name),
                    created_by=user,
                )
        except IntegrityError:
            # A deploy of another graph took the slug since we looked. It is committed: the next look sees it.
            if tried == MAX_SLUGS:
                raise
    raise AssertionError  # the last try returns or raises


def free_slug(name: str) -> str:
    """Return a slug made of the name that no endpoint has yet."""
    base = slugify(name)[:SLUG_LENGTH].strip("-") or "endpoint"
    existing = set(Endpoint.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    number, slug = 1, base
    while slug in existing:
        number += 1
        slug = f"{base}-{number}"
    return slug


def _create_release(endpoint: Endpoint, package: Package, version: ModelVersion, user: User) -> Release:
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


def _start_answering(
    endpoint: Endpoint, release: Release, user: User, codes: Sequence[str], *, wants_key: bool, is_beside: bool
) -> str | None:
    """Make a release active if it may answer; return a new key where one is wanted or the endpoint has none.

    Args:
        codes: Of the warnings that were acknowledged.
        is_beside: Leave the active release as it is: this one becomes the canary, see `_have_beside`.
    """
    if codes and not is_beside:
        record(user, "endpoint.warnings_acknowledged", endpoint, release=release.number, warnings=codes)
    if not may_answer(endpoint, release):
        return None
    if not is_beside:
        set_active(endpoint, release)
    has_key = endpoint.keys.filter(revoked_at=None).exists()
    key = issue_key(endpoint=endpoint, user=user, name=FIRST_KEY_NAME)[1] if wants_key or not has_key else None
    record(user, "endpoint.deployed", endpoint, release=release.number)
    return key


def _have_beside(
    endpoint: Endpoint,
    release: Release,
    canary: Canary,
    user: User,
    acknowledged: Collection[str],
    *,
    former: Release | None,
    is_new: bool,
) -> None:
    """Make a deployed release the canary; a new one that cannot be loaded is deleted, as one that is made active."""
    shadow = endpoint.shadow.number if endpoint.shadow not in (None, release) else None
    try:
        split_traffic(endpoint=endpoint, user=user, canary=canary, shadow=shadow, acknowledged=acknowledged)
    except ApplicationError as error:
        if error.code == "release_refused":
            withdraw(endpoint, release, former, is_new=is_new)
        raise


def _is_stored(address: str) -> bool:
    try:
        local_path(address, "program.json")
    except ApplicationError as error:
        return error.code != GONE
    return True
