"""Endpoints for tests, as a deploy would have left them."""

from __future__ import annotations

from apps.graphs.models import Graph
from apps.registry.models import ModelVersion, RegisteredModel
from apps.serving import keys
from apps.serving.models import Endpoint, EndpointKey, Release
from tests.factories import column

MODEL = {"task": "regression", "target": "price", "classes": [], "metrics": {"r2": 0.9}, "scored_on": "test"}


def make_release(endpoint: Endpoint, *, address: str = "0" * 64) -> Release:
    model, _ = RegisteredModel.objects.get_or_create(
        workspace_id=endpoint.workspace_id, graph=endpoint.graph, node=endpoint.node, name=endpoint.name
    )
    number = endpoint.releases.count() + 1
    version = ModelVersion.objects.create(
        model=model, number=number, graph_version=number, address=address, details=MODEL
    )
    endpoint.active = Release.objects.create(
        endpoint=endpoint,
        number=number,
        address=address,
        graph_version=number,
        model_version=version,
        model=MODEL,
        inputs=[column("size", nullable=False), column("rooms", "integer", nullable=False)],
        example={"size": 80.0, "rooms": 3},
        parity={"rows": 3, "largest_difference": 0.0, "tolerance": 1e-5},
    )
    endpoint.save()
    return endpoint.active


def make_key(endpoint: Endpoint, name: str = "script") -> str:
    key = keys.generate()
    EndpointKey.objects.create(endpoint=endpoint, name=name, prefix=key[: keys.SHOWN], digest=keys.digest(key))
    return key


def make_endpoint(workspace, *, graph: Graph | None = None, slug: str = "houses", **more) -> Endpoint:
    endpoint = Endpoint.objects.create(workspace=workspace, graph=graph, node="deploy", slug=slug, name=slug.title())
    make_release(endpoint, **more)
    make_key(endpoint)
    return endpoint
