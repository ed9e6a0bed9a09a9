"""What a check says of the target of each learner, by the profile of the data set that the graph reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.common.errors import ApplicationError
from apps.datasets.selectors import ReadyDataset
from apps.graphs.prediction_target import CLASSIFICATION, PredictionChoice, PredictionTarget, describe_target
from apps.graphs.sources import dataset_params
from tasks.catalogue import catalogue
from tasks.graph.document import Document, GraphNode
from tasks.graph.merged_words import merges
from tasks.graph.messages import Message, Names, Term
from tasks.graph.problems import Fix, Problem, problem
from tasks.graph.target_guess import are_codes
from tasks.graph.upgrade import upgraded_params

COLUMNS = "clean.columns"
CHANGING = frozenset({"clean.impute", "clean.outliers"})
TARGET_PARAMS = frozenset({"target", "task", "positive", "whole_numbers"})
"""Parameters by which a learner is known."""
KNOWN_PURPOSES = ("clean.", "features.", "split.")
"""Nodes that leave the values of a target alone, but for what `COLUMNS` is told to do."""


@dataclass(frozen=True)
class _Learner:
    """A learner with its parameters, the data set it learns from, and the name of its target there."""

    node: GraphNode
    params: Mapping[str, Any]
    dataset: ReadyDataset
    first: str  # the node after the source
    before: tuple[GraphNode, ...]  # between the source and it
    target: str
    is_tidy: bool
    is_merged: bool  # short words too

    def column(self) -> Mapping[str, Any]:
        return next((one for one in self.dataset.schema["columns"] if one["name"] == self.target), {})

    def card(self) -> Mapping[str, Any]:
        return next((one for one in self.dataset.profile.get("columns", ()) if one["name"] == self.target), {})


def target_problems(document: Document, known: Mapping[str, ReadyDataset]) -> Iterator[Problem]:
    """Yield what is wrong with the targets: what would fail for certain, and what was not decided by a person.

    Args:
        known: The ready data sets that the document reads, by id.
    """
    active = document.active()
    for node in active.nodes:
        learner = _learner(active, node, known)
        if learner is not None and learner.card():
            yield from _problems(learner)


def _learner(document: Document, node: GraphNode, known: Mapping[str, ReadyDataset]) -> _Learner | None:
    kind = catalogue().find(node.type)
    if kind is None or not kind.params.get("properties", {}).keys() >= TARGET_PARAMS:
        return None
    params = {**kind.defaults, **upgraded_params(node.params, node.version, kind)}
    above = [document.node(ident) for ident in document.ancestors(node.id)]
    sources = [one for one in above if one.id in dataset_params(document)]
    others = [one for one in above if one not in sources]
    if len(sources) != 1 or not all(one.type.startswith(KNOWN_PURPOSES) for one in others):
        return None
    dataset = known.get(str(sources[0].params.get("dataset")))
    target = str(params["target"] or sources[0].params.get("target") or "")
    changes = [one.params for one in others if one.type == COLUMNS]
    if dataset is None or not target or any(_changes(one, target) for one in changes):
        return None
    first = next(
        edge.target
        for edge in document.edges
        if edge.source == sources[0].id and edge.target in {n.id for n in (*others, node)}
    )
    is_tidy = any(target in one.get("tidy", ()) for one in changes)
    is_merged = any(target in one.get("merge", ()) for one in changes)
    return _Learner(node, params, dataset, first, tuple(others), target, is_tidy, is_merged)


def _changes(params: Mapping[str, Any], target: str) -> bool:
    """Return whether a node makes the target another column than the data set has."""
    lines = [line for name in ("retype", "rename") for line in params.get(name, ())]
    return any(line.get("column") == target for line in lines) or any(
        line.get("role") == "target" for line in params.get("roles", ())
    )


def _problems(learner: _Learner) -> Iterator[Problem]:
    task = learner.params["task"]
    choice = PredictionChoice(
        "" if task == "auto" else task,
        str(learner.params["positive"]),
        merges_spellings=learner.is_tidy,
        merges_words=learner.is_merged,
    )
    try:
        found = describe_target(learner.dataset.schema["columns"], learner.dataset.profile, learner.target, choice)
    except ApplicationError as refusal:
        yield problem(f"nodes.{learner.node.id}.params.{_place(refusal)}", refusal.message, node=learner.node.id)
        return
    yield from _changed_values(learner)
    yield from _undecided_task(learner)
    yield from _spellings(learner, found)


def _place(refusal: ApplicationError) -> str:
    return str(refusal.problems[0]["at"]) if refusal.problems else "target"


def _undecided_task(learner: _Learner) -> Iterator[Problem]:
    """Yield a warning where few whole numbers were taken for classes, or for numbers, and nobody said which."""
    card = learner.card()
    rows = learner.dataset.rows - card.get("missing", 0)
    lowest, highest = card.get("minimum") or 0.0, card.get("maximum") or 0.0
    if learner.params["task"] != "auto" or learner.column().get("type") != "integer":
        return
    if (lowest, highest) == (0, 1) or not are_codes(card.get("distinct", 0), lowest, highest, rows):
        return
    facts = {"column": learner.target, "count": card["distinct"], "lowest": int(lowest), "highest": int(highest)}
    if learner.params["whole_numbers"] == "codes":
        message = Message(
            "target.codes_as_classes",
            "“{column}” has {count} different whole numbers from {lowest} to {highest}: treated as classes. Confirm "
            "that in the task, or choose regression.",
            **facts,
        )
    else:
        message = Message(
            "target.codes_as_numbers",
            "“{column}” has {count} different whole numbers from {lowest} to {highest}: predicted as a number. If they "
            "are codes of classes, set the task to classification.",
            **facts,
        )
    fix = Fix(kind="set_params", type=learner.node.type, params={"task": CLASSIFICATION})
    at = f"nodes.{learner.node.id}.params.task"
    yield problem(at, message, node=learner.node.id, severity="warning", fix=fix)


def _changed_values(learner: _Learner) -> Iterator[Problem]:
    """Yield a warning at each node that was told to fill or clip the values of the target."""
    for node in learner.before:
        columns = node.params.get("columns", ())
        if node.type not in CHANGING or learner.target not in columns:
            continue
        kind = catalogue().find(node.type)
        message = Message(
            "target.changed",
            "{node} changes values of “{column}”, which is predicted: the model learns, and is judged on, answers that "
            "are not in the data. Take the column out there.",
            node=node.title or Term(f"node:{node.type}", kind.title if kind else node.type),
            column=learner.target,
        )
        kept = [name for name in columns if name != learner.target]
        # Without any column named such a node takes all features.
        fix = Fix(kind="set_params", type=node.type, params={"columns": kept}) if kept else None
        at = f"nodes.{node.id}.params.columns"
        yield problem(at, message, node=node.id, severity="warning", fix=fix)


def _spellings(learner: _Learner, found: PredictionTarget) -> Iterator[Problem]:
    """Yield a warning where one class is written in several ways, with the step that merges them."""
    if found.task == CLASSIFICATION and found.has_short_words and not learner.is_merged:
        words = merges(map(str, (one["value"] for one in learner.card().get("top", ()))))
        message = Message(
            "target.short_words",
            "Values of the target “{column}” are short words for others, and each is a class of its own: {words}. "
            "Merge them.",
            column=learner.target,
            words=Names(words),
        )
        fix = Fix(type=COLUMNS, params={"merge": [learner.target], "tidy": [learner.target]})
        yield problem(f"nodes.{learner.first}", message, node=learner.first, severity="warning", fix=fix)
        return
    if found.task != CLASSIFICATION or not found.has_spellings or learner.is_tidy:
        return
    message = Message(
        "target.spellings",
        "Values of the target “{column}” differ in spaces or capitals only, and each is a class of its own. Merge "
        "them.",
        column=learner.target,
    )
    fix = Fix(type=COLUMNS, params={"tidy": [learner.target]})
    yield problem(f"nodes.{learner.first}", message, node=learner.first, severity="warning", fix=fix)
