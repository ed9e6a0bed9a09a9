"""A transaction on one run: locks its row, commits changes and events together, then publishes the events."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from apps.common import clock
from apps.graphs.services import note_run
from apps.live.events import Event, NodeFault, NodeOutput, NodeStatus, RunStatus
from apps.live.publish import publish_on_commit
from apps.runs import sql
from apps.runs.models import NodeRun, Run
from tasks.graph.messages import parts_of

COUNTS = {"last_seq", "remaining"}

# SQLite has one writer at a time, and a second one polls with pauses of milliseconds. The threads of a process wait
# for this lock instead and are woken at once.
_one_writer = threading.Lock()


class RunTransaction:
    """The changes of one transaction to a run. Events get the next sequence numbers, without gaps.

    Attributes:
        run: The locked row, with the changes of this transaction.
        cursor: For the statements of `apps.runs.sql`.
    """

    def __init__(self, run: Run, cursor: CursorWrapper) -> None:
        self.run = run
        self.cursor = cursor
        self._bodies: list[str] = []
        self._fields: dict[str, Any] = {}

    def emit(self, kind: type[Event], **fields: Any) -> None:
        """Add an event."""
        seq = self.run.last_seq + len(self._bodies) + 1
        event = kind(run=str(self.run.pk), seq=seq, at=clock.now(), **fields)
        self._bodies.append(event.model_dump_json())

    def emit_node_status(self, node: NodeRun) -> None:
        """Add the event with the state of a node."""
        self.emit(
            NodeStatus,
            node=node.node,
            state=node.state,
            attempt=node.attempt,
            headline=node.headline,
            headline_parts=node.headline_parts,
            error=NodeFault(**node.error) if node.error else None,
            is_cached=node.is_cached,
            outputs={port: NodeOutput(**_shown(output)) for port, output in node.outputs.items()},
            started_at=node.started_at,
            finished_at=node.finished_at,
            device=node.device,
        )

    @property
    def last_event(self) -> tuple[int, str]:
        """Number and text of the newest event of this transaction; ``(0, "")`` when there is none."""
        return (self.run.last_seq + len(self._bodies), self._bodies[-1]) if self._bodies else (0, "")

    def set(self, **fields: Any) -> None:
        """Change fields of the run."""
        for name, value in fields.items():
            setattr(self.run, name, value)
        self._fields.update(fields)

    def set_state(
        self, state: Run.State, message: str = "", *, headline: str = "", verdict: dict[str, Any] | None = None
    ) -> None:
        """Change the state of the run, emit it, and copy it to the graph's row."""
        parts = parts_of(message)
        self.set(state=state, message=message, message_parts=parts)
        self.emit(RunStatus, state=str(state), message=message, message_parts=parts)
        note_run(
            graph_id=self.run.graph_id,
            run_id=self.run.pk,
            number=self.run.number,
            state=str(state),
            headline=headline or None,
            headline_parts=parts_of(headline),
            verdict=verdict,
        )

    def close(self) -> None:
        """Write the run and its events."""
        if self._bodies:
            first = self.run.last_seq + 1
            self.set(last_seq=self.run.last_seq + len(self._bodies))
            sql.add_events(self.cursor, self.run, first, self._bodies)
            publish_on_commit(topic_of(self.run.pk), first, self._bodies)
        if self._fields.keys() - COUNTS:
            Run.objects.filter(pk=self.run.pk).update(**self._fields)
        elif self._fields:
            sql.update_counts(self.cursor, self.run)


@contextmanager
def run_transaction(run_id: uuid.UUID | str) -> Iterator[RunTransaction]:
    """Lock a run for the length of a transaction. Every writer locks the run's row first, so no deadlock can form.

    Raises:
        Run.DoesNotExist: There is no such run.
    """
    with ExitStack() as turn:
        # A thread in a transaction may hold the database's write lock: waiting here for a thread that waits for that
        # lock would be a deadlock.
        if clock.VENDOR == "sqlite" and not connection.in_atomic_block:
            turn.enter_context(_one_writer)
        with transaction.atomic(), connection.cursor() as cursor:
            # Registered first, so it runs before the functions that send messages: no thread waits for a slow broker.
            transaction.on_commit(turn.close)
            change = RunTransaction(sql.lock_run(cursor, run_id), cursor)
            yield change
            change.close()


def topic_of(run_id: uuid.UUID | str) -> str:
    """Return the live topic of a run."""
    return f"run:{run_id}"


def _shown(output: dict[str, Any]) -> dict[str, Any]:
    return {name: output[name] for name in ("wire", "address", "summary")}
