"""What uses a data set."""

from __future__ import annotations

from apps.runs.models import Run
from tests.factories import drawn, make_dataset, make_graph
from tests.factories.serving import make_endpoint


def reading(dataset, **changes) -> dict:
    document = drawn("source=source.file")
    document["nodes"][0] |= {"params": {"dataset": str(dataset.pk)}, **changes}
    return document


def uses(client, dataset) -> dict:
    return client.get(f"/api/v1/datasets/{dataset.pk}/uses/").json()


def test_the_graphs_that_read_a_data_set_are_named(as_vera, workspace):
    dataset, other = make_dataset(workspace), make_dataset(workspace)
    graph = make_graph(workspace, name="Prices", document=reading(dataset))
    make_graph(workspace, document=reading(other))
    make_graph(workspace, document=reading(dataset, is_disabled=True))
    assert uses(as_vera, dataset) == {"graphs": [{"id": str(graph.pk), "name": "Prices"}], "endpoints": []}


def test_a_graph_that_only_mentions_the_data_set_does_not_use_it(as_vera, workspace):
    dataset = make_dataset(workspace)
    make_graph(workspace, document=drawn("source=source.file") | {"notes": [note(str(dataset.pk))]})
    assert uses(as_vera, dataset)["graphs"] == []


def note(text: str) -> dict:
    return {"id": "n", "text": text, "position": {"x": 0.0, "y": 0.0}}


def test_the_endpoints_whose_answering_model_was_made_from_it_are_named(as_vera, workspace):
    dataset = make_dataset(workspace)
    graph = make_graph(workspace, document=reading(dataset))
    endpoint = make_endpoint(workspace, graph=graph)
    assert uses(as_vera, dataset)["endpoints"] == []
    run = Run.objects.create(
        workspace=workspace, graph=graph, number=1, document={}, datasets={str(dataset.pk): "a" * 64}
    )
    endpoint.active.run = run
    endpoint.active.save()
    assert uses(as_vera, dataset)["endpoints"] == [{"slug": endpoint.slug, "name": endpoint.name}]


def test_what_is_in_another_workspace_is_not_named(as_vera, workspace, elsewhere):
    dataset = make_dataset(workspace)
    make_graph(elsewhere, document=reading(dataset))
    assert uses(as_vera, dataset)["graphs"] == []
