"""Data to try things out with."""

from __future__ import annotations

import typing

import numpy as np
import pytest

from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.contract.table import is_missing
from tasks.nodes.source.sample.node import SampleParams
from tests.contexts import KnownSchemas, ListContext

Sample = node_class("source.sample")

NAMES = typing.get_args(SampleParams.model_fields["name"].annotation)


def sample(**params):
    return invoke(Sample, {}, Sample.Params(**params), ListContext())["table"]


@pytest.mark.parametrize("name", NAMES)
def test_columns_are_known_before_the_run(name):
    table = sample(name=name)
    inferred = Sample.infer({}, Sample.Params(name=name), KnownSchemas())["table"]
    assert [(c.name, c.type, c.role) for c in inferred.each()] == [
        (c.name, c.type, c.role) for c in table.schema.each()
    ]
    assert table.schema.target
    assert not is_missing(table.columns[table.schema.target]).any()


def test_generated_rows_are_as_many_as_asked_for_and_always_the_same():
    one, two = sample(rows=300), sample(rows=300)
    assert one.rows == 300
    assert one.columns["price"].tolist() == two.columns["price"].tolist()


def test_house_prices_grow_with_the_area():
    table = sample(name="house_prices", rows=2000)
    assert np.corrcoef(table.columns["area"], table.columns["price"])[0, 1] > 0.6
    assert is_missing(table.columns["condition"]).any()


def test_credit_outcomes_are_neither_rare_nor_usual():
    outcomes = sample(name="credit_scoring").columns["outcome"]
    assert 0.1 < np.mean(outcomes == "default") < 0.5


def test_iris_is_the_real_one():
    table = sample(name="iris")
    assert table.rows == 150
    assert table.schema.column("species").categories == ("setosa", "versicolor", "virginica")
