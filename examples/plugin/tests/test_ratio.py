"""The node by itself, under the contract of all nodes, in the catalogue, and behind an endpoint.

``README.md`` of the plug-in says how to run them.
"""

import json

import numpy as np
import pytest

from tasks.contract.errors import NodeError
from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.export import catalogue_json
from tasks.inference.packaging import package
from tasks.inference.program import Program
from tests.contexts import ListContext
from tests.nodes.contract.kinds import split
from tests.nodes.contract.whole import check_node
from tests.tables import ready, table_of

Ratio = node_class("ratios.ratio")


def divided(table, **params):
    return invoke(Ratio, {"table": table}, Ratio.Params(**params), ListContext())["table"]


def test_a_column_is_divided_and_nothing_is_divided_by_zero():
    table = table_of({"debt": ("number", [6.0, 1.0, None]), "income": ("number", [3.0, 0.0, 2.0])})
    made = divided(table, numerator="debt", denominator="income").columns["debt / income"]
    np.testing.assert_array_equal(made, [2.0, np.nan, np.nan])


def test_a_column_that_is_not_there_is_refused():
    with pytest.raises(NodeError, match="“rent” is no column of numbers"):
        divided(ready(), numerator="first", denominator="rent")


def test_it_keeps_the_promises_of_a_node():
    check_node(Ratio)


def test_the_catalogue_has_its_icon_its_heading_and_its_words():
    catalogue = json.loads(catalogue_json())
    node = catalogue["nodes"]["ratios.ratio"]
    assert (node["icon"], node["purpose"]["title"]) == ("divide", "Ratios")
    assert catalogue["words"]["zh"]["nodes"]["ratios.ratio"]["title"] == "两列之比"
    assert catalogue["words"]["zh"]["purposes"]["ratios"] == "比值"
    assert "{{column}}" in catalogue["words"]["zh"]["messages"]["ratios.no_number"]


def test_an_endpoint_divides_too(monkeypatch):
    monkeypatch.setenv("LEPTON_ARTIFACT_KEY", "a key of the tests")
    linear = node_class("model.linear")
    table = divided(split(ready()), numerator="first", denominator="second", name="ratio")
    model = invoke(linear, {"table": table}, linear.Params(), ListContext())["model"]
    packed = package(model, "ratios", ListContext())
    assert "ratio" in model.features
    row = {"first": 1.0, "second": 2.0}
    assert np.isfinite(Program.load(packed.program, packed.files).predict_rows([row]).predictions[0])
