"""Draws the graph that predicts a column: ordinary nodes that the person can open, replace or delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apps.common.errors import ApplicationError
from tasks.catalogue import catalogue
from tasks.graph.document import Document, Edge, GraphNode, Position
from tasks.graph.messages import Message

STEP_X = 288
STEP_Y = 208
IN_A_ROW = 4  # a graph in rows is readable on a laptop's canvas; one long line is not
TRIALS = 15
MAX_TUNING_SECONDS = 30
USELESS = frozenset({"id_like", "constant"})
UNUSED_TYPES = frozenset({"text"})


def predict_column(
    *, dataset_id: str, columns: Sequence[Mapping[str, Any]], profile: Mapping[str, Any], target: str
) -> Document:
    """Return the graph source → split → impute → dates → encode → scale → model → tune → evaluate and deploy.

    Identifiers, constants and free text are left out at the source; a step that would find no columns is not drawn. The
    split comes before all that learns, so that nothing learns from the rows held out. Text that is numbers but for a
    few values is read as numbers first.

    Raises:
        ApplicationError: 422, there is no such column, it cannot be predicted, or nothing is left to predict it from.
    """
    mended = _almost_numeric(columns, profile)
    columns = [{**column, "type": "number"} if column["name"] in mended else column for column in columns]
    column = next((column for column in columns if column["name"] == target), None)
    if column is None:
        raise _refused(Message("predict.no_column", "The data set has no column “{column}”.", column=target))
    if column["type"] == "date":
        raise _refused(
            Message("predict.date", "“{column}” is a date. Choose a number or a category to predict.", column=target)
        )
    if column["type"] == "text":
        raise _refused(
            Message(
                "predict.text",
                "“{column}” is free text with too many different values. Choose a number or a category to predict.",
                column=target,
            )
        )
    ignored = [name for name in _unused(columns, profile) if name != target]
    features = [one for one in columns if one["name"] != target and one["name"] not in ignored]
    if not features:
        raise _refused(Message("predict.no_feature", "No column is left to predict “{column}” from.", column=target))
    kinds = {feature["type"] for feature in features}
    retyped = [{"column": name, "type": "number"} for name in mended if name not in ignored]
    chain: list[tuple[str, str, dict[str, Any]]] = [
        ("source", "source.file", {"dataset": dataset_id, "target": target, "ignore": ignored}),
        *([("columns", "clean.columns", {"retype": retyped})] if retyped else []),
        ("split", "split.split", {}),
        ("impute", "clean.impute", {}),
        *([("dates", "features.dates", {})] if "date" in kinds else []),
        *([("encode", "features.encode", {})] if "category" in kinds else []),
        ("scale", "features.scale", {}),
        ("model", "model.boosting", {}),
    ]
    return _drawn(chain)


def _almost_numeric(columns: Sequence[Mapping[str, Any]], profile: Mapping[str, Any]) -> list[str]:
    """Return the text columns whose values are numbers but for a few."""
    warned = _warned(profile, frozenset({"almost_numeric"}))
    return [column["name"] for column in columns if column["type"] == "text" and column["name"] in warned]


def _warned(profile: Mapping[str, Any], codes: frozenset[str]) -> set[str]:
    return {
        column["name"]
        for column in profile.get("columns", ())
        if any(warning.get("code") in codes for warning in column.get("warnings", ()))
    }


def _unused(columns: Sequence[Mapping[str, Any]], profile: Mapping[str, Any]) -> list[str]:
    """Return the columns a first model cannot use: identifiers, constants, free text, what was marked so."""
    warned = _warned(profile, USELESS)
    return [
        column["name"]
        for column in columns
        if column["name"] in warned or column["type"] in UNUSED_TYPES or column.get("role") in {"id", "ignore"}
    ]


def _drawn(chain: Sequence[tuple[str, str, dict[str, Any]]]) -> Document:
    kinds = [*chain, ("tune", "tune.tune", {"n_trials": TRIALS, "timeout": MAX_TUNING_SECONDS}), *ENDS]
    nodes = [_node(ident, kind, params, step) for step, (ident, kind, params) in enumerate(kinds)]
    names = [ident for ident, _, _ in chain]
    edges = [_edge(source, "table", target) for source, target in zip(names, names[1:], strict=False)]
    edges += [_edge(source, "model", target) for source, target in BRANCHES]
    return Document(nodes=tuple(nodes), edges=tuple(edges))


ENDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("evaluate", "evaluate.evaluate", {}),
    ("deploy", "publish.deploy", {}),
)
BRANCHES = (("model", "tune"), ("tune", "evaluate"), ("tune", "deploy"))


def _node(ident: str, kind: str, params: dict[str, Any], step: int) -> GraphNode:
    row, column = divmod(step, IN_A_ROW)
    known = catalogue().find(kind)
    version = known.version if known else 1
    return GraphNode(
        id=ident,
        type=kind,
        version=version,
        params=params,
        position=Position(x=40 + column * STEP_X, y=40 + row * STEP_Y),
    )


def _edge(source: str, port: str, target: str) -> Edge:
    return Edge(source=source, source_port=port, target=target, target_port=port)


def _refused(message: Message) -> ApplicationError:
    return ApplicationError("cannot_predict", message, 422, [{"at": "target", "message": message}])
