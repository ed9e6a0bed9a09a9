"""Nodes say which warnings of a table they mend: every purpose is served, with parameters that the node accepts."""

from __future__ import annotations

import pytest

from tasks.catalogue import catalogue
from tasks.contract.registry import node_class
from tasks.graph.fixes import FixPurpose, params_for


@pytest.mark.parametrize("purpose", FixPurpose)
def test_every_purpose_is_served_by_a_node_with_parameters_that_it_accepts(purpose):
    node = catalogue().fixing(purpose)
    assert node is not None
    params = params_for(node.fixes[purpose], "price")
    accepted = node_class(node.id).Params.model_validate(params).model_dump(mode="json")
    assert accepted != node_class(node.id).Params().model_dump(mode="json") or not params
    assert not params or "price" in str(params)


def test_the_column_is_put_in_at_every_depth_and_nothing_else_is_changed():
    template = {"roles": [{"column": "{column}", "role": "id"}], "share": 0.01, "text": "of {column}"}
    assert params_for(template, "a") == {"roles": [{"column": "a", "role": "id"}], "share": 0.01, "text": "of {column}"}
