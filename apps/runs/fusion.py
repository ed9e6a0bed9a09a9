"""Chains of cheap nodes that one engine request runs, each keeping its own state, result and events.

Only the first is claimed. The others stay pending until their predecessor is written as done, so no other worker can
claim them, and if the worker dies their state is still right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apps.common.jobs import Queue
from apps.runs import sql
from apps.runs.models import NodeRun
from apps.runs.run_transaction import RunTransaction
from tasks.catalogue import catalogue

MAX_CHAIN_LENGTH = 64


@dataclass(frozen=True)
class Follower:
    """A node after the claimed one in a chain.

    ``inputs``: port to digest; ``before``: port to output port of its predecessor.
    """

    node: NodeRun
    inputs: Mapping[str, str]
    before: Mapping[str, str]


def followers_of(change: RunTransaction, head: NodeRun) -> tuple[Follower, ...]:
    """Return the cheap nodes that can run after a node in one request, each depending on its predecessor only."""
    if not _may_fuse(head) or len(head.successors) != 1:
        return ()
    pending = {node.node: node for node in sql.pending_behind(change.cursor, change.run, head, MAX_CHAIN_LENGTH - 1)}
    chain = [head]
    while len(chain[-1].successors) == 1:
        following = pending.get(chain[-1].successors[0])
        if following is None or following.unmet_dependencies != 1 or not _may_fuse(following):
            break
        chain.append(following)
    return _with_inputs(change, chain)


def _may_fuse(node: NodeRun) -> bool:
    # A node that may have killed its worker runs alone, so that no other node is blamed for the next time.
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
        digests = {
            port: outputs[source][name]["address"]
            for port, (source, name) in node.inputs.items()
            if source != before.node and name in outputs.get(source, {})
        }
        followers.append(Follower(node, digests, ports))
    return tuple(followers)
