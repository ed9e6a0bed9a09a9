"""Draws the graph that predicts a column: ordinary nodes that the person can open, replace or delete."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from apps.common.errors import ApplicationError
from apps.graphs.column_uses import ColumnUse, Use, chosen_uses, column_uses
from apps.graphs.data_problems import DEDUPLICATE_TYPE, copies_of_rows, date_card, repeated_rows, time_split
from apps.graphs.prediction_target import GUESSED, PredictionChoice, PredictionTarget, describe_target, refused
from tasks.catalogue import catalogue
from tasks.graph.document import Document, Edge, GraphNode, Position
from tasks.graph.messages import Message, Term
from tasks.graph.problems import FITTED
from tasks.graph.target_guess import MOST_CLASSES

STEP_X = 288
STEP_Y = 208
IN_A_ROW = 4  # a graph in rows is readable on a laptop's canvas; one long line is not
TRIALS = 15
MAX_TUNING_SECONDS = 30
COLUMNS_NODE = "clean.columns"
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Step:
    """A node to draw, in line with the one before it. ``version``: of its parameters; the newest when ``None``."""

    ident: str
    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)
    version: int | None = None


def predict_column(  # noqa: PLR0913 - everything that a person may decide
    *,
    dataset_id: str,
    columns: Sequence[Mapping[str, Any]],
    profile: Mapping[str, Any],
    target: str,
    uses: Mapping[str, str] = NOTHING,
    fixes: Sequence[Mapping[str, Any]] = (),
    leaks: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    choice: PredictionChoice = GUESSED,
) -> Document:
    """Return the graph source → columns → split → dates → text → encode → model → tune → evaluate and deploy.

    Identifiers and constants are left out at the source; a step that would find no columns is not drawn. The split
    comes before all that learns, so that nothing learns from the rows held out, and goes by time where a column dates
    numbers. Text that is numbers but for a few values is read as numbers first, and spellings of one class are merged.
    Boosted trees take gaps as they are and go by the order of values, so nothing is filled in or scaled for them.

    Args:
        dataset_id: The data set to read.
        columns: Of the data set, as its schema has them.
        profile: What was counted of it.
        target: The column to predict.
        uses: Column to `Use`, where a person decided otherwise than `apps.graphs.column_uses` proposes.
        fixes: Nodes chosen for warnings of the profile, ``{type, version, params}``; those that learn come after the
            split.
        leaks: Column to what it says of the target.
        choice: What a person decided about the target; the rest is guessed.

    Raises:
        ApplicationError: 422, there is no such column, it cannot be predicted, nothing is left to predict it from, or
            a column cannot be used as decided.
    """
    chosen = _chosen_uses(column_uses(columns, profile, target, leaks), uses)
    changes, before, after = _sorted_fixes(fixes)
    _refuse_fix_of_target(changes, [*before, *after], target)
    if not choice.merges_spellings:
        for param in ("tidy", "merge"):
            changes[param] = [name for name in changes.pop(param, ()) if name != target]
        changes = {name: values for name, values in changes.items() if values}
    fixed = {line["column"] for line in changes.get("retype", ())}
    chosen.update(dict.fromkeys(fixed, Use.FEATURE))
    retype = [*_retyped(columns, profile, target, chosen), *changes.pop("retype", ())]
    types = {line["column"]: line["type"] for line in retype}
    columns = [{**column, "type": types.get(column["name"], column["type"])} for column in columns]
    found = describe_target(columns, profile, target, choice)
    ignored = [column["name"] for column in columns if chosen.get(column["name"]) is Use.LEFT_OUT]
    unused = {*ignored, *changes.get("drop", ()), target}
    features = [column for column in columns if column["name"] not in unused]
    if not features:
        raise refused(Message("predict.no_feature", "No column is left to predict “{column}” from.", column=target))
    wanted = [one["name"] for one in features if one.get("role") in {"id", "ignore"}]
    roles = [{"column": name, "role": "feature"} for name in wanted]
    source = {"dataset": dataset_id, "target": target, "ignore": ignored, **({"roles": roles} if roles else {})}
    if found.has_spellings and choice.merges_spellings:
        changes["tidy"] = list(dict.fromkeys((*changes.get("tidy", ()), target)))
        if found.has_short_words:
            changes["merge"] = list(dict.fromkeys((*changes.get("merge", ()), target)))
    changes = {**({"retype": retype} if retype else {}), **changes}
    split = _split_params(found, columns, profile, changes.get("drop", ()))
    if _cuts_copies(split or _marked_split(columns), profile) and DEDUPLICATE_TYPE not in {
        step.kind for step in before
    }:
        before = [*before, Step("deduplicate", DEDUPLICATE_TYPE)]
    kinds = {feature["type"] for feature in features}
    texts = "text" in kinds
    chain = [
        Step("source", "source.file", source),
        *([Step("columns", COLUMNS_NODE, changes)] if changes else []),
        *before,
        Step("split", "split.split", split),
        *after,
        *([Step("impute", "clean.impute", {"add_indicator": True})] if texts else []),
        *([Step("dates", "features.dates")] if "date" in kinds else []),
        *([Step("text", "features.text")] if texts else []),
        *([Step("encode", "features.encode")] if "category" in kinds else []),
        *([Step("scale", "features.scale")] if texts else []),
        # Words make hundreds of columns, each of which says a little: that is added up best, and in a fraction of the
        # time that trees take.
        Step("model", "model.linear" if texts else "model.boosting", _model_params(found)),
    ]
    return _drawn(chain)


def described(
    columns: Sequence[Mapping[str, Any]], profile: Mapping[str, Any], target: str, choice: PredictionChoice
) -> PredictionTarget:
    """Return how a column of a data set will be predicted, read as the graph reads it.

    Raises:
        ApplicationError: 422, there is no such column, or it cannot be predicted.
    """
    types = {line["column"]: line["type"] for line in _retyped(columns, profile, target, {})}
    read = [{**column, "type": types.get(column["name"], column["type"])} for column in columns]
    found = describe_target(read, profile, target, choice)
    split = _split_params(found, read, profile) or _marked_split(read)
    notes = [*found.notes]
    if split.get("method") == "time":
        notes.append(
            Message(
                "predict.split_by_time",
                "“{column}” dates the rows: the model is judged on the newest ones. The Split of the graph changes "
                "that.",
                column=split["by"],
            )
        )
    notes.extend(_notes_on_copies(split, profile))
    return replace(found, notes=tuple(notes))


def _marked_split(columns: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return how a split goes by itself: by the column that is marked group, or time; empty for neither."""
    marked = {column.get("role"): column["name"] for column in columns}
    return next(({"by": marked[role]} for role in ("group", "time") if role in marked), {})


def _cuts_copies(split: Mapping[str, str], profile: Mapping[str, Any]) -> bool:
    """Return whether a split may part copies of a row: not one by a column, whose value they share."""
    return "by" not in split and copies_of_rows(profile, int(profile.get("rows") or 0)) > 0


def _notes_on_copies(split: Mapping[str, str], profile: Mapping[str, Any]) -> Iterator[Message]:
    count = repeated_rows(profile, int(profile.get("rows") or 0))
    if not count:
        return
    if _cuts_copies(split, profile):
        yield Message(
            "predict.duplicates_dropped",
            "{count:,} rows are exact duplicates of others: they are dropped before the split, which would put copies "
            "of a row on both sides.",
            one="1 row is an exact duplicate of another: it is dropped before the split, which might put both on "
            "different sides.",
            count=count,
        )
    elif "by" in split:
        yield Message(
            "predict.duplicates_together",
            "{count:,} rows are exact duplicates of others and stay: the split by “{column}” keeps copies of a row on "
            "one side.",
            one="1 row is an exact duplicate of another and stays: the split by “{column}” keeps both on one side.",
            count=count,
            column=split["by"],
        )
    else:
        yield Message(
            "predict.duplicates_by_chance",
            "{count:,} rows are exact duplicates of others and stay: the columns have so few different values that "
            "different cases may look the same.",
            one="1 row is an exact duplicate of another and stays: the columns have so few different values that "
            "different cases may look the same.",
            count=count,
        )


def _split_params(
    found: PredictionTarget,
    columns: Sequence[Mapping[str, Any]],
    profile: Mapping[str, Any],
    dropped: Sequence[str] = (),
) -> dict[str, str]:
    """Return how rows are held out: the newest ones where a column dates numbers, else as the node decides.

    A class often needs time to show, such as who leaves among those who joined: the newest rows would be of one class.
    """
    if found.task != "regression":
        return {}
    there = {column["name"]: column for column in columns if column["name"] not in dropped}
    card = date_card(profile.get("columns", ()), there)
    return (time_split(card) if card is not None else None) or {}


def _model_params(found: PredictionTarget) -> dict[str, Any]:
    """Return what the model has to know of its target: what was guessed stands in the graph, to be seen and changed."""
    params: dict[str, Any] = {"task": found.task} if found.has_tasks else {}
    if found.positive:
        params["positive"] = found.positive
    if found.is_rare:
        params["threshold_choice"] = "best_f1"
    return params


def _chosen_uses(offered: Sequence[ColumnUse], decided: Mapping[str, str]) -> dict[str, Use]:
    try:
        return chosen_uses(offered, decided)
    except ValueError as error:
        name = str(error)
        message = Message(
            "predict.no_such_use",
            "“{column}” cannot be used as “{use}”. Choose one of the uses that are offered for it.",
            column=name,
            use=decided[name],
        )
        raise ApplicationError("cannot_predict", message, 422, [{"at": f"uses.{name}", "message": message}]) from None


def _sorted_fixes(fixes: Sequence[Mapping[str, Any]]) -> tuple[dict[str, list[Any]], list[Step], list[Step]]:
    """Return the changes of columns as parameters of one node, and the nodes to draw before and after the split."""
    changes: dict[str, list[Any]] = {}
    before: list[Step] = []
    after: list[Step] = []
    taken = Counter[str]()
    alike: dict[str, dict[str, Any]] = {}
    for at, fix in enumerate(fixes):
        known = catalogue().find(fix["type"])
        if known is None or not known.fixes:
            message = Message("predict.no_fix", "“{type}” is no node that fixes a warning.", type=fix["type"])
            raise ApplicationError("invalid", message, 422, [{"at": f"fixes.{at}.type", "message": message}])
        version = fix.get("version") or known.version
        lists = all(isinstance(value, list) for value in fix["params"].values())
        if known.id == COLUMNS_NODE and version == known.version and lists:
            for name, values in fix["params"].items():
                changes.setdefault(name, []).extend(value for value in values if value not in changes.get(name, ()))
            continue
        rest = {name: value for name, value in fix["params"].items() if name != "columns"}
        same = alike.get(key := json.dumps([known.id, version, rest], sort_keys=True))
        if same is not None:  # one node for all columns of which it does the same
            same["columns"] = [*dict.fromkeys((*same["columns"], *fix["params"]["columns"]))]
            continue
        stem = known.id.rpartition(".")[2]
        taken[stem] += 1
        params = dict(fix["params"])
        if params.get("columns"):
            alike[key] = params
        step = Step(f"fix_{stem}_{taken[stem]}", known.id, params, version)
        (after if known.serve == FITTED else before).append(step)
    return changes, before, after


def _refuse_fix_of_target(changes: Mapping[str, Sequence[Any]], steps: Sequence[Step], target: str) -> None:
    for step in steps:
        if target in step.params.get("columns", ()):
            known = catalogue().find(step.kind)
            message = Message(
                "predict.target_changed",
                "The chosen fix “{node}” changes values of “{column}”: the model would learn answers that are not in "
                "the data. Take back the fix, or choose another column.",
                node=Term(f"node:{step.kind}", known.title if known else step.kind),
                column=target,
            )
            raise refused(message)
    if target in changes.get("drop", ()) or any(line.get("column") == target for line in changes.get("roles", ())):
        raise refused(
            Message(
                "predict.target_taken_away",
                "A chosen fix takes “{column}” away, so it cannot be predicted. Take back the fix, or choose another "
                "column.",
                column=target,
            )
        )


def _retyped(
    columns: Sequence[Mapping[str, Any]], profile: Mapping[str, Any], target: str, chosen: Mapping[str, Use]
) -> list[dict[str, Any]]:
    """Return the columns to be read as another type, as lines of the node that does it."""
    slips = {
        card["name"]: warning
        for card in profile.get("columns", ())
        for warning in card.get("warnings", ())
        if warning.get("code") == "almost_numeric"
    }
    lines: list[dict[str, Any]] = []
    for column in columns:
        name, use = column["name"], chosen.get(column["name"])
        if use is Use.NUMBER or (name == target and name in slips and _is_no_class(column, profile)):
            params = slips[name].get("message_params") or {} if name in slips else {}
            comma = {"decimal_comma": True} if params.get("decimal") == "," else {}
            lines.append({"column": name, "type": "number", **comma})
        elif use in {Use.DATE, Use.DATE_MONTH_FIRST}:
            month_first = {"month_first": True} if use is Use.DATE_MONTH_FIRST else {}
            lines.append({"column": name, "type": "date", **month_first})
    return lines


def _is_no_class(column: Mapping[str, Any], profile: Mapping[str, Any]) -> bool:
    """Return whether a column of texts has too many to be predicted as classes."""
    card: Mapping[str, Any] = next((one for one in profile.get("columns", ()) if one["name"] == column["name"]), {})
    return column["type"] == "text" or (column["type"] == "category" and int(card.get("distinct") or 0) > MOST_CLASSES)


def _drawn(chain: Sequence[Step]) -> Document:
    steps = [*chain, Step("tune", "tune.tune", {"n_trials": TRIALS, "timeout": MAX_TUNING_SECONDS}), *ENDS]
    nodes = [_node(step, at) for at, step in enumerate(steps)]
    names = [step.ident for step in chain]
    edges = [_edge(source, "table", target) for source, target in zip(names, names[1:], strict=False)]
    edges += [_edge(source, "model", target) for source, target in BRANCHES]
    return Document(nodes=tuple(nodes), edges=tuple(edges))


ENDS = (Step("evaluate", "evaluate.evaluate"), Step("deploy", "publish.deploy"))
BRANCHES = (("model", "tune"), ("tune", "evaluate"), ("tune", "deploy"))


def _node(step: Step, at: int) -> GraphNode:
    row, column = divmod(at, IN_A_ROW)
    known = catalogue().find(step.kind)
    return GraphNode(
        id=step.ident,
        type=step.kind,
        version=step.version or (known.version if known else 1),
        params=dict(step.params),
        position=Position(x=40 + column * STEP_X, y=40 + row * STEP_Y),
    )


def _edge(source: str, port: str, target: str) -> Edge:
    return Edge(source=source, source_port=port, target=target, target_port=port)
