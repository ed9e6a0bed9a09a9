"""Encoding categories."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.contract.errors import NodeError
from tasks.contract.invoke import headline, invoke
from tasks.contract.registry import node_class
from tasks.contract.schema import ColumnType
from tasks.contract.table import as_array
from tasks.contract.transform import prune, run_transforms
from tasks.inference.packaging import package
from tests.contexts import ListContext
from tests.tables import table_of

Encode = node_class("features.encode")


def encoded(table, **params):
    return invoke(Encode, {"table": table}, Encode.Params(**params), ListContext())["table"]


def invoke_node(node, table, **params):
    cls = node_class(node)
    return next(iter(invoke(cls, {"table": table}, cls.Params(**params), ListContext()).values()))


def table(target_type="number"):
    target = [0, 0, 6, 6, 6, 0] if target_type == "number" else ["n", "n", "y", "y", "y", "n"]
    return table_of(
        {"city": ("category", ["a", "a", "b", "b", "b", "c"]), "bought": (target_type, target)}, target="bought"
    )


def answer(made, *words):
    return run_transforms(made.transforms, {"city": as_array(words, ColumnType.CATEGORY)})


def test_each_value_gets_a_column():
    made = encoded(table())
    assert made.schema.names == ("bought", "city=a", "city=b", "city=c")
    assert made.columns["city=b"].tolist() == [0, 0, 1, 1, 1, 0]
    assert headline(Encode, {"table": table()}, {"table": made}) == "1 column became 3"


@pytest.mark.parametrize("words", [("z",), ("z", "a", None)])
def test_value_never_seen_is_none_of_them(words):
    answered = answer(encoded(table()), *words)
    assert [answered[f"city={word}"][0] for word in "abc"] == [0, 0, 0]


def test_value_never_seen_can_count_as_the_most_frequent():
    assert answer(encoded(table(), handle_unknown="frequent"), "z")["city=b"].tolist() == [1]


def test_rare_values_share_a_column_with_those_never_seen():
    made = encoded(table(), min_frequency=0.3)
    assert "city=c" not in made.schema
    assert made.columns["city=(other)"].tolist() == [0, 0, 0, 0, 0, 1]
    assert answer(made, "z")["city=(other)"].tolist() == [1]


def test_most_frequent_values_get_columns_when_there_are_many():
    assert encoded(table(), max_categories=2).schema.names == ("bought", "city=a", "city=b", "city=(other)")


def test_missing_value_gets_a_column_when_training_rows_have_one():
    gappy = table_of({"city": ("category", ["a", None, "b"])})
    assert encoded(gappy).columns["city=(missing)"].tolist() == [0, 1, 0]


def test_value_that_only_test_rows_have_gets_no_column():
    assert "city=c" not in encoded(table().split(np.asarray([0, 0, 0, 0, 0, 2]))).schema


def test_endpoint_is_asked_for_what_is_read_only():
    made = encoded(table())
    kept, needed = prune(made.transforms, ["city=c"])
    assert needed == {"city"}
    assert list(run_transforms(kept, {"city": as_array(["c", "a", "z"], ColumnType.CATEGORY)})) == ["city=c"]
    assert prune(made.transforms, ["bought"]) == ((), {"bought"})


def test_ordinal_goes_by_frequency():
    made = encoded(table(), method="ordinal")
    assert made.columns["city"].tolist() == [1, 1, 0, 0, 0, 2]
    assert answer(made, "z", None)["city"].tolist() == [3, -1]


@pytest.mark.parametrize("kind", ["number", "category"])
def test_target_means_are_drawn_towards_the_overall_mean(kind):
    top = 6 if kind == "number" else 1
    made = encoded(table(kind), method="target", smooth=1.0)
    assert answer(made, "b", "z")["city"].tolist() == pytest.approx([(3 * top + top / 2) / 4, top / 2])


def test_a_training_rows_own_target_is_no_part_of_its_number():
    """The word is there once, or its other rows say the opposite: its own target must not show."""
    made = encoded(table(), method="target", smooth=0.0).split(np.zeros(6))
    assert made.columns["city"][5] == 3  # the only row of “c” gets the overall mean
    assert answer(made, "c")["city"].tolist() == [0]
    pairs = table_of(
        {"word": ("category", [f"w{n // 2}" for n in range(200)]), "y": ("number", [0, 1] * 100)}, target="y"
    )
    column = encoded(pairs, method="target", smooth=0.0).columns["word"]
    assert set(column.tolist()) <= {0.0, 0.5, 1.0}
    assert np.corrcoef(column, pairs.columns["y"])[0, 1] < 0


def random_target(rows=1200, seed=0):
    """Words nearly every row has its own of, and a target that is nothing but chance."""
    random = np.random.default_rng(seed)
    words = [f"c{code}" for code in random.integers(0, rows // 2, rows)]
    noise = random.normal(size=rows).tolist()
    bought = random.integers(0, 2, rows).tolist()
    return table_of(
        {"word": ("category", words), "noise": ("number", noise), "bought": ("boolean", bought)}, target="bought"
    )


@pytest.mark.parametrize("node", ["model.linear", "model.boosting", "model.forest"])
def test_a_target_of_pure_chance_is_not_learned(node):
    """Without cross-fitting the training score is near 1 and models trust the column over all others."""
    table = invoke_node("split.split", random_target(), test_size=0.3)
    table = encoded(table, method="target", smooth=0.0)
    column, target = table.training("word"), table.training("bought")
    assert abs(np.corrcoef(column, target)[0, 1]) < 0.1
    model = invoke_node(node, table)
    assert model.metrics["auc"] == pytest.approx(0.5, abs=0.08)


def test_rows_kept_aside_get_what_the_endpoint_gives():
    table = invoke_node("split.split", random_target(), test_size=0.3)
    made = encoded(table, method="target")
    aside = ~made.training_mask
    served = run_transforms(made.transforms, {"word": table.columns["word"]})["word"]
    assert made.columns["word"][aside].tolist() == served[aside].tolist()
    assert made.columns["word"][~aside].tolist() != served[~aside].tolist()
    assert (made.differs_from_recipe == ~aside).all()


@pytest.mark.parametrize("order", ["split first", "split last", "no split"])
def test_the_endpoint_repeats_training_wherever_the_split_stands(order, monkeypatch):
    monkeypatch.setenv("LEPTON_ARTIFACT_KEY", "a key of the tests")
    table = random_target()
    table = invoke_node("split.split", table) if order == "split first" else table
    table = invoke_node("features.scale", encoded(table, method="target"), columns=("word",))
    table = invoke_node("split.split", table) if order == "split last" else table
    model = invoke_node("model.linear", table)
    assert package(model, "encoded", ListContext()).parity["rows"] > 0


def test_groups_are_not_torn_by_the_parts_a_mean_is_made_of():
    """All rows of a patient have one target: with patients torn apart, the column would tell it."""
    random = np.random.default_rng(0)
    sick = random.integers(0, 2, 100)
    columns = {
        "patient": ("category", [f"p{n}" for n in range(100) for _ in range(4)]),
        "ward": ("category", [f"w{n}" for n in range(100) for _ in range(4)]),
        "sick": ("number", np.repeat(sick, 4).tolist()),
    }
    table = table_of(columns, target="sick", roles={"patient": "group"})
    made = encoded(invoke_node("split.split", table), method="target", smooth=0.0, columns=("ward",))
    assert np.ptp(made.training("ward")) == 0  # no other group has the ward, so nothing is known of it


def test_target_encoding_of_three_classes_is_refused():
    three = table_of({"city": ("category", list("abc")), "kind": ("category", list("xyz"))}, target="kind")
    with pytest.raises(NodeError, match="3 classes"):
        encoded(three, method="target")


def test_column_name_that_is_taken_is_refused():
    clash = table_of({"city": ("category", ["a", "b"]), "city=a": ("number", [1, 2])})
    with pytest.raises(NodeError, match="already a column “city=a”"):
        encoded(clash)
