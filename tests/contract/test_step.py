"""Steps: pruned to what matters, and written without loss."""

import json
from dataclasses import dataclass

import numpy as np
import pytest

from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.step import Step, prune, run_steps, step_from_json, step_to_json
from tasks.contract.table import Partition, Table


@dataclass(frozen=True)
class Double(Step):
    source: str
    name: str
    factors: np.ndarray | None = None
    labels: dict | None = None

    @property
    def reads(self):
        return (self.source,)

    @property
    def writes(self):
        return (self.name,)

    def apply(self, columns):
        return {**columns, self.name: columns[self.source] * 2}

    def describe(self, schema):
        return schema.adding([Column(name=self.name, type=ColumnType.NUMBER)])


def table(rows=4):
    schema = Schema.of([Column(name=name, type=ColumnType.NUMBER) for name in "ab"])
    return Table.from_source({name: np.arange(rows, dtype=float) for name in "ab"}, schema)


def test_only_the_steps_behind_wanted_columns_are_kept():
    steps = [Double("a", "c"), Double("c", "d"), Double("b", "e")]
    kept, raw = prune(steps, ["d"])
    assert kept == (steps[0], steps[1])
    assert raw == {"a"}


def test_a_column_that_is_overwritten_is_still_asked_for():
    kept, raw = prune([Double("a", "a")], ["a"])
    assert len(kept) == 1
    assert raw == {"a"}


def test_the_recipe_repeats_what_the_table_went_through():
    made = table().apply(Double("a", "c")).apply(Double("c", "a"))
    again = run_steps(made.steps, made.sample.columns)
    for name in made.schema.names:
        np.testing.assert_array_equal(again[name], made.columns[name])


def test_a_step_is_written_and_read_without_loss(monkeypatch):
    monkeypatch.setattr("tasks.contract.step.TRUSTED_PACKAGES", {__name__.split(".", 1)[0]})
    step = Double("a", "ü", np.asarray([0.1, np.nan, np.inf]), {"x": (1, 2.5, None)})
    again = step_from_json(json.loads(json.dumps(step_to_json(step))))
    np.testing.assert_array_equal(again.factors, step.factors)
    assert (again.source, again.name, again.labels) == (step.source, step.name, step.labels)


def test_a_step_of_a_package_that_is_not_trusted_is_refused(monkeypatch):
    monkeypatch.setattr("tasks.contract.step.TRUSTED_PACKAGES", {"elsewhere"})
    with pytest.raises(ValueError, match="not allowed"):
        step_from_json(step_to_json(Double("a", "b")))


def test_a_class_that_is_no_step_is_refused():
    with pytest.raises(ValueError, match="is not a step"):
        step_from_json({"kind": "tasks.contract.schema:Schema", "state": {}})


def test_rows_taken_keep_their_place_in_the_source():
    made = table().split(np.asarray([0, 1, 2, 0])).take(np.asarray([False, True, True, True]))
    assert made.row_ids.tolist() == [1, 2, 3]
    assert made.mask(Partition.TRAIN).tolist() == [False, False, True]


def test_before_a_split_every_row_trains():
    assert table().training_mask.all()
    assert not table().mask(Partition.TEST).any()
