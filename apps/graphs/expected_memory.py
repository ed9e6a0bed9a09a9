"""What nodes of a drawn graph are expected to need of memory, and whether a machine has that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.common.memory import format_bytes
from apps.compute.selectors import attempt_memory, gpu_memory
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


def expected_bytes(plan: Plan, past: Mapping[str, int], estimates: Mapping[str, Mapping[str, float]]) -> dict[str, int]:
    """Return what each node needs at its peak: as much as it did with these parameters, else by rows and columns."""
    found = {}
    for step in plan.steps:
        estimated = LIBRARY_BYTES + int(estimates.get(step.node, {}).get("memory_bytes", 0))
        found[step.node] = 0 if step.is_reused else past.get(step.node, estimated)
    return found


def expected_gpu_bytes(plan: Plan, estimates: Mapping[str, Mapping[str, float]]) -> dict[str, int]:
    """Return what each node needs of a GPU at its peak, 0 without one: what trains a given model needs what it did."""
    if gpu_memory() is None:
        return dict.fromkeys((step.node for step in plan.steps), 0)
    found: dict[str, int] = {}
    for step in plan.steps:  # in topological order
        own = int(estimates.get(step.node, {}).get("gpu_bytes", 0))
        given = [int(estimates.get(source, {}).get("gpu_bytes", 0)) for source in step.depends_on]
        found[step.node] = max([own, *given]) if step.uses_gpu and not step.is_reused else 0
    return found


@dataclass(frozen=True)
class Expected:
    """What is expected of memory.

    Attributes:
        bytes: Node to what it needs at its peak.
        gpu_bytes: Node to what it needs of a GPU; 0 for one that uses none.
        estimates: Node to the ``memory_bytes`` and ``gpu_bytes`` by rows, columns and parameters alone.
        lighter: Node to changes of its parameters, ``{params, memory_bytes, gpu_bytes}``, with what it needs then.
    """

    bytes: Mapping[str, int]
    gpu_bytes: Mapping[str, int]
    estimates: Mapping[str, Mapping[str, float]]
    lighter: Mapping[str, Sequence[Mapping[str, Any]]]


def memory_problems(
    document: Document, known: Mapping[str, ReadyDataset], expected: Expected
) -> Iterator[dict[str, Any]]:
    """Iterate over warnings of nodes that will not fit into what a machine gives one, or into its GPU.

    Fewer rows from a source are a way out, and so are parameters with which the node does with less.
    """
    active = document.active()
    limit, hungriest = attempt_memory(), _hungriest(expected.bytes)
    if limit and hungriest and expected.bytes[hungriest] > limit:
        message = Message(
            "graph.too_much_memory",
            "{node} is expected to need about {needed} of memory, and one node may use {limit} here. Use fewer rows or "
            "columns, or a machine with more memory.",
            node=_title(active, hungriest),
            needed=format_bytes(expected.bytes[hungriest]),
            limit=format_bytes(limit),
        )
        share = limit / expected.bytes[hungriest]
        yield from _warnings(active, known, hungriest, message, share, _ways_out(expected, hungriest, share))
    limit, hungriest = gpu_memory() or 0, _hungriest(expected.gpu_bytes)
    if limit and hungriest and expected.gpu_bytes[hungriest] > limit:
        message = Message(
            "graph.too_much_gpu_memory",
            "{node} is expected to need about {needed} of GPU memory, and the largest GPU here has {limit}. Use fewer "
            "rows or columns, or a smaller model.",
            node=_title(active, hungriest),
            needed=format_bytes(expected.gpu_bytes[hungriest]),
            limit=format_bytes(limit),
        )
        share = limit / expected.gpu_bytes[hungriest]
        ways_out = _ways_out(expected, hungriest, share, of="gpu_bytes")
        yield from _warnings(active, known, hungriest, message, share, ways_out)


def _hungriest(needed: Mapping[str, int]) -> str:
    return max(needed, key=lambda node: needed[node], default="")


def _title(document: Document, ident: str) -> Any:
    node = document.node(ident)
    kind = catalogue().find(node.type)
    return node.title or Term(f"node:{node.type}", kind.title if kind else node.type)


def _ways_out(expected: Expected, node: str, share: float, of: str = "memory_bytes") -> list[Mapping[str, Any]]:
    """Return the smallest change of each parameter with which a node fits, none where less of it does not suffice."""
    spared = LIBRARY_BYTES if of == "memory_bytes" else 0
    whole = spared + float(expected.estimates.get(node, {}).get(of, 0))
    found: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for change in expected.lighter.get(node, ()):
        if (spared + change[of]) / whole <= share * SPARE:
            found.setdefault(tuple(change["params"]), change["params"])
    return list(found.values())


def _warnings(  # noqa: PLR0913 - what a warning is made of
    document: Document,
    known: Mapping[str, ReadyDataset],
    hungriest: str,
    message: Message,
    share: float,
    ways_out: Sequence[Mapping[str, Any]],
) -> Iterator[dict[str, Any]]:
    above = document.ancestors(hungriest)
    sources = [one for one in document.nodes if one.type == SOURCE_TYPE and one.id in above]
    node = document.node(hungriest)
    changes = [
        {"kind": "set_params", "type": node.type, "params": dict(params), "node": hungriest} for params in ways_out
    ]
    for source in sources or [node]:
        dataset = known.get(str(source.params.get("dataset") or ""))
        rows = _fitting_rows(source.params.get("max_rows") or 0, dataset, share)
        fewer = [{"kind": "set_params", "type": source.type, "params": {"max_rows": rows}}] if rows else []
        fixes = [*fewer, *changes]
        yield {
            **message_json(message),
            "at": f"nodes.{source.id}.params.max_rows" if rows else f"nodes.{source.id}",
            "node": source.id,
            "severity": "warning",
            "fix": fixes[0] if fixes else None,
            "more_fixes": fixes[1:],
        }


def _fitting_rows(most: int, dataset: ReadyDataset | None, share: float) -> int:
    """Return how many rows fit, rounded down to two digits; 0 where nobody knows, or hardly any would."""
    if dataset is None:
        return 0
    rows = int(min(dataset.rows, most or dataset.rows) * share * SPARE)
    digits = max(0, len(str(rows)) - 2)
    rows = rows // 10**digits * 10**digits
    return rows if rows >= FEWEST_ROWS else 0
