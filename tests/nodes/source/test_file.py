"""Bringing in a data set."""

from __future__ import annotations

import pytest

from tasks.contract.errors import NodeError
from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tests.contexts import KnownSchemas, ListContext
from tests.tables import table_of

File = node_class("source.file")


def stored():
    return table_of({"a": ("number", [1.0]), "b": ("number", [2.0]), "key": ("text", ["x"])}, target="a")


def brought(**params):
    return invoke(File, {}, File.Params(dataset="d", **params), ListContext(tables={"d": stored()}))["table"]


def roles(schema):
    return {column.name: str(column.role) for column in schema.each()}


def test_roles_are_marked():
    made = brought(target="b", ignore=("key",))
    assert roles(made.schema) == {"a": "feature", "b": "target", "key": "ignore"}
    assert roles(made.raw_schema) == roles(made.schema)
    inferred = File.infer(
        {}, File.Params(dataset="d", target="b", ignore=("key",)), KnownSchemas({"d": stored().schema})
    )
    assert inferred["table"] == made.schema


def test_other_roles_can_be_given():
    assert roles(brought(roles=({"column": "key", "role": "id"},)).schema)["key"] == "id"


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"target": "z"}, "no column “z”"),
        ({"target": "a", "ignore": ("a",)}, "two roles"),
        ({"target": "a", "roles": ({"column": "b", "role": "target"},)}, "Two columns have the role target"),
    ],
)
def test_roles_that_do_not_suit_are_refused(params, says):
    with pytest.raises(NodeError, match=says):
        brought(**params)


def test_no_data_set_is_said_while_drawing():
    with pytest.raises(NodeError, match="No data set is chosen"):
        File.infer({}, File.Params(), KnownSchemas())


def test_unknown_data_set_leaves_the_columns_open():
    assert File.infer({}, File.Params(dataset="gone"), KnownSchemas()) == {}


def test_fewer_rows_are_taken_at_random_in_their_order_and_the_same_ones_again():
    table = table_of({"a": ("number", [float(row) for row in range(1000)])})
    context = ListContext(tables={"d": table})
    some = invoke(File, {}, File.Params(dataset="d", max_rows=100), context)["table"]
    again = invoke(File, {}, File.Params(dataset="d", max_rows=100), context)["table"]
    assert some.rows == 100
    assert some.row_ids.tolist() == sorted(some.row_ids.tolist()) == again.row_ids.tolist()
    assert some.row_ids.tolist() != list(range(100))
    assert "100 of 1,000 rows were taken at random." in context.logs
    every = invoke(File, {}, File.Params(dataset="d", max_rows=1000), context)["table"]
    assert every.rows == 1000
