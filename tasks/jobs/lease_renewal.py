"""Watches the attempts of this worker: renews their leases, and stops those that were cancelled or lost."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.db.models.functions import Now

from apps.common.engine_process import EngineProcess
from apps.common.memory import format_bytes
from apps.compute.services import renew_gpu
from apps.runs.models import NodeRun
from apps.runs.transitions import LEASE
from tasks.jobs.process_pool import memory_limit

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_BETWEEN_HEARTBEATS = 5.0
GRACE_SECONDS = 2.0
SECONDS_WITHOUT_HEARTBEAT = 13.0
SECONDS_TO_START = 60.0


@dataclass(eq=False)
class Watched:
    """One attempt.

    Attributes:
        node: What is worked on; changes when nodes run one after the other in one request.
        fault: Why it was stopped when the node itself is to blame.
        is_transitioning: The node is about to change; what was read of it may be old.
    """

    node: NodeRun
    child: EngineProcess
    gpu_holder: str = ""
    began_at: float = field(default_factory=time.monotonic)
    beat_at: float = field(default_factory=time.monotonic)
    cancelled_at: float | None = None
    is_lost: bool = False
    is_transitioning: bool = False
    fault: str = ""
    memory_limit: int = field(default_factory=memory_limit)

    def move_to(self, node: NodeRun) -> None:
        """Watch the node that follows; it has a lease and a deadline of its own."""
        self.began_at = self.beat_at = time.monotonic()
        self.node = node
        self.is_transitioning = False

    @property
    def is_cancelled(self) -> bool:
        """Whether the run was cancelled while this went on."""
        return self.cancelled_at is not None


class Watch:
    """Two threads for all attempts of a worker, idle while there are none.

    One asks the database, which may let it wait for long. The other stops what has to be stopped, also then.
    """

    def __init__(self) -> None:
        self._attempts: set[Watched] = set()
        self._changed = threading.Condition()
        self._has_begun = False

    def add(self, attempt: Watched) -> None:
        """Begin to watch."""
        with self._changed:
            self._attempts.add(attempt)
            if not self._has_begun:
                self._has_begun = True
                threading.Thread(target=self._look_again_and_again, name="watch", daemon=True).start()
                threading.Thread(target=self._stop_again_and_again, name="deadlines", daemon=True).start()
            self._changed.notify_all()

    def remove(self, attempt: Watched) -> None:
        """Stop watching."""
        with self._changed:
            self._attempts.discard(attempt)

    def stop_all(self, reason: str) -> None:
        """Kill the processes of all attempts: this worker ends, others will do the work."""
        with self._changed:
            attempts = list(self._attempts)
        for attempt in attempts:
            attempt.is_lost = True
            attempt.child.kill(reason)

    def _look_again_and_again(self) -> None:
        while True:
            attempts = self._wait_for_attempts()
            try:
                self._look(attempts)
            except DatabaseError as error:
                logger.warning("the database does not answer, leases are not renewed: %s", error)
                close_old_connections()

    def _stop_again_and_again(self) -> None:
        while True:
            self._wait_for_attempts()
            self._stop_due()

    def _wait_for_attempts(self) -> list[Watched]:
        with self._changed:
            self._changed.wait_for(lambda: bool(self._attempts))
        # Most attempts end before the first look; they cost the database nothing.
        time.sleep(SECONDS_BETWEEN_LOOKS)
        with self._changed:
            return list(self._attempts)

    def _look(self, attempts: list[Watched]) -> None:
        if not attempts:
            return
        seen = {attempt: attempt.node for attempt in attempts if not attempt.is_transitioning}
        keys = [node.pk for node in seen.values()]
        rows = NodeRun.objects.filter(pk__in=keys).values_list("pk", "attempt", "state", "run__cancel_requested_at")
        now = {key: (number, state, cancelled) for key, number, state, cancelled in rows}
        for attempt in attempts:
            if time.monotonic() - attempt.beat_at > SECONDS_BETWEEN_HEARTBEATS:
                _beat(attempt)
        with self._changed:
            for attempt in self._attempts.intersection(seen):
                if attempt.is_transitioning or attempt.node is not seen[attempt]:
                    continue
                number, state, cancelled = now.get(attempt.node.pk, (0, "", None))
                if number != attempt.node.attempt or state != NodeRun.State.RUNNING:
                    attempt.is_lost = True
                elif cancelled and not attempt.is_cancelled:
                    attempt.cancelled_at = time.monotonic()
                    attempt.child.cancel()

    def _stop_due(self) -> None:
        # Under the lock: an attempt that has just ended gave its process back, and somebody else may use it.
        with self._changed:
            for attempt in self._attempts:
                _stop_if_due(attempt)


def _beat(attempt: Watched) -> None:
    renewed = NodeRun.objects.filter(
        pk=attempt.node.pk, attempt=attempt.node.attempt, state=NodeRun.State.RUNNING
    ).update(lease_until=Now() + LEASE)
    if attempt.gpu_holder and not renew_gpu(holder=attempt.gpu_holder):
        attempt.is_lost = True
    if renewed:
        attempt.beat_at = time.monotonic()


def _stop_if_due(attempt: Watched) -> None:
    now = time.monotonic()
    child = attempt.child
    if attempt.is_lost:
        child.kill("The work was given to another worker.")
    elif attempt.cancelled_at is not None and now - attempt.cancelled_at > GRACE_SECONDS:
        child.kill("Cancelled.")
    elif now - attempt.beat_at > SECONDS_WITHOUT_HEARTBEAT:
        # Before the lease runs out and somebody else starts, this one has to stop.
        attempt.is_lost = True
        child.kill("This worker could not reach the database and stopped its work.")
    elif not child.is_ready and now - max(attempt.began_at, child.started_at) > SECONDS_TO_START:
        child.kill(f"The engine process did not start within {SECONDS_TO_START:.0f} seconds.")
    elif fault := _fault_of(attempt, now):
        attempt.fault = fault
        child.kill(fault)


def _fault_of(attempt: Watched, now: float) -> str:
    """Return what the node did that it may not: run for too long, or use too much memory."""
    used, limit = attempt.child.memory_used(), attempt.memory_limit
    if used > limit:
        return f"Killed: used {format_bytes(used)}, limit {format_bytes(limit)}. Use fewer rows or columns."
    own, deadline = attempt.node.time_limit_seconds, settings.LEPTON_NODE_DEADLINE_SECONDS
    if own and now - attempt.began_at > own:
        return f"Stopped: the node ran for more than {own:,} seconds, its time limit. Raise the limit or do less."
    if deadline and now - attempt.began_at > deadline:
        return f"Stopped: the node ran for more than {deadline:,} seconds, the longest a node may run here."
    return ""
