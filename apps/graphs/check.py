"""Everything that is known of a drawn graph before it runs: faults, columns, what a run would do and cost."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from apps.common import hooks
from apps.datasets.selectors import ReadyDataset
from apps.graphs import schema_inference
from apps.graphs.data_problems import data_problems
from apps.graphs.expected_memory import Expected, expected_bytes, expected_gpu_bytes, memory_problems
from apps.graphs.expected_time import merged, node_seconds, run_seconds
from apps.graphs.sources import dataset_params, datasets_of, source_hashes
from apps.graphs.target_problems import target_problems
from tasks.catalogue import catalogue
from tasks.graph.compile import compile_plan
from tasks.graph.document import Document
from tasks.graph.fingerprint import fingerprints
from tasks.graph.messages import Message
from tasks.graph.problems import Problem, find_problems, problem


class Inspected(NamedTuple):
    """What starting a run needs to know.

    Attributes:
        errors: The problems that keep the graph from running.
        estimates: Node to the ``seconds`` and ``memory_bytes`` that it expects of its rows, columns and parameters.
    """

    errors: list[dict[str, Any]]
    estimates: Mapping[str, Mapping[str, float]]


def check(*, document: Document, workspace_id: uuid.UUID, graph_id: uuid.UUID | None = None) -> dict[str, Any]:
    """Return ``{problems, schemas, plan}``; the plan is empty while there are errors.

    Args:
        graph_id: The graph whose earlier runs tell what frozen nodes keep.
    """
    known = datasets_of(document, workspace_id)
    found, inference = _problems(document, known)
    has_errors = any(problem["severity"] == "error" for problem in found)
    if not has_errors:
        found.extend(data_problems(document, known, inference["schemas"] if inference else {}))
    frozen = merged(hooks.frozen_fingerprints(graph_id, document)) if graph_id else {}
    prints = {} if has_errors else fingerprints(document, catalogue(), source_hashes(document, known), frozen)
    schemas = inference["schemas"] if inference else {}
    if has_errors:
        return {"problems": _with_all_fixes(found), "schemas": schemas, "plan": _empty_plan()}
    plan = _plan(document, workspace_id, graph_id, prints, inference)
    expected = Expected(
        {node["node"]: node["memory_bytes"] for node in plan["nodes"]},
        {node["node"]: node["gpu_bytes"] for node in plan["nodes"]},
        inference["estimates"] if inference else {},
        inference.get("lighter", {}) if inference else {},
    )
    found.extend(memory_problems(document, known, expected))
    return {"problems": _with_all_fixes(found), "schemas": schemas, "plan": plan}


def inspect(*, document: Document, workspace_id: uuid.UUID) -> Inspected:
    """Return what keeps a graph from running and what its nodes expect, without the plan: a run makes its own."""
    problems, inference = _problems(document, datasets_of(document, workspace_id))
    errors = [problem for problem in problems if problem["severity"] == "error"]
    return Inspected(errors, inference["estimates"] if inference else {})


def _problems(
    document: Document, known: Mapping[str, ReadyDataset]
) -> tuple[list[dict[str, Any]], schema_inference.InferredSchemas | None]:
    """Return every problem, those that the engine sees among them, and what else the engine says."""
    structural = [*find_problems(document, catalogue()), *_missing_datasets(document, known)]
    inference = schema_inference.infer(document, known)
    found = [_problem_json(problem) for problem in structural]
    if inference is not None:
        found.extend(_new_ones(inference["problems"], found))
    found.extend(_new_ones(map(_problem_json, target_problems(document, known)), found))
    return found, inference


def _missing_datasets(document: Document, known: Mapping[str, ReadyDataset]) -> Iterable[Problem]:
    for node, params in dataset_params(document).items():
        for name, ident in params.items():
            if ident not in known:
                message = Message(
                    "graph.missing_dataset",
                    "This data set does not exist or has not been read yet. Choose another one.",
                )
                yield problem(f"nodes.{node}.params.{name}", message, node=node)


def _problem_json(problem: Problem) -> dict[str, Any]:
    fix = problem.fix
    return {
        **problem.model_dump(mode="json", exclude={"fix"}),
        "fix": fix.model_dump(mode="json") if fix else None,
    }


def _new_ones(more: Iterable[Mapping[str, Any]], found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the engine's problems at places where nothing was found yet: one sentence a place is enough."""
    places = {problem["at"] for problem in found}
    return [
        {"severity": "error", "fix": None, "node": "", "message_id": "", "message_params": {}, **problem}
        for problem in more
        if problem["at"] not in places
    ]


def _with_all_fixes(problems: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"more_fixes": [], **problem} for problem in problems]


def _empty_plan() -> dict[str, Any]:
    return {"nodes": [], "seconds": 0.0, "memory_bytes": 0, "gpu_bytes": 0}


def _plan(
    document: Document,
    workspace_id: uuid.UUID,
    graph_id: uuid.UUID | None,
    prints: Mapping[str, str],
    inference: schema_inference.InferredSchemas | None,
) -> dict[str, Any]:
    reusable = set().union(*hooks.reusable_fingerprints(workspace_id, list(prints.values())))
    plan = compile_plan(document, catalogue(), reusable=reusable, prints=prints)
    estimates = inference["estimates"] if inference else {}
    seconds = node_seconds(plan, workspace_id, graph_id, document, estimates)
    needed = expected_bytes(plan, merged(hooks.past_peaks(graph_id, document)) if graph_id else {}, estimates)
    on_gpu = expected_gpu_bytes(plan, estimates)
    nodes = [
        {
            "node": step.node,
            "is_cached": step.is_reused,
            "seconds": seconds[step.node],
            "memory_bytes": needed[step.node],
            "gpu_bytes": on_gpu[step.node],
        }
        for step in plan.steps
    ]
    return {
        "nodes": nodes,
        "seconds": round(run_seconds(plan, seconds), 1),
        "memory_bytes": max(needed.values(), default=0),
        "gpu_bytes": max(on_gpu.values(), default=0),
    }
