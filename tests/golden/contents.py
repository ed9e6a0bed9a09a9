"""What a generation of the golden store is made of: raw columns, recipes of tables, learners, parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tasks.contract.table import Table
from tests.tables import table_of

ROWS = 36

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

WORDS: Recipe = [
    *SPLIT,
    ("clean.impute", {"columns": ("area", "rooms", "note"), "add_indicator": True}),
    ("features.text", {"columns": ("note",), "min_df": 2}),
    ("clean.columns", {"drop": ("city", "garden", "built", "weight", "sold", "floor")}),
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
    "words of texts": WORDS,
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

CHOSEN: Mapping[str, Any] = {"positive": "no", "threshold_choice": "best_f1"}
"""What is chosen of two classes: another positive one than would be guessed, and its threshold on parts of the rows."""

OTHER_CHOICES: Mapping[str, Any] = {
    **CHOSEN,
    "whole_numbers": "numbers",
    "unnamed_positive": "second",
}

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
    "features.text": {"columns": ["note"], "max_features": 40, "min_df": 2, "weighting": "count"},
    "model.boosting": {
        "target": "price",
        "task": "regression",
        **OTHER_CHOICES,
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
        **OTHER_CHOICES,
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
        **OTHER_CHOICES,
        "balance_classes": True,
        "threshold": 0.4,
        "penalty": "elastic_net",
        "alpha": 0.25,
        "l1_ratio": 0.75,
    },
    "model.neural": {
        "target": "price",
        "task": "regression",
        **OTHER_CHOICES,
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
        "max_rows": 5000,
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


SPELLED_FILE = "visits.csv"
SPELLED_TARGET = "Gekauft"
SPELLED_RECIPE: Recipe = [
    ("clean.columns", {"tidy": ("Stadt", SPELLED_TARGET)}),
    ("split.split", {}),
    ("features.encode", {}),
]


def spelled_content() -> bytes:
    """Return a file in which one city, and one class, is written in several ways."""
    lines = [f"Stadt;Besuche;{SPELLED_TARGET}"]
    for at in range(60):
        city = ["Köln", " köln", "KÖLN", "Würzburg"][at % 4]
        lines.append(f"{city};{at % 13},5;{['ja', 'Nein', 'nein', 'JA '][(at // 3) % 4]}")
    return ("\n".join(lines) + "\n").encode()


FILE = "sales.csv"
FILE_RECIPE: Recipe = [("split.split", {}), ("features.dates", {}), ("clean.impute", {}), ("features.encode", {})]


def file_content() -> bytes:
    """Return a file as a German spreadsheet writes it: its encoding, marks, dates, words for missing and totals."""
    random = np.random.default_rng(5)
    lines = ["Verkäufe 2024;;;;;", "Tag; Fläche ;Rabatt;Stadt;Lager;Umsatz"]
    for at in range(60):
        area = f"{random.uniform(900, 2000):,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")
        discount = "k. A." if at % 9 == 0 else f"{int(random.integers(0, 40))} %"
        city = ["Köln", "Würzburg", "NA"][at % 3]
        stock = ["true", "false"][at % 2]
        lines.append(f"{1 + at % 28:02d}.{1 + at % 12:02d}.2024;{area} €;{discount};{city};{stock};{at * 3 + 7},5")
    lines.append("Summe;;;;;5.760,0")
    return ("\r\n".join(lines) + "\r\n").encode("windows-1252")


def raw_table(target: str) -> Table:
    """Return the raw table with one of its possible targets; the others are left out."""
    columns = raw_columns()
    for other in {"price", "bought", "grade"} - {target}:
        del columns[other]
    return table_of(columns, target=target)
