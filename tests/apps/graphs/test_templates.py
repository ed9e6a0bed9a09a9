"""Templates and the wizard's graphs hold against the real nodes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apps.graphs.auto_graph import predict_column
from apps.graphs.data_problems import date_card, time_split
from apps.graphs.templates import templates
from tasks.catalogue import catalogue
from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.engine.schema_inference import infer_graph
from tasks.graph.document import Document
from tasks.graph.problems import SPLIT_TYPE, find_problems
from tasks.ingest.profile import profile
from tests.contexts import ListContext
from tests.factories import HOUSES, column


@pytest.fixture
def small_catalogue():
    """The real catalogue, not the small one of the other tests here."""


@pytest.mark.parametrize("template", templates(), ids=lambda template: template["slug"])
def test_a_template_has_no_problems(template):
    document = Document.model_validate(template["document"])
    assert find_problems(document, catalogue()) == []
    assert infer_graph({"document": template["document"]})["problems"] == []


@pytest.mark.parametrize("text", ["title", "description"])
def test_every_template_is_named_and_described_in_chinese(text):
    path = Path(__file__).parents[3] / "frontend/src/locales/zh/messages.json"
    sentences = json.loads(path.read_text(encoding="utf-8"))
    ids = {template[f"{text}_parts"]["id"] for template in templates()}
    there = {name for name in sentences if name.startswith("template.") and name.endswith(text)}
    assert ids == there


@pytest.mark.parametrize("template", templates(), ids=lambda template: template["slug"])
def test_a_template_goes_from_sample_data_to_an_endpoint(template):
    types = {node["type"] for node in template["document"]["nodes"]}
    assert {"source.sample", "split.split", "tune.tune", "evaluate.evaluate", "publish.deploy"} <= types
    places = [(node["position"]["x"], node["position"]["y"]) for node in template["document"]["nodes"]]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("template", templates(), ids=lambda template: template["slug"])
def test_a_template_is_judged_on_the_newest_rows_where_its_data_are_dated(template):
    document = Document.model_validate(template["document"])
    (source,) = [node for node in document.nodes if node.type == "source.sample"]
    (split,) = [node for node in document.nodes if node.type == SPLIT_TYPE]
    node = node_class(source.type)
    table = invoke(node, {}, node.Params(**source.params), ListContext())["table"]
    columns = {column.name: {"type": str(column.type)} for column in table.schema.each()}
    card = date_card(profile(table)["columns"], columns)
    assert split.params == (time_split(card) if card else {})


@pytest.mark.parametrize("target", ["price", "place"])
def test_what_the_wizard_draws_has_no_problems(target):
    columns = [*HOUSES, column("sold", "date")]
    document = predict_column(dataset_id="d", columns=columns, profile={}, target=target)
    assert find_problems(document, catalogue()) == []
    schema = {"columns": columns, "is_open": False}
    known = {"document": document.model_dump(mode="json"), "datasets": {"d": schema}, "rows": {"d": 100}}
    assert infer_graph(known)["problems"] == []


@pytest.mark.parametrize("template", templates(), ids=lambda template: template["slug"])
def test_a_template_s_model_can_use_every_column_that_reaches_it(template):
    schemas = infer_graph({"document": template["document"]})["schemas"]
    columns = schemas["encode"]["table"]["columns"]
    words = [one["name"] for one in columns if one["role"] == "feature" and one["type"] in {"date", "category", "text"}]
    assert words == []


def test_the_house_prices_template_learns_from_the_day_of_sale():
    document = next(one for one in templates() if one["slug"] == "house-prices")["document"]
    schemas = infer_graph({"document": document})["schemas"]
    assert "sold_on" in {one["name"] for one in schemas["source"]["table"]["columns"]}
    assert any(one["name"].startswith("sold_on_") for one in schemas["encode"]["table"]["columns"])
