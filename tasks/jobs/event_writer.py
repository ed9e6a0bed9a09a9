"""What an engine process tells of the nodes of a claim, on its way to the database."""

from __future__ import annotations

import time
from typing import Any

from apps.common.database_retry import retry_on_disconnect
from apps.common.engine_process import Events
from apps.common.worker_identity import worker_id
from apps.runs import node_events
from tasks.jobs import dispatch
from tasks.jobs.dispatch import Claim, LastEvent
from tasks.jobs.lease_renewal import NodeLease

SECONDS_BETWEEN_WRITES = 0.1


class EventWriter:
    """Writes down events of the node that is worked on and, when cheap nodes run in one go, which ones ended.

    A short chain is written whole at its end. In a long one the states follow within a tenth of a second.

    Attributes:
        claim: Of the node that is worked on, as far as it is written.
        pending: What was told and not yet written.
    """

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.pending: list[dict[str, Any]] = []
        self._is_chain = bool(claim.followers)
        self._written_at = time.monotonic()

    def on_events(self, events: Events, lease: NodeLease) -> None:
        """Take what the process says."""
        if not self._is_chain:
            node_events.store_events(self.claim.run_id, self.claim.node, events)
            return
        self.pending += events
        self.write_if_due(lease)

    def write_if_due(self, lease: NodeLease) -> None:
        """Write down what has waited long enough."""
        if self.pending and time.monotonic() - self._written_at > SECONDS_BETWEEN_WRITES:
            self._write(lease)

    def _write(self, lease: NodeLease) -> None:
        lease.is_transitioning = any(event["event"] == dispatch.ENDED for event in self.pending)
        owner, standing, said = worker_id(), self.claim.snapshot_state(), LastEvent()

        def write(is_retry: bool) -> Claim | None:
            if is_retry:
                dispatch.reset_after_rollback(standing)
            return dispatch.commit_progress(self.claim, self.pending, owner=owner, said=said)

        moved = retry_on_disconnect(write)
        self.pending, self._written_at = [], time.monotonic()
        if moved is None:
            lease.is_lost = True
            lease.process.kill("The work was given to another worker.")
        elif moved.node is not lease.row:
            self.claim = moved
            lease.move_to(moved.node)
