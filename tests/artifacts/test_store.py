"""The store gives back what was put, under the same address for the same value, and notices every change."""

from __future__ import annotations

import io
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pytest

from tasks.artifacts.arrays import arrays_from_bytes
from tasks.artifacts.errors import ArtifactDamaged, ArtifactError, ArtifactMissing
from tasks.artifacts.store import Store
from tasks.contract.model import Dimension, Learner, Model, Package, Task
from tasks.contract.predictor import Estimator, predictor
from tasks.contract.schema import Column, ColumnType, Role, Schema
from tasks.contract.table import AppliedNode, Partition, Table, as_array
from tasks.contract.transform import Transform, transform
from tasks.contract.values import Figure, Metrics, Report, Study, Trial
from tasks.graph.messages import Message

TABLE_FILES = ("table.arrow", "sample.arrow", "table.json")


@transform("test.shift")
class Shift(Transform):
    """Adds a number to a column."""

    column: str
    by: float

    @property
    def inputs(self):
        return (self.column,)

    @property
    def outputs(self):
        return (self.column,)

    def apply(self, columns):
        return {**columns, self.column: columns[self.column] + self.by}

    def describe(self, schema):
        return schema


@predictor("test.constant")
@dataclass(frozen=True)
class Constant(Estimator):
    """An estimator that always says the same."""

    value: float

    def predict(self, matrix):
        return np.full(len(matrix), self.value)

    def files(self):
        return {"value.txt": str(self.value).encode()}

    @classmethod
    def load(cls, files):
        return cls(float(files["value.txt"]))


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("LEPTON_ARTIFACT_KEY", "a key of the tests")
    return Store(tmp_path / "store")


def every_type() -> Table:
    columns = {
        "number": as_array([1.5, None, -0.0, 1e300], ColumnType.NUMBER),
        "integer": as_array([1, 2, 3, None], ColumnType.INTEGER),
        "yes no": as_array([True, False, None, True], ColumnType.BOOLEAN),
        "цвет": as_array(["красный", None, "", "blå 🦊"], ColumnType.CATEGORY),
        "text": as_array(["a\nb", "a,b", '"', None], ColumnType.TEXT),
        "date": as_array(["2024-02-29", None, "1969-12-31T23:59:59.999999", "2200-01-01"], ColumnType.DATE),
        "__row__": as_array([9, 9, 9, 9], ColumnType.INTEGER),
    }
    kinds = ["number", "integer", "boolean", "category", "text", "date", "integer"]
    schema = Schema.of(
        Column(name=name, type=kind, role=Role.TARGET if name == "number" else Role.FEATURE)
        for name, kind in zip(columns, kinds, strict=True)
    )
    return Table.from_source(columns, schema)


def assert_same_columns(one, two):
    assert list(one) == list(two)
    for name, values in one.items():
        assert values.dtype == two[name].dtype
        assert values.tolist() == two[name].tolist() or np.array_equal(
            values, two[name], equal_nan=values.dtype.kind in "fM"
        )


def assert_same_tables(one, two):
    assert_same_columns(one.columns, two.columns)
    assert_same_columns(one.sample.columns, two.sample.columns)
    assert one.sample.row_ids.tolist() == two.sample.row_ids.tolist()
    assert one.schema == two.schema
    assert one.raw_schema == two.raw_schema
    assert one.transforms == two.transforms
    assert one.post_split_nodes == two.post_split_nodes
    assert one.row_ids.tolist() == two.row_ids.tolist()
    assert (one.partition is None) == (two.partition is None)
    if one.partition is not None:
        assert one.partition.tolist() == two.partition.tolist()
    assert (one.at_split is None) == (two.at_split is None)
    if one.at_split is not None:
        assert_same_tables(one.at_split, two.at_split)


def a_model(table: Table) -> Model:
    return Model(
        task=Task.REGRESSION,
        target="number",
        classes=(),
        features=("integer",),
        raw_schema=table.raw_schema.select(["integer"]),
        transforms=(Shift("integer", math.nan),),
        estimator=Constant(2.5),
        learner=Learner("model.linear", {"alpha": 1.0}, (Dimension("alpha", "float", 0.01, 10, log=True),), 2),
        training=table,
        metrics={"rmse": 1.0, "r2": math.nan},
        scored_on="train",
        held_out=table.sample,
        expected=np.asarray([2.5, 2.5, 2.5, 2.5]),
    )


def test_table_of_every_type_comes_back_as_it_was(store):
    table = every_type()
    assert_same_tables(table, store.get(store.put(table).digest))


def test_table_after_a_split_comes_back_with_its_base_steps_and_replay(store):
    split = every_type().split(np.asarray([0, 1, 2, 0]))
    table = replace(
        split.apply(Shift("integer", math.inf)), post_split_nodes=(AppliedNode("features.scale", {"columns": ["a"]}),)
    )
    back = store.get(store.put(table).digest)
    assert_same_tables(table, back)
    assert back.transforms[0].by == math.inf
    assert back.at_split.mask(Partition.TRAIN).tolist() == [True, False, False, True]


@pytest.mark.parametrize("rows", [0, 1])
def test_tables_of_few_rows_or_no_columns_come_back(store, rows):
    few = every_type().filter(np.arange(rows))
    assert_same_tables(few, store.get(store.put(few).digest))
    bare = Table.from_source({}, Schema())
    assert store.get(store.put(bare).digest).rows == 0


def test_same_value_has_the_same_address_and_another_value_another(store, tmp_path):
    address = store.put(every_type()).digest
    assert Store(tmp_path / "other").put(every_type()).digest == address
    assert store.put(every_type().filter(np.asarray([0, 1, 3, 2]))).digest != address


def test_summary_is_known_without_reading_the_files(store):
    stored = store.describe(store.put(every_type().split(np.asarray([0, 0, 1, 2]))).digest)
    assert stored.kind == "table"
    assert stored.summary == {
        "rows": 4,
        "columns": 7,
        "target": "number",
        "parts": {"train": 2, "valid": 1, "test": 1},
    }


def test_json_wires_come_back(store):
    metrics = Metrics({"auc": 0.5, "lift": math.nan}, "auc", {"classes": ({"class": "a", "f1": 1.0},)})
    back = store.get(store.put(metrics).digest)
    assert back.details == metrics.details
    assert back.values["auc"] == 0.5
    assert math.isnan(back.values["lift"])
    report = Report((Figure("roc", "ROC", {"data": [{"y": [1, 2]}], "layout": {}}),))
    assert store.get(store.put(report).digest) == report
    study = Study("auc", "maximize", (Trial(0, {"a": 1}, 0.5, "done", 1.0, is_best=True),), 0, {"a": 1.0})
    assert store.get(store.put(study).digest) == study
    package = Package("iris", {"steps": []}, {"model.onnx": b"\x00\x01", "native/a.txt": b"a"}, {"rows": 3})
    assert vars(store.get(store.put(package).digest)) == vars(package)


def test_the_sentences_of_a_figure_are_stored_with_their_ids(store):
    rows = Message("figure.rows_count", "{count:,} rows", count=3)
    trace = {"x": [0.5], "text": [rows], "name": Message("figure.rows", "Rows")}
    stored = store.put(Report((Figure("roc", Message("figure.roc", "ROC curve"), {"data": [trace], "layout": {}}),)))
    (figure,) = store.get(stored.digest).figures
    assert figure.spec["data"] == [{"x": [0.5], "text": ["3 rows"], "name": "Rows"}]
    assert figure.messages == {
        "ROC curve": {"id": "figure.roc", "params": {}},
        "3 rows": {"id": "figure.rows_count", "params": {"count": 3}},
        "Rows": {"id": "figure.rows", "params": {}},
    }


def test_json_files_hold_strict_json(store):
    stored = store.put(Metrics({"lift": math.inf}))
    assert b"Infinity" not in store.read_file(stored.digest, "metrics.json")


@transform("test.weighted")
class Weighted(Transform):
    """Adds a weighted sum of moments, to hold arrays of several types."""

    weights: np.ndarray
    moments: np.ndarray
    inputs = outputs = ("number",)

    def apply(self, columns):
        return {**columns, "number": columns["number"] + self.weights.sum()}

    def describe(self, schema):
        return schema


def test_what_a_transform_learned_as_arrays_lies_in_a_binary_file(store):
    random = np.random.default_rng(0)
    learned = Weighted(random.normal(size=(100, 50)), np.array(["2026-01-31", "NaT"], dtype="datetime64[us]"))
    table = every_type().apply(learned)
    stored = store.put(table)
    back = Store(store.url).get(stored.digest)
    assert back.transforms == (learned,)
    without = sum(len(store.read_file(store.put(every_type()).digest, name)) for name in TABLE_FILES)
    assert stored.bytes - without < 1.1 * learned.weights.nbytes
    model = replace(a_model(every_type()), transforms=(learned,))
    assert Store(store.url).get(store.put(model).digest).transforms == (learned,)


def test_arrays_are_never_read_from_a_pickle():
    sink = io.BytesIO()
    np.savez(sink, array0=np.array([Shift("integer", 1.0)], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        arrays_from_bytes(sink.getvalue())


def test_model_comes_back_with_its_training_table(store):
    model = a_model(every_type())
    back = store.get(store.put(model).digest)
    assert back.estimator == model.estimator
    assert back.learner == model.learner
    assert back.metrics["rmse"] == 1.0
    assert math.isnan(back.transforms[0].by)
    assert_same_tables(back.training, model.training)
    assert back.expected.tolist() == model.expected.tolist()


def test_model_signed_with_another_key_is_refused(store, monkeypatch):
    address = store.put(a_model(every_type())).digest
    monkeypatch.setenv("LEPTON_ARTIFACT_KEY", "another key")
    with pytest.raises(ArtifactDamaged, match="not signed by this server"):
        store.get(address)


def test_server_without_a_key_says_which_variable_to_set(store, monkeypatch):
    monkeypatch.delenv("LEPTON_ARTIFACT_KEY")
    with pytest.raises(ArtifactError, match="LEPTON_ARTIFACT_KEY"):
        store.put(a_model(every_type()))


@pytest.mark.parametrize("name", ["table.arrow", "table.json", "manifest.json"])
def test_changed_file_is_noticed(store, tmp_path, name):
    address = store.put(every_type()).digest
    path = tmp_path / "store" / address[:2] / address[2:] / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtifactDamaged):
        Store(tmp_path / "store").get(address)


@pytest.mark.parametrize("address", ["", "../../etc/passwd", "0" * 64])
def test_unknown_address_is_missing(store, address):
    assert not store.exists(address)
    with pytest.raises(ArtifactMissing):
        store.get(address)


def test_file_outside_the_artifact_cannot_be_read(store):
    address = store.put(every_type()).digest
    with pytest.raises(ArtifactMissing):
        store.read_file(address, "../manifest.json")


def test_half_an_artifact_is_none_and_gives_way(store, tmp_path):
    table = every_type()
    address = Store(tmp_path / "other").put(table).digest
    half = tmp_path / "store" / address[:2] / address[2:]
    half.mkdir(parents=True)
    (half / "table.arrow").write_bytes(b"half")
    assert not store.exists(address)
    assert_same_tables(table, store.get(store.put(table).digest))


@pytest.mark.parametrize("name", ["table.arrow", "table.json", "manifest.json"])
@pytest.mark.parametrize("damage", [b"", b"other"], ids=["cut", "changed"])
def test_what_is_damaged_on_the_disk_is_mended_when_the_value_is_put_again(store, tmp_path, name, damage):
    table = every_type()
    digest = store.put(table).digest
    next((tmp_path / "store").rglob(name)).write_bytes(damage)
    assert Store(tmp_path / "store").put(every_type()).digest == digest
    assert_same_tables(table, Store(tmp_path / "store").get(digest))


def test_artifact_can_be_deleted_and_put_again(store):
    table = every_type()
    address = store.put(table).digest
    assert list(store.digests()) == [address]
    store.delete(address)
    assert not store.exists(address)
    assert store.put(table).digest == address
    assert_same_tables(table, store.get(address))


def test_same_value_put_by_many_at_once_is_there_once(tmp_path):
    tables = [every_type() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        addresses = set(pool.map(lambda table: Store(tmp_path / "store").put(table).digest, tables))
    assert list(Store(tmp_path / "store").digests()) == list(addresses)
    assert [path.name for path in (tmp_path / "store").iterdir() if path.name.startswith(".")] == []


def test_store_by_url_keeps_artifacts_where_there_is_no_rename(monkeypatch):
    remote = Store("memory://lepton/artifacts")
    table = every_type()
    address = remote.put(table).digest
    assert_same_tables(table, remote.get(address))
    assert list(remote.digests()) == [address]
    remote.delete(address)
    assert not remote.exists(address)


def test_reading_json_files_loads_no_numerical_library(store, tmp_path):
    address = store.put(Metrics({"auc": 0.5})).digest
    code = (
        "import sys; from tasks.artifacts.store import Store;"
        f"Store({str(tmp_path / 'store')!r}).read_file({address!r}, 'metrics.json');"
        "print([name for name in ('numpy', 'pyarrow', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
