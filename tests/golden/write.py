"""Write a generation of the golden store: values as today's code stores them, and the answers they gave.

Run it from the root of a checkout whenever the form of anything that is stored changes, and commit what it writes:

    python -m tests.golden.write tests/golden/generation_6

Earlier generations are never written again: they stand for what lies in the stores of running installations.
A generation holds

- ``store/``: an artifact store with tables, models, packages, a study, metrics and reports;
- ``rows.json``: the raw rows that the tables were made from, value by value;
- ``answers.json``: per artifact its digest, what it held when it was written, and what a package answered to raw rows;
- ``graphs/``: saved graphs, among them one of every kind of node with no parameter at its default;
- ``processor.json``: the kind of processor that computed the answers, see `tests.golden.stored.same`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tasks.artifacts.signature import KEY_VARIABLE
from tasks.artifacts.store import Store
from tasks.contract.invoke import invoke
from tasks.contract.model import Model
from tasks.contract.registry import all_nodes, node_class
from tasks.contract.schema import Role, Schema
from tasks.contract.table import Table
from tasks.graph.document import Document
from tasks.inference.estimators import SklearnEstimator
from tasks.inference.packaging import package, raw_rows
from tasks.inference.server.deployments.package import loader
from tasks.inference.spelled_rows import spelled_rows
from tasks.ingest.ingest import ingest
from tests.contexts import ListContext
from tests.golden.contents import (
    CHOSEN,
    FILE,
    FILE_RECIPE,
    LEARNERS,
    LEFT_OUT,
    NUMBERS,
    OTHER_PARAMS,
    SPELLED_FILE,
    SPELLED_RECIPE,
    SPELLED_TARGET,
    TABLES,
    TARGETS,
    WORDS,
    Recipe,
    file_content,
    raw_table,
    spelled_content,
)
from tests.golden.stored import (
    KEY,
    Weighted,
    answers_of,
    array_json,
    graph_state,
    metrics_state,
    model_state,
    package_state,
    processor,
    report_state,
    study_state,
    table_state,
)

ASKED_ROWS = 5


def run(node: str, inputs: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs of a node."""
    cls = node_class(node)
    return invoke(cls, inputs, cls.Params.model_validate(params), ListContext())


def made_by(recipe: Recipe, table: Table) -> Table:
    """Return the table behind these nodes."""
    for node, params in recipe:
        table = run(node, {"table": table}, params)["table"]
    return table


class Writer:
    """Puts values into the store of a generation and notes what they held and answered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(folder / "store")
        self.answers: dict[str, dict[str, Any]] = {}

    def put(self, kind: str, name: str, value: Any, state: Mapping[str, Any]) -> str:
        """Keep a value, note what it holds, and return where it lies."""
        address = self.store.put(value).digest
        self.answers.setdefault(kind, {})[name] = {"digest": address, **state}
        return address

    def package(self, name: str, model: Model, rows: Sequence[dict[str, Any]] | None = None) -> None:
        """Keep a model's package and what it answers to held-out rows, or to others."""
        made = package(model, name, ListContext())
        asked = list(rows or raw_rows(model.raw_schema, model.held_out.columns))[:ASKED_ROWS]
        address = self.put("packages", name, made, package_state(made))
        program = loader(self.store.url)(address).program
        self.answers["packages"][name] |= {"rows": asked, "answers": answers_of(program, asked)}

    def close(self) -> None:
        """Write the answers."""
        columns = {name: array_json(values) for name, values in raw_table("price").columns.items()}
        write_json(self.folder / "rows.json", columns)
        write_json(self.folder / "answers.json", self.answers)
        write_json(self.folder / "processor.json", processor())


def write_json(path: Path, data: Any) -> None:
    """Write JSON data, one short line per entry where that keeps a change readable."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n", encoding="utf-8")


def write_models(writer: Writer) -> None:
    """Keep a model and a package of each learner for each kind of target, and what is made of models."""
    for kind, target in TARGETS.items():
        table = made_by(NUMBERS, raw_table(target))
        task = "classification" if target == "grade" else "auto"
        for learner, (node, params) in LEARNERS.items():
            if (learner, kind) in LEFT_OUT:
                continue
            model = run(node, {"table": table}, {**params, "task": task})["model"]
            writer.put("models", f"{learner}, {kind}", model, model_state(model))
            writer.package(f"{learner}, {kind}", model)
            if kind != "three classes" and learner == "linear":
                write_followers(writer, kind, model)


def write_choices(writer: Writer) -> None:
    """Keep a model of a positive class and threshold that were chosen, and one that learned from words."""
    for name, recipe, params in (("chosen threshold", NUMBERS, CHOSEN), ("words of texts", WORDS, {})):
        model = run("model.linear", {"table": made_by(recipe, raw_table("bought"))}, params)["model"]
        writer.put("models", name, model, model_state(model))
        writer.package(name, model)


def in_native_form(model: Model) -> Model:
    """Return a model whose estimator has no ONNX form, so that its package holds the signed native file."""
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    table, rows = model.training, model.training.training_mask
    matrix, target = table.matrix(model.features, rows), table.columns[model.target][rows]
    fitted = (KNeighborsClassifier if model.classes else KNeighborsRegressor)(3).fit(matrix, target)
    estimator = SklearnEstimator(fitted)
    held_out = np.isin(table.row_ids, model.held_out.row_ids)
    return replace(model, estimator=estimator, expected=estimator.predict(table.matrix(model.features, held_out)))


def write_followers(writer: Writer, kind: str, model: Model) -> None:
    """Keep what Evaluate and Tune give, and a model and package of a native form that does not convert to ONNX."""
    native = in_native_form(model)
    writer.put("models", f"native, {kind}", native, model_state(native))
    writer.package(f"native, {kind}", native)
    evaluated = run("evaluate.evaluate", {"model": model}, {"repeats": 1})
    writer.put("metrics", kind, evaluated["metrics"], metrics_state(evaluated["metrics"]))
    writer.put("reports", kind, evaluated["report"], report_state(evaluated["report"]))
    predicted = evaluated["predictions"]
    writer.put("tables", f"predictions, {kind}", predicted, table_state(predicted))
    tuned = run("tune.tune", {"model": model}, {"n_trials": 3, "folds": 2, "timeout": 60})
    writer.put("models", f"tuned, {kind}", tuned["model"], model_state(tuned["model"]))
    writer.put("studies", kind, tuned["study"], study_state(tuned["study"]))


def write_file(writer: Writer, name: str, file: str, content: bytes, target: str, recipe: Recipe) -> None:
    """Keep a table that was read from a file, and a model and a package that answer its rows as they are written."""
    path = writer.folder / file
    path.write_bytes(content)
    table: Table = writer.store.get(ingest(path, file, {}, writer.store)["address"])
    writer.put("tables", name, table, table_state(table))
    schema = Schema.of(
        column.changed(role=Role.TARGET if column.name == target else column.role) for column in table.schema.each()
    )
    model = run("model.linear", {"table": made_by(recipe, replace(table, schema=schema))}, {})["model"]
    writer.put("models", name, model, model_state(model))
    writer.package(name, model, spelled_rows(model, raw_rows(model.raw_schema, model.held_out.columns)))


def write_graphs(writer: Writer) -> None:
    """Keep the graphs of the templates, and one of every kind of node with no parameter at its default."""
    graphs = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))["document"]
        for path in sorted(Path("apps/graphs/templates_gallery").glob("*.json"))
    }
    nodes = []
    for at, (node_id, node) in enumerate(all_nodes().items()):
        params = node.Params.model_validate(OTHER_PARAMS.get(node_id, {})).model_dump(mode="json")
        usual = node.Params().model_dump(mode="json")
        if left := [name for name, value in params.items() if value == usual[name]]:
            raise ValueError(f"{node_id}: give {left} another value than the default.")
        nodes.append({"id": f"n{at}", "type": node_id, "version": node.version, "params": params})
    graphs["every_node"] = {"nodes": nodes, "edges": [], "notes": [], "seed": 3}
    for name, document in graphs.items():
        write_json(writer.folder / "graphs" / f"{name}.json", document)
        state = graph_state(Document.model_validate(document))
        writer.answers.setdefault("graphs", {})[name] = state


def main() -> None:
    """Write a generation into the folder that is named, which must not be there yet."""
    folder = Path(sys.argv[1]).resolve()
    if folder.exists():
        raise SystemExit(f"{folder} is there already; a generation is written once.")
    os.environ[KEY_VARIABLE] = KEY
    writer = Writer(folder)
    for name, recipe in TABLES.items():
        table = made_by(recipe, raw_table("price"))
        writer.put("tables", name, table, table_state(table))
    table = raw_table("price").apply(Weighted("area", np.random.default_rng(0).normal(size=(3, 4))))
    writer.put("tables", "with learned arrays", table, table_state(table))
    write_models(writer)
    write_choices(writer)
    write_file(writer, "read from a file", FILE, file_content(), "Umsatz", FILE_RECIPE)
    write_file(writer, "spellings merged", SPELLED_FILE, spelled_content(), SPELLED_TARGET, SPELLED_RECIPE)
    write_graphs(writer)
    writer.close()


if __name__ == "__main__":
    main()
