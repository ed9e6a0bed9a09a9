"""A plug-in that is broken costs its own nodes and nothing else."""

from __future__ import annotations

import textwrap

import pytest

from apps.common.engine_process import ENGINE_COMMAND, EngineProcess
from apps.graphs import schema_inference
from tasks.graph.document import Document

NODE = """
from dataclasses import dataclass

from tasks.contract.node import Node
from tasks.contract.table import Table


class Noop(Node):
    title = "Noop"

    @dataclass(frozen=True)
    class Inputs:
        table: Table

    @dataclass(frozen=True)
    class Outputs:
        table: Table

    @staticmethod
    def run(inputs, params, context):
        return Noop.Outputs(inputs.table)

    @staticmethod
    def infer(schemas, params, known):
        {infer}
"""
FAULTS = {
    "that raises at import": "raise RuntimeError('out of order')",
    "that ends the process": "import sys; sys.exit(3)",
    "without a node": "pass",
    "that hangs": "import threading; threading.Event().wait()",
}


def graph(*types):
    return {
        "nodes": [{"id": kind, "type": kind, "params": {}} for kind in types],
        "edges": [
            {"source": source, "source_port": "table", "target": target, "target_port": "table"}
            for source, target in zip(types, types[1:], strict=False)
        ],
    }


@pytest.fixture
def write_plugin(tmp_path):
    def write(name, source):
        folder = tmp_path / f"{name}_nodes" / "noop"
        folder.mkdir(parents=True)
        for path in (folder.parent, folder):
            (path / "__init__.py").touch()
        (folder / "node.py").write_text(textwrap.dedent(source))

    return write


@pytest.fixture
def engine(tmp_path):
    made = []

    def start(*names):
        packages = ",".join(f"{name}={name}_nodes" for name in names)
        variables = {"LEPTON_NODE_PACKAGES": packages, "PYTHONPATH": str(tmp_path)}
        made.append(EngineProcess((*ENGINE_COMMAND, "--light"), environment=variables))
        return made[0]

    yield start
    for process in made:
        process.close()


def infer(process, *types):
    document = graph(*types)
    document["nodes"][0]["params"] = {"dataset": "d"}
    columns = {"columns": [{"name": "size", "type": "number"}]}
    return process.request({"op": "infer", "document": document, "datasets": {"d": columns}}, timeout_seconds=60)[
        "done"
    ]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_plug_in(write_plugin, engine, fault):
    """Graphs without its nodes and those of other plug-ins are inferred; its own say what is the matter."""
    write_plugin("broken", FAULTS[fault])
    write_plugin("sound", NODE.format(infer="return dict(schemas)"))
    process = engine("broken", "sound")
    for types in (("source.file", "clean.impute"), ("source.file", "sound.noop")):
        done = infer(process, *types)
        assert set(done["schemas"]) == set(types)
        assert (done["problems"], done["broken_plugins"]) == ([], {})
    done = infer(process, "source.file", "broken.noop", "clean.impute")
    assert list(done["broken_plugins"]) == ["broken_nodes"]
    [problem] = done["problems"]
    assert (problem["at"], problem["message_params"]["module"]) == ("nodes.broken.noop", "broken_nodes")
    assert problem["severity"] == ("warning" if fault == "that hangs" else "error")
    assert "source.file" in done["schemas"]


@pytest.mark.parametrize(("infers", "told"), [("schemas['other']", "KeyError"), ("{'table': 3}", "AttributeError")])
def test_a_node_whose_infer_fails_takes_no_other_columns_away(write_plugin, engine, infers, told):
    write_plugin("sound", NODE.format(infer=f"return {infers}"))
    done = infer(engine("sound"), "source.file", "sound.noop")
    assert "source.file" in done["schemas"]
    [problem] = done["problems"]
    assert (problem["node"], problem["severity"]) == ("sound.noop", "warning")
    assert told in problem["message"]


def test_a_run_of_its_node_ends_with_the_reason(write_plugin, engine, tmp_path):
    write_plugin("broken", FAULTS["that raises at import"])
    request = {
        "op": "run",
        "type": "broken.noop",
        "version": 1,
        "seed": 0,
        "device": "cpu",
        "store": str(tmp_path / "artifacts"),
        "workspace": str(tmp_path / "attempts"),
    }
    error = engine("broken").request(request)["error"]
    assert error["kind"] == "node"
    assert "broken_nodes" in error["message"]
    assert "out of order" in error["message"]


def test_the_log_names_a_broken_plug_in_once(monkeypatch, caplog):
    answer = {"schemas": {}, "problems": [], "estimates": {}, "broken_plugins": {"broken_nodes": "Out of order."}}
    asked = []
    monkeypatch.setattr(schema_inference, "_request", lambda request: asked.append(request) or answer)
    monkeypatch.setattr(schema_inference, "_logged_plugins", {})
    document = Document.model_validate({"nodes": [{"id": "n", "type": "broken.noop"}], "edges": []})
    for _ in range(2):
        assert schema_inference.infer(document, {}) == answer
    assert len(asked) == 2  # an answer without those columns is not remembered
    [line] = [record.getMessage() for record in caplog.records]
    assert line == "the nodes of the package broken_nodes are left out: Out of order."
