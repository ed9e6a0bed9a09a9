"""What nodes of a drawn graph are expected to need of memory, and whether a machine has that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apps.compute.selectors import attempt_memory
from apps.datasets.selectors import ReadyDataset
from tasks.catalogue import catalogue
from tasks.graph.compile import Plan
from tasks.graph.document import Document
from tasks.graph.messages import Message, Term, message_json

SOURCE_TYPE = "source.file"
LIBRARY_BYTES = 250_000_000
"""What an engine process keeps for itself once the libraries of most nodes are loaded."""
SPARE = 0.8
FEWEST_ROWS = 1000
GIGABYTE = 1_000_000_000


def expected_bytes(plan: Plan, past: Mapping[str, int], estimates: Mapping[str, Mapping[str, float]]) -> dict[str, int]:
    """Return what each node needs at its peak: as much as it did with these parameters, else by rows and columns."""
    found = {}
    for step in plan.steps:
        estimated = LIBRARY_BYTES + int(estimates.get(step.node, {}).get("memory_bytes", 0))
        found[step.node] = 0 if step.is_reused else past.get(step.node, estimated)
    return found


def memory_problems(
    document: Document, known: Mapping[str, ReadyDataset], expected: Mapping[str, int]
) -> Iterator[dict[str, Any]]:
    """Iterate over warnings of a node that will not fit into what a machine gives one; a source may give fewer rows."""
    limit = attempt_memory()
    if not limit or not expected:
        return
    hungriest = max(expected, key=lambda node: expected[node])
    needed = expected[hungriest]
    if needed <= limit:
        return
    active = document.active()
    node = next(node for node in active.nodes if node.id == hungriest)
    kind = catalogue().find(node.type)
    message = Message(
        "graph.too_much_memory",
        "{node} is expected to need about {needed} of memory, and one node may use {limit} here. Use fewer rows or "
        "columns, or a machine with more memory.",
        node=node.title or Term(f"node:{node.type}", kind.title if kind else node.type),
        needed=_in_words(needed),
        limit=_in_words(limit),
    )
    sources = [one for one in active.nodes if one.type == SOURCE_TYPE and one.id in active.ancestors(hungriest)]
    for source in sources or [node]:
        dataset = known.get(str(source.params.get("dataset") or ""))
        rows = _fitting_rows(source.params.get("max_rows") or 0, dataset, limit / needed)
        fix = {"kind": "set_params", "type": source.type, "params": {"max_rows": rows}} if rows else None
        yield {
            **message_json(message),
            "at": f"nodes.{source.id}.params.max_rows" if rows else f"nodes.{source.id}",
            "node": source.id,
            "severity": "warning",
            "fix": fix,
        }


def _fitting_rows(most: int, dataset: ReadyDataset | None, share: float) -> int:
    """Return how many rows fit, rounded down to two digits; 0 where nobody knows, or hardly any would."""
    if dataset is None:
        return 0
    rows = int(min(dataset.rows, most or dataset.rows) * share * SPARE)
    digits = max(0, len(str(rows)) - 2)
    rows = rows // 10**digits * 10**digits
    return rows if rows >= FEWEST_ROWS else 0


def _in_words(size: float) -> str:
    amount = size / GIGABYTE
    return f"{amount:.0f} GB" if amount >= 10 else f"{amount:.1f} GB"
