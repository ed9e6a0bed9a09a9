"""What an engine process tells of the nodes of a claim, on its way to the database."""

from __future__ import annotations

import time
from typing import Any

from apps.common.child import Events
from apps.common.insist import insist
from apps.runs import reports
from apps.runs.owners import own_name
from tasks.jobs import dispatch
from tasks.jobs.dispatch import Claim, Said
from tasks.jobs.watch import Watched

SECONDS_BETWEEN_WRITES = 0.1


class Telling:
    """Writes down events of the node that is worked on and, when cheap nodes run in one go, which ones ended.

    A short chain is written whole at its end. In a long one the states follow within a tenth of a second.

    Attributes:
        claim: Of the node that is worked on, as far as it is written.
        unwritten: What was told and not yet written.
    """

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.unwritten: list[dict[str, Any]] = []
        self._is_chain = bool(claim.followers)
        self._written_at = time.monotonic()

    def hear(self, events: Events, watched: Watched) -> None:
        """Take what the process says."""
        if not self._is_chain:
            reports.record(self.claim.run_id, self.claim.node, events)
            return
        self.unwritten += events
        self.write_if_due(watched)

    def write_if_due(self, watched: Watched) -> None:
        """Write down what has waited long enough."""
        if self.unwritten and time.monotonic() - self._written_at > SECONDS_BETWEEN_WRITES:
            self._write(watched)

    def _write(self, watched: Watched) -> None:
        watched.is_moving = any(event["event"] == dispatch.ENDED for event in self.unwritten)
        owner, standing, said = own_name(), self.claim.standing(), Said()

        def write(is_again: bool) -> Claim | None:
            if is_again:
                dispatch.restore(standing)
            return dispatch.advance(self.claim, self.unwritten, owner=owner, said=said)

        moved = insist(write)
        self.unwritten, self._written_at = [], time.monotonic()
        if moved is None:
            watched.is_lost = True
            watched.child.kill("The work was given to another worker.")
        elif moved.node is not watched.node:
            self.claim = moved
            watched.move_to(moved.node)
