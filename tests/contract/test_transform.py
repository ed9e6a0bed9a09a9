"""Transforms: pruned to what matters, and written without loss."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tasks.artifacts.arrays import arrays_from_bytes, arrays_to_bytes
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.table import Partition, Table
from tasks.contract.transform import (
    Transform,
    prune,
    run_transforms,
    transform,
    transform_from_json,
    transform_to_json,
)


@transform("test.double")
class Double(Transform):
    source: str
    name: str
    factors: np.ndarray | None = None
    labels: dict | None = None

    @property
    def inputs(self):
        return (self.source,)

    @property
    def outputs(self):
        return (self.name,)

    def apply(self, columns):
        return {**columns, self.name: columns[self.source] * 2}

    def describe(self, schema):
        return schema.adding([Column(name=self.name, type=ColumnType.NUMBER)])


def table(rows=4):
    schema = Schema.of([Column(name=name, type=ColumnType.NUMBER) for name in "ab"])
    return Table.from_source({name: np.arange(rows, dtype=float) for name in "ab"}, schema)


def test_only_the_transforms_behind_wanted_columns_are_kept():
    transforms = [Double("a", "c"), Double("c", "d"), Double("b", "e")]
    kept, raw = prune(transforms, ["d"])
    assert kept == (transforms[0], transforms[1])
    assert raw == {"a"}


def test_a_column_that_is_overwritten_is_still_asked_for():
    kept, raw = prune([Double("a", "a")], ["a"])
    assert len(kept) == 1
    assert raw == {"a"}


def test_the_recipe_repeats_what_the_table_went_through():
    made = table().apply(Double("a", "c")).apply(Double("c", "a"))
    again = run_transforms(made.transforms, made.sample.columns)
    for name in made.schema.names:
        np.testing.assert_array_equal(again[name], made.columns[name])


def every_kind_of_field():
    return Double("a", "ü", np.asarray([0.1, np.nan, np.inf]), {"x": (1, 2.5, None), "y": {"z": np.arange(3)}})


def test_a_transform_is_written_and_read_without_loss():
    again = transform_from_json(json.loads(json.dumps(transform_to_json(every_kind_of_field()), allow_nan=False)))
    assert again == every_kind_of_field()


def test_learned_arrays_are_handed_out_for_a_file_beside_the_json():
    arrays = {}
    written = json.dumps(transform_to_json(every_kind_of_field(), arrays), allow_nan=False)
    assert sorted(map(len, arrays.values())) == [3, 3]
    assert "0.1" not in written
    assert transform_from_json(json.loads(written), arrays_from_bytes(arrays_to_bytes(arrays))) == every_kind_of_field()


@pytest.mark.parametrize(
    "other",
    [
        replace(every_kind_of_field(), factors=np.asarray([0.1, np.nan, 1.0])),
        replace(every_kind_of_field(), factors=np.asarray([0.1, np.nan])),
        replace(every_kind_of_field(), factors=None),
        replace(every_kind_of_field(), labels={"x": (1, 2.5, None), "y": {"z": np.arange(3) + 1}}),
        replace(every_kind_of_field(), name="u"),
    ],
)
def test_transforms_that_learned_something_else_differ(other):
    assert other != every_kind_of_field()


def test_what_is_stored_names_no_module():
    assert transform_to_json(Double("a", "b")).keys() == {"id", "version", "state"}
    assert __name__.split(".")[-1] not in json.dumps(transform_to_json(Double("a", "b")))


def test_rows_taken_keep_their_place_in_the_source():
    made = table().split(np.asarray([0, 1, 2, 0])).filter(np.asarray([False, True, True, True]))
    assert made.row_ids.tolist() == [1, 2, 3]
    assert made.mask(Partition.TRAIN).tolist() == [False, False, True]


def test_before_a_split_every_row_trains():
    assert table().training_mask.all()
    assert not table().mask(Partition.TEST).any()
