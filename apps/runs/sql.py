"""The statements of the hot path as plain SQL: with ten of them for each node, building queries would cost most.

Each does what its name says in one statement; `scheduling` and `run_transaction` hold the rules. Times that decide
are the database's. The caller holds the row of the run.
"""

# ruff: noqa: S608 - only names of our own tables stand in the text, values are always parameters
from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from apps.common.clock import NOW
from apps.common.leases import LEASE_SECONDS
from apps.runs.models import NodeRun, Run, RunEvent

RUN, NODE, EVENT = (model._meta.db_table for model in (Run, NodeRun, RunEvent))
RUN_COLUMNS = (
    "graph_id, number, state, last_seq, remaining, cancel_requested_at, started_at, datasets, seed, request_id"
)
NODE_COLUMNS = (
    "id, node, position, type, version, params, inputs, successors, fingerprint, queue, uses_gpu, time_limit_seconds,"
    " state, unmet_dependencies, attempt, lost_attempts"
)
VENDOR = connection.vendor
LEASE_END = {
    "sqlite": f"STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW', '+{LEASE_SECONDS} seconds')",
    "postgresql": f"STATEMENT_TIMESTAMP() + INTERVAL '{LEASE_SECONDS} seconds'",
}[VENDOR]
CLAIMED = (
    "state = 'running', attempt = attempt + 1, owner = %s, started_at = %s, finished_at = NULL, progress = 0,"
    f" progress_text = '', error = NULL, unmet_dependencies = 0, device = %s, lease_until = {LEASE_END},"
    " not_before = NULL"
)


def lock_run(run_id: uuid.UUID | str) -> Run:
    """Return the fields of a run that changes need, its row held until the transaction ends.

    Raises:
        Run.DoesNotExist: There is no such run.
    """
    key = uuid.UUID(str(run_id))
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    rows = _rows(f"SELECT {RUN_COLUMNS} FROM {RUN} WHERE id = %s{lock}", [_key(key)])
    if not rows:
        raise Run.DoesNotExist
    graph_id, number, state, last_seq, remaining, cancelled, started, datasets, seed, request_id = rows[0]
    return Run(
        id=key,
        graph_id=graph_id if isinstance(graph_id, uuid.UUID) else uuid.UUID(graph_id),
        number=number,
        state=state,
        last_seq=last_seq,
        remaining=remaining,
        cancel_requested_at=cancelled,
        started_at=started,
        datasets=json.loads(datasets),
        seed=seed,
        request_id=request_id,
    )


def update_counts(run: Run) -> None:
    """Write how many events and open nodes a run has."""
    statement = f"UPDATE {RUN} SET last_seq = %s, remaining = %s WHERE id = %s"
    _run(statement, [run.last_seq, run.remaining, _key(run.pk)])


def add_events(run: Run, first_seq: int, bodies: Sequence[str]) -> None:
    """Keep events."""
    places = ", ".join(["(%s, %s, %s)"] * len(bodies))
    values = [value for at, body in enumerate(bodies) for value in (_key(run.pk), first_seq + at, body)]
    _run(f"INSERT INTO {EVENT} (run_id, seq, body) VALUES {places}", values)


def first_claimable(run: Run, queue: str) -> list[NodeRun]:
    """Return the first drawn node that is ready for this queue, or nothing."""
    statement = (
        f"SELECT {NODE_COLUMNS} FROM {NODE} WHERE run_id = %s AND state = 'queued' AND queue = %s"
        f" AND (not_before IS NULL OR not_before <= {NOW[VENDOR]}) ORDER BY position LIMIT 1"
    )
    return [_node(run, row) for row in _rows(statement, [_key(run.pk), queue])]


def pending_behind(run: Run, node: NodeRun, limit: int) -> list[NodeRun]:
    """Return nodes that wait for others and stand behind this one in the order of the run."""
    statement = (
        f"SELECT {NODE_COLUMNS} FROM {NODE} WHERE run_id = %s AND state = 'pending' AND position > %s"
        " ORDER BY position LIMIT %s"
    )
    return [_node(run, row) for row in _rows(statement, [_key(run.pk), node.position, limit])]


def held_by(run: Run, owner: str) -> list[NodeRun]:
    """Return the nodes of a run that somebody holds."""
    statement = f"SELECT {NODE_COLUMNS} FROM {NODE} WHERE run_id = %s AND state = 'running' AND owner = %s"
    return [_node(run, row) for row in _rows(statement, [_key(run.pk), owner])]


def decrement_dependencies(run: Run, names: Sequence[str]) -> list[NodeRun]:
    """Note that one of the nodes that each of these waits for is done; return those that wait for no other."""
    if not names:
        return []
    among = f"run_id = %s AND state = 'pending' AND node IN ({_in(names)})"
    counted = _rows(
        f"UPDATE {NODE} SET unmet_dependencies = unmet_dependencies - 1 WHERE {among} RETURNING id, unmet_dependencies",
        [_key(run.pk), *names],
    )
    ready = [key for key, unmet in counted if unmet == 0]
    if not ready:
        return []
    statement = f"SELECT {NODE_COLUMNS} FROM {NODE} WHERE id IN ({_in(ready)}) ORDER BY position"
    return [_node(run, row) for row in _rows(statement, ready)]


def claim_first(run: Run, queue: str, *, owner: str, started_at: datetime, device: str) -> NodeRun | None:
    """Give the first drawn node that is ready for this queue to a worker and return it as it is now held."""
    first = (
        f"SELECT id FROM {NODE} WHERE run_id = %s AND state = 'queued' AND queue = %s"
        f" AND (not_before IS NULL OR not_before <= {NOW[VENDOR]}) ORDER BY position LIMIT 1"
    )
    statement = f"UPDATE {NODE} SET {CLAIMED} WHERE id = ({first}) RETURNING {NODE_COLUMNS}"
    rows = _rows(statement, [owner, _time(started_at), device, _key(run.pk), queue])
    if not rows:
        return None
    node = _node(run, rows[0])
    node.started_at, node.device = started_at, device
    return node


def claim(node: NodeRun, *, owner: str) -> bool:
    """Give a node to a worker if nobody claimed it since it was read; the lease begins now."""
    statement = f"UPDATE {NODE} SET {CLAIMED} WHERE id = %s AND attempt = %s AND state IN ('pending', 'queued')"
    return bool(_run(statement, [owner, _time(node.started_at), node.device, node.pk, node.attempt]))


def complete(node: NodeRun) -> bool:
    """Write the result of a node if it is still held under this attempt."""
    statement = (
        f"UPDATE {NODE} SET state = 'done', outputs = %s, headline = %s, headline_parts = %s,"
        " progress = 1, finished_at = %s, device = %s, owner = '', lease_until = NULL"
        " WHERE id = %s AND attempt = %s AND state = 'running'"
    )
    values = [*_result(node), _time(node.finished_at), node.device, node.pk, node.attempt]
    return bool(_run(statement, values))


def complete_fused(node: NodeRun) -> bool:
    """Write the result of a node that was never claimed: it still waits for the node whose result was just written."""
    statement = (
        f"UPDATE {NODE} SET state = 'done', attempt = attempt + 1, outputs = %s, headline = %s,"
        " headline_parts = %s, progress = 1, started_at = %s, finished_at = %s, device = %s,"
        " unmet_dependencies = 0, error = NULL"
        " WHERE id = %s AND attempt = %s AND state = 'pending' AND unmet_dependencies = 1"
    )
    times = (_time(node.started_at), _time(node.finished_at))
    values = [*_result(node), *times, node.device, node.pk, node.attempt]
    return bool(_run(statement, values))


def _result(node: NodeRun) -> tuple[str, str, str | None]:
    parts = json.dumps(node.headline_parts) if node.headline_parts else None
    return json.dumps(node.outputs), node.headline, parts


def outputs_of(run: Run, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the outputs of these nodes."""
    if not names:
        return {}
    statement = f"SELECT node, outputs FROM {NODE} WHERE run_id = %s AND node IN ({_in(names)})"
    return {name: json.loads(outputs) for name, outputs in _rows(statement, [_key(run.pk), *names])}


def _node(run: Run, row: Sequence[Any]) -> NodeRun:
    key, name, position, kind, version, params, inputs, successors, fingerprint, *rest = row
    queue, uses_gpu, time_limit, state, unmet_dependencies, attempt, lost_attempts = rest
    return NodeRun(
        id=key,
        run=run,
        node=name,
        position=position,
        type=kind,
        version=version,
        params=json.loads(params),
        inputs=json.loads(inputs),
        successors=json.loads(successors),
        fingerprint=fingerprint,
        queue=queue,
        uses_gpu=bool(uses_gpu),
        time_limit_seconds=time_limit,
        state=state,
        unmet_dependencies=unmet_dependencies,
        attempt=attempt,
        lost_attempts=lost_attempts,
    )


def _rows(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _run(statement: str, values: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def _in(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def _key(value: uuid.UUID) -> Any:
    return value if connection.features.has_native_uuid_field else value.hex


def _time(value: datetime | None) -> Any:
    return connection.ops.adapt_datetimefield_value(value)
