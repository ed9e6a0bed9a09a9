"""Lists are ordered by their columns, and say so when they have no such column."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db

LISTS = ("graphs", "datasets", "runs", "models", "endpoints")


@pytest.fixture
def graphs(as_bob):
    for name in ("beta", "Alpha", "gamma"):
        assert as_bob.post("/api/v1/graphs/", {"name": name}, format="json").status_code == 201


@pytest.mark.parametrize(
    ("ordering", "names"),
    [
        ("name", ["Alpha", "beta", "gamma"]),
        ("-name", ["gamma", "beta", "Alpha"]),
        ("-updated", ["gamma", "Alpha", "beta"]),
    ],
)
def test_a_list_comes_in_the_order_that_was_asked_for(as_bob, graphs, ordering, names):
    answer = as_bob.get("/api/v1/graphs/", {"ordering": ordering})
    assert [graph["name"] for graph in answer.json()["results"]] == names


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_has_no_such_column_says_which_it_has(as_bob, workspace, name):
    answer = as_bob.get(f"/api/v1/{name}/", {"ordering": "-colour"})
    assert answer.status_code == 400
    assert answer.json()["message_id"] == "list.unknown_ordering"
    assert answer.json()["problems"][0]["at"] == "ordering"


@pytest.mark.parametrize("name", LISTS)
def test_every_order_that_is_described_can_be_asked_for(as_bob, workspace, name):
    description = as_bob.get("/api/v1/schema/", {"format": "json"}).json()
    parameters = description["paths"][f"/api/v1/{name}/"]["get"]["parameters"]
    (ordering,) = [one["schema"]["enum"] for one in parameters if one["name"] == "ordering"]
    assert len(ordering) >= 4
    for each in ordering:
        assert as_bob.get(f"/api/v1/{name}/", {"ordering": each}).status_code == 200
