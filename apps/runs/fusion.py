"""Chains of cheap nodes that one engine request runs, each keeping its own state, result and events.

Only the first is claimed. Those behind it stay pending until the one before is written as done, so nobody else can
take them, and when everything dies they are where they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apps.common.jobs import Queue
from apps.runs import sql
from apps.runs.models import NodeRun
from apps.runs.run_transaction import RunTransaction
from tasks.catalogue import catalogue

MOST_FUSED = 64


@dataclass(frozen=True)
class Follower:
    """A node behind the claimed one.

    ``inputs``: port to address; ``before``: port to the output port of the node before it.
    """

    node: NodeRun
    inputs: Mapping[str, str]
    before: Mapping[str, str]


def followers_of(change: RunTransaction, head: NodeRun) -> tuple[Follower, ...]:
    """Return the cheap nodes that can be run in one go behind a node, each waiting for the one before it alone."""
    if not _may_fuse(head) or len(head.successors) != 1:
        return ()
    pending = {node.node: node for node in sql.pending_behind(change.cursor, change.run, head, MOST_FUSED - 1)}
    chain = [head]
    while len(chain[-1].successors) == 1:
        following = pending.get(chain[-1].successors[0])
        if following is None or following.unmet_dependencies != 1 or not _may_fuse(following):
            break
        chain.append(following)
    return _with_inputs(change, chain)


def _may_fuse(node: NodeRun) -> bool:
    # What took its worker down once runs alone, so that nobody else is blamed.
    kind = catalogue().find(node.type)
    return (
        kind is not None and kind.is_cheap and not node.lost_attempts and not node.uses_gpu and node.queue == Queue.CPU
    )


def _with_inputs(change: RunTransaction, chain: list[NodeRun]) -> tuple[Follower, ...]:
    pairs = list(zip(chain, chain[1:], strict=False))
    elsewhere = {source for before, node in pairs for source, _ in node.inputs.values() if source != before.node}
    outputs = sql.outputs_of(change.cursor, change.run, list(elsewhere))
    followers = []
    for before, node in pairs:
        ports = {port: name for port, (source, name) in node.inputs.items() if source == before.node}
        addresses = {
            port: outputs[source][name]["address"]
            for port, (source, name) in node.inputs.items()
            if source != before.node and name in outputs.get(source, {})
        }
        followers.append(Follower(node, addresses, ports))
    return tuple(followers)
