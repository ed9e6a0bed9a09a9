"""The eight statements that every node needs, as plain SQL: building them with the ORM took most of the time.

Each function is one statement; the rules are in `scheduling` and `run_transaction`. Times that decide
are the database's. The caller holds the row of the run, and runs all its statements on one cursor: opening a cursor
takes as long as most of the statements.
"""

# ruff: noqa: S608 - only names of our own tables stand in the text, values are always parameters
from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.backends.utils import CursorWrapper

from apps.common.clock import NOW, VENDOR
from apps.common.leases import LEASE_SECONDS
from apps.runs.models import NodeRun, Run, RunEvent

M = TypeVar("M", bound=models.Model)
RUN, NODE, EVENT = (model._meta.db_table for model in (Run, NodeRun, RunEvent))


def _fields(model: type[models.Model], names: str) -> tuple[str, ...]:
    """Return the fields in the order in which the model has them, as `Model.from_db` takes values."""
    return tuple(field.attname for field in model._meta.concrete_fields if field.attname in names.split())


RUN_FIELDS = _fields(
    Run,
    "id graph_id number state last_seq remaining cancel_requested_at started_at datasets seed request_id",
)
NODE_FIELDS = _fields(
    NodeRun,
    "id run_id node position type version params inputs successors fingerprint queue uses_gpu time_limit_seconds"
    " state unmet_dependencies attempt lost_attempts",
)
READY_FIELDS = _fields(NodeRun, "id node position queue state attempt")
STATE_OF_READY = READY_FIELDS.index("state")
RUN_COLUMNS, NODE_COLUMNS, READY_COLUMNS = map(", ".join, (RUN_FIELDS, NODE_FIELDS, READY_FIELDS))
HAS_UUIDS = connection.features.has_native_uuid_field
FOR_UPDATE = " FOR UPDATE" if connection.features.has_select_for_update else ""
LEASE_END = {
    "sqlite": f"STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW', '+{LEASE_SECONDS} seconds')",
    "postgresql": f"STATEMENT_TIMESTAMP() + INTERVAL '{LEASE_SECONDS} seconds'",
}[VENDOR]
CLAIMED = (
    "state = 'running', attempt = attempt + 1, owner = %s, started_at = %s, finished_at = NULL, progress = 0,"
    " progress_text = '', progress_text_parts = NULL, error = NULL, unmet_dependencies = 0, device = %s,"
    f" lease_until = {LEASE_END}, not_before = NULL"
)


def lock_run(cursor: CursorWrapper, run_id: uuid.UUID | str) -> Run:
    """Return the fields of a run that changes need, its row held until the transaction ends.

    Raises:
        Run.DoesNotExist: There is no such run.
    """
    key = run_id if isinstance(run_id, uuid.UUID) else uuid.UUID(run_id)
    rows = _rows(cursor, f"SELECT {RUN_COLUMNS} FROM {RUN} WHERE id = %s{FOR_UPDATE}", [_key(key)])
    if not rows:
        raise Run.DoesNotExist
    return _read(Run, RUN_FIELDS, rows[0])


def update_counts(cursor: CursorWrapper, run: Run) -> None:
    """Write how many events and open nodes a run has."""
    statement = f"UPDATE {RUN} SET last_seq = %s, remaining = %s WHERE id = %s"
    _run(cursor, statement, [run.last_seq, run.remaining, _key(run.pk)])


def add_events(cursor: CursorWrapper, run: Run, first_seq: int, bodies: Sequence[str]) -> None:
    """Keep events."""
    places = ", ".join(["(%s, %s, %s)"] * len(bodies))
    key = _key(run.pk)
    values = [value for at, body in enumerate(bodies) for value in (key, first_seq + at, body)]
    _run(cursor, f"INSERT INTO {EVENT} (run_id, seq, body) VALUES {places}", values)


def add_nodes(cursor: CursorWrapper, nodes: Sequence[NodeRun]) -> None:
    """Write the nodes of a new run; they do not learn their primary keys."""
    values = [[write(getattr(node, name)) for name, write in WRITERS.items()] for node in nodes]
    statement = f"INSERT INTO {NODE} ({', '.join(WRITERS)}) VALUES ({', '.join(['%s'] * len(WRITERS))})"
    cursor.executemany(statement, values)


def first_claimable(cursor: CursorWrapper, run: Run, queue: str, among: Sequence[NodeRun] = ()) -> list[NodeRun]:
    """Return the first drawn node that is ready for this queue, or nothing.

    Args:
        among: Only these; empty for all.
    """
    statement, values = _first_claimable(NODE_COLUMNS, run, queue, among)
    return [_node(run, NODE_FIELDS, row) for row in _rows(cursor, statement, values)]


def _first_claimable(columns: str, run: Run, queue: str, among: Sequence[NodeRun]) -> tuple[str, list[Any]]:
    keys = [node.pk for node in among]
    only = f" AND id IN ({_in(keys)})" if keys else ""
    statement = (
        f"SELECT {columns} FROM {NODE} WHERE run_id = %s AND state = 'queued' AND queue = %s"
        f" AND (not_before IS NULL OR not_before <= {NOW}){only} ORDER BY position LIMIT 1"
    )
    return statement, [_key(run.pk), queue, *keys]


def pending_behind(cursor: CursorWrapper, run: Run, node: NodeRun, limit: int) -> list[NodeRun]:
    """Return nodes that wait for others and stand behind this one in the order of the run."""
    statement = (
        f"SELECT {NODE_COLUMNS} FROM {NODE} WHERE run_id = %s AND state = 'pending' AND position > %s"
        " ORDER BY position LIMIT %s"
    )
    return [_node(run, NODE_FIELDS, row) for row in _rows(cursor, statement, [_key(run.pk), node.position, limit])]


def held_by(cursor: CursorWrapper, run: Run, owner: str) -> list[NodeRun]:
    """Return the nodes of a run that a worker holds."""
    statement = f"SELECT {NODE_COLUMNS} FROM {NODE} WHERE run_id = %s AND state = 'running' AND owner = %s"
    return [_node(run, NODE_FIELDS, row) for row in _rows(cursor, statement, [_key(run.pk), owner])]


def decrement_dependencies(cursor: CursorWrapper, run: Run, names: Sequence[str]) -> list[NodeRun]:
    """Note that one of the nodes that each of these waits for is done; return those that are ready now.

    Of what is returned only the fields that the event about it needs are read.
    """
    if not names:
        return []
    statement = (
        f"UPDATE {NODE} SET unmet_dependencies = unmet_dependencies - 1,"
        " state = CASE unmet_dependencies WHEN 1 THEN 'queued' ELSE state END"
        f" WHERE run_id = %s AND state = 'pending' AND node IN ({_in(names)}) RETURNING {READY_COLUMNS}"
    )
    counted = _rows(cursor, statement, [_key(run.pk), *names])
    ready = [_node(run, READY_FIELDS, row) for row in counted if row[STATE_OF_READY] == NodeRun.State.QUEUED]
    return sorted(ready, key=lambda node: node.position)


def claim_first(
    cursor: CursorWrapper,
    run: Run,
    queue: str,
    among: Sequence[NodeRun] = (),
    *,
    owner: str,
    started_at: datetime,
    device: str,
) -> NodeRun | None:
    """Give the first drawn node that is ready for this queue to a worker and return it as it is now held.

    Args:
        among: Only these; empty for all.
    """
    first, which = _first_claimable("id", run, queue, among)
    statement = f"UPDATE {NODE} SET {CLAIMED} WHERE id = ({first}) RETURNING {NODE_COLUMNS}"
    rows = _rows(cursor, statement, [owner, _time(started_at), device, *which])
    if not rows:
        return None
    node = _node(run, NODE_FIELDS, rows[0])
    node.started_at, node.device = started_at, device
    return node


def claim(cursor: CursorWrapper, node: NodeRun, *, owner: str) -> bool:
    """Claim a node, unless it was claimed since it was read; the lease begins now."""
    statement = f"UPDATE {NODE} SET {CLAIMED} WHERE id = %s AND attempt = %s AND state IN ('pending', 'queued')"
    return bool(_run(cursor, statement, [owner, _time(node.started_at), node.device, node.pk, node.attempt]))


def complete(cursor: CursorWrapper, node: NodeRun) -> bool:
    """Write the result of a node if it is still held under this attempt."""
    statement = (
        f"UPDATE {NODE} SET state = 'done', outputs = %s, headline = %s, headline_parts = %s,"
        " progress = 1, finished_at = %s, device = %s, peak_bytes = %s, owner = '', lease_until = NULL"
        " WHERE id = %s AND attempt = %s AND state = 'running'"
    )
    values = [*_result(node), _time(node.finished_at), node.device, node.peak_bytes, node.pk, node.attempt]
    return bool(_run(cursor, statement, values))


def complete_fused(cursor: CursorWrapper, node: NodeRun) -> bool:
    """Write the result of a node that was never claimed: it still waits for the node whose result was just written."""
    statement = (
        f"UPDATE {NODE} SET state = 'done', attempt = attempt + 1, outputs = %s, headline = %s,"
        " headline_parts = %s, progress = 1, started_at = %s, finished_at = %s, device = %s, peak_bytes = %s,"
        " unmet_dependencies = 0, error = NULL"
        " WHERE id = %s AND attempt = %s AND state = 'pending' AND unmet_dependencies = 1"
    )
    times = (_time(node.started_at), _time(node.finished_at))
    values = [*_result(node), *times, node.device, node.peak_bytes, node.pk, node.attempt]
    return bool(_run(cursor, statement, values))


def _result(node: NodeRun) -> tuple[str, str, str | None]:
    parts = json.dumps(node.headline_parts) if node.headline_parts else None
    return json.dumps(node.outputs), node.headline, parts


def outputs_of(cursor: CursorWrapper, run: Run, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the outputs of these nodes."""
    if not names:
        return {}
    statement = f"SELECT node, outputs FROM {NODE} WHERE run_id = %s AND node IN ({_in(names)})"
    return {name: json.loads(outputs) for name, outputs in _rows(cursor, statement, [_key(run.pk), *names])}


def _node(run: Run, fields: Sequence[str], row: Sequence[Any]) -> NodeRun:
    """Return a node that has not ended, so that there is no result to read."""
    node = _read(NodeRun, fields, row)
    node.run = run
    node.outputs, node.headline, node.headline_parts, node.error = {}, "", None, None
    node.started_at, node.finished_at, node.device, node.is_cached = None, None, "", False
    node.peak_bytes = None
    return node


def _read(model: type[M], fields: Sequence[str], row: Sequence[Any]) -> M:
    # Not by keyword: a model looks for each field's default then, which takes longer than the statement.
    values = [READERS[name](value) if name in READERS else value for name, value in zip(fields, row, strict=True)]
    return model.from_db(DEFAULT_DB_ALIAS, fields, values)


def _uuid(value: Any) -> Any:
    return value if HAS_UUIDS or not isinstance(value, str) else uuid.UUID(value)


READERS: Mapping[str, Callable[[Any], Any]] = {
    "id": _uuid,
    "graph_id": _uuid,
    "run_id": _uuid,
    "datasets": json.loads,
    "params": json.loads,
    "inputs": json.loads,
    "successors": json.loads,
    "uses_gpu": bool,
}


def _rows(cursor: CursorWrapper, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    cursor.execute(statement, values)
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _run(cursor: CursorWrapper, statement: str, values: Sequence[Any]) -> int:
    cursor.execute(statement, values)
    return int(cursor.rowcount)


def _in(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def _key(value: uuid.UUID) -> Any:
    return value if HAS_UUIDS else value.hex


def _time(value: datetime | None) -> Any:
    return connection.ops.adapt_datetimefield_value(value)


def _writer(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    """Return what makes of a value of this field what the database takes."""
    if isinstance(field, models.JSONField):
        return lambda value: None if value is None and field.null else json.dumps(value)
    if isinstance(field, models.DateTimeField):
        return _time
    return _key if isinstance(field, models.ForeignKey) else _same


def _same(value: Any) -> Any:
    return value


WRITERS = {field.attname: _writer(field) for field in NodeRun._meta.concrete_fields if not field.primary_key}
