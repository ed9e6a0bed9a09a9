"""One table, fitted twice: as a package of ours and as a scikit-learn pipeline. Same columns, same estimator."""

from __future__ import annotations

from typing import Any

import numpy as np

NUMBERS, WORDS, ROWS, SEED = 30, 2, 4000, 0
LEVELS = ("north", "south", "east", "west", "centre")
MISSING_SHARE = 0.05
KINDS = ("logistic", "LightGBM", "forest")
OUR_NODES: dict[str, tuple[str, dict[str, Any]]] = {
    "logistic": ("model.linear", {}),
    "LightGBM": ("model.boosting", {"n_estimators": 100, "early_stopping_rounds": 0}),
    "forest": ("model.forest", {"n_estimators": 100}),
}


def columns() -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the raw columns by name and the target, ``yes`` or ``no``."""
    random = np.random.default_rng(SEED)
    numbers = random.normal(size=(ROWS, NUMBERS))
    score = numbers[:, :5] @ [2.0, -1.5, 1.0, 0.5, -0.5] + random.normal(size=ROWS)
    arrays: dict[str, np.ndarray] = {}
    for at in range(NUMBERS):
        values = numbers[:, at].round(4)
        values[random.random(ROWS) < MISSING_SHARE] = np.nan
        arrays[f"number_{at}"] = values
    for at in range(WORDS):
        words = random.choice(LEVELS, ROWS).astype(object)
        score += (words == "north") * 1.0
        words[random.random(ROWS) < MISSING_SHARE] = None
        arrays[f"word_{at}"] = words
    target = np.where(score > np.median(score), "yes", "no").astype(object)
    return arrays, target


def complete_rows(count: int) -> list[dict[str, Any]]:
    """Return raw rows without missing values, as a client would send them."""
    arrays, _ = columns()
    listed = {name: values.tolist() for name, values in arrays.items()}
    rows = [{name: values[at] for name, values in listed.items()} for at in range(ROWS)]
    return [row for row in rows if all(value is not None and value == value for value in row.values())][:count]  # noqa: PLR0124


def our_package(kind: str) -> Any:
    """Return the package that the nodes of a graph build."""
    from tasks.contract.invoke import invoke
    from tasks.contract.registry import node_class
    from tasks.contract.schema import Column, ColumnType, Role, Schema
    from tasks.contract.table import Table
    from tests.contexts import ListContext

    arrays, target = columns()
    described = [
        Column(
            name=name,
            type=ColumnType.NUMBER if values.dtype == np.float64 else ColumnType.CATEGORY,
            categories=None if values.dtype == np.float64 else tuple(sorted(LEVELS)),
        )
        for name, values in arrays.items()
    ]
    described.append(
        Column(name="target", type=ColumnType.CATEGORY, role=Role.TARGET, categories=("no", "yes"), nullable=False)
    )
    value: Any = Table.from_source({**arrays, "target": target}, Schema.of(described))
    port = "table"
    node, params = OUR_NODES[kind]
    steps = ("split.split", "clean.impute", "features.scale", "features.encode", node, "publish.deploy")
    for step in steps:
        cls = node_class(step)
        outputs = invoke(cls, {port: value}, cls.Params(**(params if step == node else {})), ListContext())
        port = "model" if "model" in outputs else next(iter(outputs))
        value = outputs[port]
    return value


def peer_pipeline(kind: str) -> Any:
    """Return the same as a fitted scikit-learn pipeline over a pandas frame."""
    import pandas as pd
    from lightgbm import LGBMClassifier
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    arrays, target = columns()
    names = list(arrays)
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    estimator = {
        "logistic": lambda: LogisticRegression(max_iter=500),
        "LightGBM": lambda: LGBMClassifier(n_estimators=100, n_jobs=1, verbose=-1, random_state=SEED),
        "forest": lambda: RandomForestClassifier(n_estimators=100, min_samples_leaf=2, random_state=SEED),
    }[kind]()
    prepared = ColumnTransformer([("numbers", numbers, names[:NUMBERS]), ("words", words, names[NUMBERS:])])
    frame = pd.DataFrame(
        {name: values if values.dtype == float else values.astype("O") for name, values in arrays.items()}
    )
    for name in names[NUMBERS:]:
        frame[name] = frame[name].astype("object").where(frame[name].notna(), np.nan)
    return make_pipeline(prepared, estimator).fit(frame, target)
