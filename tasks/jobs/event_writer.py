"""Writes the events that an engine process reports for the nodes of a claim to the database."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from apps.common.engine_process import Events
from apps.common.worker_identity import worker_id
from apps.runs import node_events, scheduling
from apps.runs.claims import Claim, LastEvent, write_durably
from tasks.jobs.lease_renewal import NodeLease

SECONDS_BETWEEN_WRITES = 0.1


class EventWriter:
    """Writes the events of the running node and, for a fused chain, which nodes ended.

    A short chain is written once, at its end; a longer one every tenth of a second.

    Attributes:
        claim: Of the running node, as far as it is written.
        pending: Events that were reported but not written yet.
    """

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.pending: list[dict[str, Any]] = []
        self._is_chain = bool(claim.followers)
        self._written_at = time.monotonic()

    def on_events(self, events: Events, lease: NodeLease) -> None:
        """Write or queue events of the process."""
        if not self._is_chain:
            node_events.store_events(self.claim.run_id, self.claim.node, events)
            return
        self.pending += events
        self.write_if_due(lease)

    def write_if_due(self, lease: NodeLease) -> None:
        """Write the pending events if the last write was long enough ago."""
        if self.pending and time.monotonic() - self._written_at > SECONDS_BETWEEN_WRITES:
            self._write(lease)

    def _write(self, lease: NodeLease) -> None:
        lease.is_transitioning = any(event["event"] == scheduling.ENDED for event in self.pending)
        commit = partial(
            scheduling.commit_progress, self.claim, self.pending, owner=worker_id(), last_event=LastEvent()
        )
        moved = write_durably(self.claim, commit)
        self.pending, self._written_at = [], time.monotonic()
        if moved is None:
            lease.is_lost = True
            lease.process.kill("The work was given to another worker.")
        elif moved.node is not lease.row:
            self.claim = moved
            lease.move_to(moved.node)
