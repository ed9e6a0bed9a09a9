"""How long a run is expected to take: each node by itself, and all of them on the machines there are."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import TypeVar

from apps.common import hooks
from tasks.catalogue import catalogue
from tasks.graph.compile import Plan, PlanStep
from tasks.graph.document import Document

T = TypeVar("T")

CHEAP_SECONDS = 0.3
USUAL_SECONDS = 3.0


def node_seconds(
    plan: Plan,
    workspace_id: uuid.UUID,
    graph_id: uuid.UUID | None,
    document: Document,
    estimates: Mapping[str, Mapping[str, float]],
) -> dict[str, float]:
    """Return the expected duration of each node, 0 for one whose result is reused.

    What a node expects of rows, columns and parameters is corrected by how its earlier runs kept to it: those with the
    same parameters in this graph, else those of its type in the workspace. What does not expect anything takes what it
    took in those runs.
    """
    past = merged(hooks.past_seconds(graph_id, document)) if graph_id else {}
    typical = merged(hooks.typical_seconds(workspace_id, {step.type for step in plan.steps}))

    def guess(step: PlanStep) -> float:
        if step.is_reused:
            return 0.0
        estimated = estimates.get(step.node, {}).get("seconds")
        if step.node in past:
            return past[step.node].seconds_for(estimated)
        if step.type in typical and (estimated is None or typical[step.type].ratio is not None):
            return typical[step.type].seconds_for(estimated)
        kind = catalogue().find(step.type)
        usual = CHEAP_SECONDS if kind and kind.is_cheap else USUAL_SECONDS
        return usual if estimated is None else estimated

    return {step.node: round(guess(step), 2) for step in plan.steps}


def run_seconds(plan: Plan, seconds: Mapping[str, float]) -> float:
    """Return the expected duration of a run whose nodes take so long.

    It is at least that of the longest path, and at least the sum over the nodes that the machines run at once.
    """
    ends: dict[str, float] = {}
    for step in plan.steps:  # in topological order
        ends[step.node] = seconds[step.node] + max((ends[source] for source in step.depends_on), default=0.0)
    at_once = max(hooks.parallel_nodes(), default=1)
    return max(max(ends.values(), default=0.0), sum(seconds.values()) / at_once)


def merged(answers: Iterable[Mapping[str, T]]) -> dict[str, T]:
    """Return the answers of several receivers of a hook as one."""
    return {key: value for answer in answers for key, value in answer.items()}
