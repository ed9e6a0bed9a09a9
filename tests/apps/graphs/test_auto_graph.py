"""The graph drawn for a column to predict."""

from __future__ import annotations

import pytest

from apps.common.errors import ApplicationError
from apps.graphs.auto_graph import predict_column
from tests.factories import HOUSES, column


def draw(columns, target="price", profile=None):
    return predict_column(dataset_id="d", columns=columns, profile=profile or {}, target=target)


def types(document) -> list[str]:
    return [node.type for node in document.nodes]


def test_the_whole_way_from_the_source_to_the_endpoint_is_drawn_and_wired():
    document = draw(HOUSES)
    assert types(document) == [
        "source.file",
        "split.split",
        "clean.impute",
        "features.encode",
        "features.scale",
        "model.boosting",
        "tune.tune",
        "evaluate.evaluate",
        "publish.deploy",
    ]
    assert document.node("source").params == {"dataset": "d", "target": "price", "ignore": []}
    assert document.ancestors("deploy") == {"source", "split", "impute", "encode", "scale", "model", "tune"}
    assert document.ancestors("evaluate") == document.ancestors("deploy")


def test_no_two_nodes_lie_on_each_other():
    places = [(node.position.x, node.position.y) for node in draw(HOUSES).nodes]
    assert len(set(places)) == len(places)


def test_nothing_is_fitted_before_the_split():
    document = draw(HOUSES)
    assert document.ancestors("split") == {"source"}


def test_numbers_alone_need_no_encoding():
    assert "features.encode" not in types(draw([column("size"), column("price")]))
    only_words = [column("place", "category"), column("price")]
    assert "features.encode" in types(draw(only_words))


def test_dates_are_taken_apart_when_there_are_any():
    assert "features.dates" not in types(draw(HOUSES))
    assert "features.dates" in types(draw([*HOUSES, column("sold", "date")]))


def test_identifiers_constants_and_free_text_are_left_out():
    columns = [*HOUSES, column("number"), column("notes", "text"), column("key", role="id"), column("same")]
    warned = [
        {"name": "number", "warnings": [{"code": "id_like"}]},
        {"name": "same", "warnings": [{"code": "constant"}]},
        {"name": "size", "warnings": [{"code": "missing"}]},
    ]
    document = draw(columns, profile={"columns": warned})
    assert document.node("source").params["ignore"] == ["number", "notes", "key", "same"]


def test_numbers_with_a_few_slips_are_read_as_numbers_first():
    columns = [column("size"), column("price", "text"), column("notes", "text")]
    slips = {"columns": [{"name": "price", "warnings": [{"code": "almost_numeric"}]}]}
    document = draw(columns, profile=slips)
    assert document.node("columns").params == {"retype": [{"column": "price", "type": "number"}]}
    assert document.ancestors("split") == {"source", "columns"}
    assert "notes" in document.node("source").params["ignore"]


def test_the_target_is_never_left_out():
    warned = [{"name": "price", "warnings": [{"code": "id_like"}]}]
    assert draw(HOUSES, profile={"columns": warned}).node("source").params["ignore"] == []


@pytest.mark.parametrize(
    ("columns", "target", "words"),
    [
        (HOUSES, "rent", "no column “rent”"),
        ([*HOUSES, column("sold", "date")], "sold", "is a date"),
        ([*HOUSES, column("notes", "text")], "notes", "free text"),
        ([column("price")], "price", "No column is left"),
        ([column("price"), column("notes", "text")], "price", "No column is left"),
    ],
)
def test_what_cannot_be_predicted_is_refused_in_a_sentence(columns, target, words):
    with pytest.raises(ApplicationError, match=words) as refused:
        draw(columns, target)
    assert refused.value.status == 422
    assert refused.value.problems[0]["at"] == "target"
