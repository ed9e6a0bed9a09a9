"""Stable ids: what is stored under one is read by the class that has it today, and by nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

from tasks.contract import registry, stable_ids
from tasks.contract.plugins import NodePackage
from tasks.contract.stable_ids import StableIds
from tasks.contract.transform import TRANSFORMS, Transform, transform, transform_from_json, transform_to_json


class Learned(Transform):
    factor: float

    inputs = outputs = ("a",)

    def apply(self, columns):
        return {**columns, "a": columns["a"] * self.factor}

    def describe(self, schema):
        return schema


@transform("test.learned", version=3, aliases=("elsewhere.nodes:Learned",))
class Current(Learned):
    factor: float

    @staticmethod
    def migrate(state, version):
        if version < 2:
            state = {"percent": state["value"]}
        return {"factor": state["percent"] / 100}


@pytest.mark.parametrize(
    "stored",
    [
        {"kind": "elsewhere.nodes:Learned", "state": {"value": 50}},
        {"id": "test.learned", "version": 1, "state": {"value": 50}},
        {"id": "test.learned", "version": 2, "state": {"percent": 50}},
        {"id": "test.learned", "version": 3, "state": {"factor": 0.5}},
    ],
)
def test_what_older_versions_stored_is_migrated(stored):
    assert transform_from_json(stored) == Current(0.5)


def test_what_a_newer_version_stored_is_refused():
    with pytest.raises(ValueError, match="version 4.*up to 3"):
        transform_from_json({"id": "test.learned", "version": 4, "state": {}})


def test_two_classes_cannot_have_one_id():
    for taken in ("test.learned", "elsewhere.nodes:Learned"):
        with pytest.raises(ValueError, match="Two transforms are stored as"):
            transform(taken)(type("Other", (Learned,), {}))
        with pytest.raises(ValueError, match="Two transforms are stored as"):
            transform("test.other", aliases=(taken,))(type("Other", (Learned,), {}))


def test_a_class_without_an_id_cannot_be_stored():
    with pytest.raises(TypeError, match=r"Learned has no stable id.*@transform"):
        transform_to_json(Learned())


@pytest.mark.parametrize("named", ["tasks.contract.schema:Schema", "os:system", "clean.nothing", ""])
def test_only_registered_types_are_read(named):
    with pytest.raises(ValueError, match="is installed here"):
        transform_from_json({"kind": named, "state": {}})


def test_a_type_whose_module_moved_is_found_before_the_index_is_written_anew(monkeypatch):
    monkeypatch.setattr(stable_ids, "_index", lambda: {"transform": {"clean.impute": "tasks.nodes.clean.moved"}})
    fresh: StableIds[Transform] = StableIds("transform")
    imported = []
    monkeypatch.setattr(stable_ids, "import_modules", imported.append)
    with pytest.raises(ValueError, match="is installed here"):
        fresh.find("clean.impute")
    assert imported == [NodePackage("", "tasks.nodes")]


def test_a_plugin_stores_what_it_learns_under_its_own_name():
    package = NodePackage("acme", __name__.rpartition(".")[0])
    with pytest.raises(ValueError, match=r"must begin with “acme\.”"):
        registry._check_stored_ids(package)


READ = """
import json, sys
from tasks.contract.transform import transform_from_json
read = transform_from_json(json.loads(sys.argv[1]))
print(json.dumps([type(read).__module__, sorted(m for m in sys.modules if m.startswith("tasks.nodes."))]))
"""


def read_in_a_fresh_process(stored, **environment):
    done = subprocess.run(
        [sys.executable, "-c", READ, json.dumps(stored)],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path), **environment},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_reading_a_transform_imports_its_module_alone():
    stored = {"id": "clean.clip", "version": 1, "state": {}}
    module, imported = read_in_a_fresh_process(stored)
    siblings = {registered.type.__module__ for registered in TRANSFORMS.all()} - {module}
    assert module.startswith("tasks.nodes.clean.")
    assert not siblings & set(imported)


@pytest.mark.parametrize("name", ["id", "kind"])
def test_a_process_that_only_serves_finds_the_transforms_of_a_plugin(tmp_path, name):
    package = tmp_path / "acme_nodes"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "double.py").write_text(
        textwrap.dedent(
            """
            from tasks.contract.transform import Transform, transform

            @transform("acme.double", aliases=("acme_nodes.former:Double",))
            class Double(Transform):
                inputs = outputs = ("a",)

                def apply(self, columns):
                    return {**columns, "a": columns["a"] * 2}

                def describe(self, schema):
                    return schema
            """
        )
    )
    stored = {"id": {"id": "acme.double"}, "kind": {"kind": "acme_nodes.former:Double"}}[name]
    module, imported = read_in_a_fresh_process(
        {**stored, "state": {}},
        LEPTON_NODE_PACKAGES="acme=acme_nodes",
        PYTHONPATH=":".join([str(tmp_path), *sys.path]),
    )
    assert module == "acme_nodes.double"
    assert imported == []
