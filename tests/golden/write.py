"""Write a generation of the golden store: values as today's code stores them, and the answers they gave.

Run it from the root of a checkout whenever the form of anything that is stored changes, and commit what it writes:

    python -m tests.golden.write tests/golden/generation_3

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
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tasks.artifacts.signature import KEY_VARIABLE
from tasks.artifacts.store import Store
from tasks.contract.invoke import invoke
from tasks.contract.model import Model
from tasks.contract.registry import all_nodes, node_class
from tasks.contract.table import Table
from tasks.graph.document import Document
from tasks.inference.estimators import SklearnEstimator
from tasks.inference.packaging import package, raw_rows
from tasks.inference.server.deployments.package import loader
from tests.contexts import ListContext
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
from tests.tables import table_of

ROWS = 36
ASKED_ROWS = 5

Recipe = list[tuple[str, dict[str, Any]]]

SPLIT: Recipe = [("split.split", {"test_size": 0.25, "validation_size": 0.15, "method": "random"})]
TYPED: Recipe = [
    (
        "clean.columns",
        {
            "tidy": ("city",),
            "retype": (
                {"column": "weight", "type": "number", "decimal_comma": True},
                {"column": "sold", "type": "date", "month_first": True},
                {"column": "floor", "type": "integer"},
            ),
            "rename": ({"column": "area", "name": "square metres"},),
            "roles": ({"column": "note", "role": "ignore"},),
        },
    )
]
FILLED: Recipe = [("clean.impute", {"add_indicator": True})]
NUMBERS: Recipe = [
    *TYPED,
    *SPLIT,
    *FILLED,
    ("clean.outliers", {"times": 1.0}),
    ("features.dates", {"parts": ("year", "month"), "cyclic": True}),
    ("features.encode", {"method": "onehot", "min_frequency": 0.05}),
    ("features.scale", {"method": "standard"}),
]

TABLES: Mapping[str, Recipe] = {
    "raw": [],
    "typed": TYPED,
    "split by group": [("split.split", {"method": "group", "by": "city"})],
    "split by time": [("clean.impute", {"columns": ("built",)}), ("split.split", {"method": "time", "by": "built"})],
    "filled": [
        *SPLIT,
        ("clean.impute", {"columns": ("area", "rooms"), "strategy": "mean"}),
        (
            "clean.impute",
            {"strategy": "constant", "fill_value": 0.5, "category_strategy": "constant", "category_fill_value": "none"},
        ),
    ],
    "limited": [
        ("clean.deduplicate", {"columns": ("rooms", "city", "note"), "keep": "last"}),
        *SPLIT,
        ("clean.outliers", {"columns": ("rooms",), "action": "flag", "times": 0.5}),
        ("clean.outliers", {"columns": ("area",), "method": "zscore", "times": 1.5}),
        ("clean.outliers", {"columns": ("rooms",), "action": "drop", "times": 0.7}),
    ],
    "parts of dates": [("features.dates", {"parts": ("quarter", "hour", "weekend", "day_of_year"), "keep": True})],
    "encoded": [
        *SPLIT,
        ("features.encode", {"columns": ("note",), "max_categories": 2, "handle_unknown": "frequent"}),
        ("features.encode", {"columns": ("floor",), "method": "ordinal"}),
        ("features.encode", {"columns": ("city",), "method": "target", "smooth": 3.0}),
    ],
    "encoded before a split": [("features.encode", {"method": "target"}), *SPLIT],
    "scaled": [
        *SPLIT,
        ("features.encode", {"columns": ("note", "floor", "city"), "method": "ordinal"}),
        ("features.scale", {"columns": ("area",), "method": "log"}),
        ("features.scale", {"columns": ("rooms",), "method": "power"}),
        ("features.scale", {"columns": ("note",), "method": "robust"}),
        ("features.scale", {"columns": ("floor",), "method": "minmax"}),
        ("features.scale", {"columns": ("city",), "method": "standard"}),
    ],
    "numbers": NUMBERS,
}

LEARNERS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "linear": ("model.linear", {"penalty": "elastic_net", "alpha": 0.01, "threshold": 0.35}),
    "forest": ("model.forest", {"n_estimators": 5, "max_depth": 4, "min_samples_leaf": 3, "max_features": 0.5}),
    "boosting": (
        "model.boosting",
        {"n_estimators": 6, "num_leaves": 5, "min_samples_leaf": 3, "max_features": 0.7, "reg_lambda": 0.5},
    ),
    "neural": ("model.neural", {"num_layers": 1, "hidden_size": 6, "epochs": 3, "gradient_clip_norm": 1.0}),
}
LEFT_OUT = {("forest", "three classes"), ("boosting", "binary"), ("neural", "regression"), ("neural", "binary")}
"""Models that hold nothing in another form than those kept; generation 1 has them too."""

TARGETS = {"regression": "price", "binary": "bought", "three classes": "grade"}

OTHER_PARAMS: Mapping[str, dict[str, Any]] = {
    "clean.columns": {
        "keep": ["area", "city", "sold"],
        "drop": ["note"],
        "tidy": ["city"],
        "retype": [{"column": "sold", "type": "date", "month_first": True, "decimal_comma": True}],
        "rename": [{"column": "area", "name": "size"}],
        "roles": [{"column": "city", "role": "group"}],
    },
    "clean.deduplicate": {"columns": ["city"], "keep": "last"},
    "clean.impute": {
        "columns": ["area"],
        "strategy": "constant",
        "fill_value": 3.5,
        "category_strategy": "constant",
        "category_fill_value": "none",
        "add_indicator": True,
    },
    "clean.outliers": {"columns": ["area"], "method": "zscore", "times": 2.5, "action": "flag"},
    "evaluate.evaluate": {"scored_rows": "validation", "has_importance": False, "repeats": 7},
    "features.dates": {"columns": ["built"], "parts": ["year", "hour"], "cyclic": True, "keep": True},
    "features.encode": {
        "columns": ["city"],
        "method": "target",
        "min_frequency": 0.05,
        "max_categories": 9,
        "handle_unknown": "frequent",
        "smooth": 4.5,
    },
    "features.scale": {"columns": ["area"], "method": "robust"},
    "model.boosting": {
        "target": "price",
        "task": "regression",
        "balance_classes": True,
        "threshold": 0.4,
        "n_estimators": 77,
        "learning_rate": 0.11,
        "num_leaves": 15,
        "min_samples_leaf": 9,
        "early_stopping_rounds": 3,
        "loss": "huber",
        "max_features": 0.55,
        "subsample": 0.65,
        "reg_lambda": 2.5,
    },
    "model.forest": {
        "target": "price",
        "task": "regression",
        "balance_classes": True,
        "threshold": 0.4,
        "kind": "extra",
        "n_estimators": 33,
        "max_depth": 7,
        "min_samples_leaf": 5,
        "max_features": 0.45,
    },
    "model.linear": {
        "target": "price",
        "task": "regression",
        "balance_classes": True,
        "threshold": 0.4,
        "penalty": "elastic_net",
        "alpha": 0.25,
        "l1_ratio": 0.75,
    },
    "model.neural": {
        "target": "price",
        "task": "regression",
        "balance_classes": True,
        "threshold": 0.4,
        "num_layers": 3,
        "hidden_size": 17,
        "epochs": 5,
        "learning_rate": 0.01,
        "batch_size": 64,
        "patience": 2,
        "dropout": 0.3,
        "weight_decay": 0.02,
        "activation": "relu",
        "schedule": "cosine",
        "gradient_clip_norm": 1.5,
        "precision": "full",
    },
    "publish.deploy": {"name": "houses"},
    "source.file": {
        "dataset": "11111111-1111-4111-8111-111111111111",
        "target": "price",
        "ignore": ["note"],
        "roles": [{"column": "city", "role": "group"}],
    },
    "source.sample": {"name": "iris", "rows": 120},
    "split.split": {"test_size": 0.3, "validation_size": 0.1, "method": "group", "by": "city", "seed": 11},
    "tune.tune": {
        "n_trials": 5,
        "timeout": 30.0,
        "metric": "mae",
        "sampler": "genetic",
        "pruning": False,
        "folds": 4,
    },
}
"""For the graph of every kind of node: no parameter at its default. A new node adds a line here."""


def raw_columns() -> dict[str, tuple[str, list[Any]]]:
    """Return columns of every type, name to (type, values); ``None`` where a value is missing."""
    random = np.random.default_rng(20_260_101)

    def gappy(values: Any) -> list[Any]:
        return [None if random.random() < 0.1 else value for value in values]

    area = random.uniform(20, 200, ROWS).round(1)
    rooms = random.integers(1, 7, ROWS)
    city = random.choice(["Oslo", " oslo", "Bergen", "Tromsø"], ROWS)
    built = np.datetime64("1950-01-01T06:30:00", "us") + random.integers(0, 25_000 * 24, ROWS) * np.timedelta64(1, "h")
    price = area * 3 + rooms * 10 + (city == "Oslo") * 80 + random.normal(0, 5, ROWS)
    return {
        "area": ("number", gappy(area.tolist())),
        "rooms": ("integer", gappy(rooms.tolist())),
        "city": ("category", gappy(city.tolist())),
        "garden": ("boolean", [float(value) for value in random.random(ROWS) < 0.4]),
        "built": ("date", gappy(built)),
        "note": ("text", gappy([f"near the {word}" for word in random.choice(["sea", "wood", "harbour"], ROWS)])),
        "weight": ("text", gappy([f"{value:.2f}".replace(".", ",") for value in random.uniform(1, 9, ROWS)])),
        "sold": ("text", gappy([f"{m}/{d}/2024" for m, d in random.integers(1, 13, (ROWS, 2))])),
        "floor": ("category", gappy([str(value) for value in random.integers(0, 4, ROWS)])),
        "price": ("number", price.round(2).tolist()),
        "bought": ("category", np.where(price > np.median(price), "yes", "no").tolist()),
        "grade": ("integer", np.digitize(price, np.quantile(price, [0.3, 0.7])).tolist()),
    }


def raw_table(target: str) -> Table:
    """Return the raw table with one of its possible targets; the others are left out."""
    columns = raw_columns()
    for other in {"price", "bought", "grade"} - {target}:
        del columns[other]
    return table_of(columns, target=target)


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
        address = self.store.put(value).address
        self.answers.setdefault(kind, {})[name] = {"digest": address, **state}
        return address

    def package(self, name: str, model: Model) -> None:
        """Keep a model's package and what it answers to held-out rows."""
        made = package(model, name, ListContext())
        asked = raw_rows(model.raw_schema, model.held_out.columns)[:ASKED_ROWS]
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
    write_graphs(writer)
    writer.close()


if __name__ == "__main__":
    main()
