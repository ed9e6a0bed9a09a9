"""Renews the leases of this worker, and stops work that was cancelled, lost its lease or exceeds a limit."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from apps.common.engine_process import EngineProcess
from apps.common.leases import Leased
from apps.common.memory import format_bytes
from apps.runs.models import NodeRun
from tasks.graph.messages import Message
from tasks.jobs.daemon_threads import guarded_pass
from tasks.jobs.process_pool import memory_limit

SECONDS_BETWEEN_CHECKS = 0.5
SECONDS_BETWEEN_HEARTBEATS = 5.0
GRACE_SECONDS = 2.0
SECONDS_WITHOUT_HEARTBEAT = 13.0  # less than a lease: this worker stops before another one starts
SECONDS_TO_START = 60.0


@dataclass(eq=False)
class HeldLease:
    """A row that this worker holds.

    Attributes:
        row: The claimed row; changes when nodes run one after another in one request.
        process: The engine process that works on it; ``None`` for work of the worker itself.
        renewed_at: When the lease was renewed last, by the monotonic clock.
        is_lost: Another worker may have the row by now.
        is_transitioning: The row is being changed; what was read of it may be outdated.
        cancelled_at: When this worker noticed that the work was cancelled.
        is_database_silent: The lease was lost because the database did not answer; no fault of the work.
    """

    row: Leased
    process: EngineProcess | None = None
    renewed_at: float = field(default_factory=time.monotonic)
    is_lost: bool = False
    is_transitioning: bool = False
    cancelled_at: float | None = None
    is_database_silent: bool = False

    @property
    def is_cancelled(self) -> bool:
        """Whether the work was cancelled."""
        return self.cancelled_at is not None

    def stop_if_due(self, *, is_database_silent: bool = False) -> None:
        """Kill the process when the lease is lost or was not renewed in time."""
        if not self.is_lost and time.monotonic() - self.renewed_at > SECONDS_WITHOUT_HEARTBEAT:
            # Before the lease expires and another worker starts, this one has to stop.
            self.is_lost = True
            self.is_database_silent = is_database_silent
            self._kill(Message("worker.no_database", "The worker could not reach the database."))
        elif self.is_lost:
            self._kill(Message("worker.replaced", "The work was given to another worker."))

    def _kill(self, reason: str) -> None:
        if self.process is not None:
            self.process.kill(reason)


@dataclass(eq=False)
class NodeLease(HeldLease):
    """A node that an engine process runs.

    Attributes:
        fault: Why it was stopped, if for exceeding a limit.
        peak_bytes: The most memory seen in use so far, that of processes it started included.
    """

    row: NodeRun
    process: EngineProcess
    began_at: float = field(default_factory=time.monotonic)
    fault: str = ""
    peak_bytes: int = 0
    memory_limit: int = field(default_factory=memory_limit)

    def move_to(self, node: NodeRun) -> None:
        """Hold the node that follows; it has a lease and a deadline of its own."""
        self.began_at = self.renewed_at = time.monotonic()
        self.row = node
        self.peak_bytes = 0
        self.is_transitioning = False

    def stop_if_due(self, *, is_database_silent: bool = False) -> None:
        """Kill the process when the lease is lost, the run was cancelled, or the node exceeds a limit."""
        super().stop_if_due(is_database_silent=is_database_silent)
        now = time.monotonic()
        if self.is_lost:
            return
        if self.cancelled_at is not None and now - self.cancelled_at > GRACE_SECONDS:
            self._kill(Message("run.cancelled", "Cancelled."))
        elif not self.process.is_ready and now - max(self.began_at, self.process.started_at) > SECONDS_TO_START:
            self._kill(
                Message(
                    "engine.not_started",
                    "The engine process did not start within {seconds:.0f} seconds.",
                    seconds=SECONDS_TO_START,
                )
            )
        elif fault := self._exceeded_limit(now):
            self.fault = fault
            self._kill(fault)

    def _exceeded_limit(self, now: float) -> str:
        """Return which limit the node exceeds, time or memory; empty when none."""
        used, limit = self.process.memory_used(), self.memory_limit
        self.peak_bytes = max(self.peak_bytes, used)
        if used > limit:
            return Message(
                "worker.memory_limit",
                "Killed: used {used}, limit {limit}. Use fewer rows or columns.",
                used=format_bytes(used),
                limit=format_bytes(limit),
            )
        own, deadline = self.row.time_limit_seconds, settings.LEPTON_NODE_DEADLINE_SECONDS
        if own and now - self.began_at > own:
            return Message(
                "worker.time_limit",
                "Stopped: the node ran for more than {seconds:,} seconds, its time limit. Raise the limit or do less.",
                seconds=own,
            )
        if deadline and now - self.began_at > deadline:
            return Message(
                "worker.deadline",
                "Stopped: the node ran for more than {seconds:,} seconds, the longest a node may run here.",
                seconds=deadline,
            )
        return ""


class LeaseRenewal:
    """Two threads for all leases of a worker, idle while there are none.

    One renews leases and reads cancellations; it may block on the database for long. The other one stops work, without
    using the database.
    """

    def __init__(self) -> None:
        self._leases: set[HeldLease] = set()
        self._changed = threading.Condition()
        self._unanswered_since: float | None = None
        self._unstarted = [("lease-renewal", self._renew_forever), ("deadlines", self._stop_due_forever)]

    @contextmanager
    def renewing(self, lease: HeldLease) -> Iterator[None]:
        """Renew a lease during the block."""
        try:
            with self._changed:
                self._leases.add(lease)
                while self._unstarted:  # again for the next lease when the system has no thread to give
                    name, run = self._unstarted[0]
                    threading.Thread(target=run, name=name, daemon=True).start()
                    self._unstarted.pop(0)
                self._changed.notify_all()
            yield
        finally:
            with self._changed:
                self._leases.discard(lease)

    def stop_all(self, reason: str) -> None:
        """Kill every process: this worker ends, others will do the work."""
        with self._changed:
            leases = list(self._leases)
        for lease in leases:
            lease.is_lost = True
            if lease.process is not None:
                lease.process.kill(reason)

    def _renew_forever(self) -> None:
        while True:
            leases = self._wait_for_leases()
            with guarded_pass("renewal of leases"):
                if self._unanswered_since is None:
                    self._unanswered_since = time.monotonic()
                self._renew(leases)
                self._unanswered_since = None

    def _stop_due_forever(self) -> None:
        while True:
            self._wait_for_leases()
            # Under the lock: the process of work that has just ended may run another node by now.
            with self._changed:
                is_silent = self._is_database_silent()
                for lease in self._leases:
                    with guarded_pass("limits of an attempt"):
                        lease.stop_if_due(is_database_silent=is_silent)

    def _is_database_silent(self) -> bool:
        """Return whether the database fails to renew leases; this process may have stood still instead."""
        since = self._unanswered_since
        return since is not None and time.monotonic() - since > SECONDS_WITHOUT_HEARTBEAT / 2

    def _wait_for_leases(self) -> list[HeldLease]:
        with self._changed:
            self._changed.wait_for(lambda: bool(self._leases))
        # Most attempts end before the first check and cost the database nothing.
        time.sleep(SECONDS_BETWEEN_CHECKS)
        with self._changed:
            return list(self._leases)

    def _renew(self, leases: list[HeldLease]) -> None:
        """Renew the leases that are due, and note which of all are lost or cancelled: two statements for each table."""
        by_model: defaultdict[type[Any], dict[HeldLease, Leased]] = defaultdict(dict)
        for lease in leases:
            if not lease.is_transitioning:
                by_model[type(lease.row)][lease] = lease.row
        for model, rows in by_model.items():
            self._renew_table(model, rows)

    def _renew_table(self, model: type[Any], rows: dict[HeldLease, Leased]) -> None:
        began = time.monotonic()
        due = {lease: row for lease, row in rows.items() if began - lease.renewed_at > SECONDS_BETWEEN_HEARTBEATS}
        if due:
            model.objects.renew({row.pk: row.attempt for row in due.values()})
        fields = ("pk", "attempt", model.CANCELLED_AT) if model.CANCELLED_AT else ("pk", "attempt")
        found = model.objects.held().filter(pk__in=[row.pk for row in rows.values()]).values_list(*fields)
        held = {(pk, attempt): cancelled for pk, attempt, *cancelled in found}
        with self._changed:
            for lease in self._leases.intersection(rows):
                if lease.is_transitioning or lease.row is not rows[lease]:
                    continue
                cancelled = held.get((lease.row.pk, lease.row.attempt))
                if cancelled is None:
                    lease.is_lost = True
                    continue
                if lease in due:
                    lease.renewed_at = began
                if any(cancelled) and lease.cancelled_at is None:
                    lease.cancelled_at = time.monotonic()
                    if lease.process is not None:
                        lease.process.cancel()
