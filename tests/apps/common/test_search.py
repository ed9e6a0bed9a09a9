"""Lists are searched by name."""

from __future__ import annotations

import pytest
from django.utils.text import slugify

from apps.runs.models import Run
from tests.factories import make_dataset, make_graph
from tests.factories.serving import make_endpoint

pytestmark = pytest.mark.postgresql


@pytest.fixture
def two_of_each(workspace):
    for name in ("Houses of Zürich", "Credit"):
        make_dataset(workspace, name=name)
        graph = make_graph(workspace, name=name)
        Run.objects.create(workspace=workspace, graph=graph, number=1, document={})
        endpoint = make_endpoint(workspace, graph=graph, slug=slugify(name))
        endpoint.name = name
        endpoint.save()


@pytest.mark.parametrize("path", ["datasets", "graphs", "endpoints", "runs"])
def test_a_list_holds_what_was_searched_for(path, two_of_each, as_vera):
    found = as_vera.get(f"/api/v1/{path}/", {"search": "houses zürich"}).json()
    assert found["count"] == 1
    assert "Houses of Zürich" in str(found["results"])


def test_a_search_shows_nothing_of_other_workspaces(two_of_each, as_charlie):
    assert as_charlie.get("/api/v1/graphs/", {"search": "houses"}).json()["count"] == 0
