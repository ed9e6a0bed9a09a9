"""Runs nodes: claim, engine process, events, commit."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import DatabaseError, connection

from apps.common.database_retry import retry_on_disconnect
from apps.common.engine_process import EngineProcess, EngineProcessDied, EngineProcessOutOfMemory, Events
from apps.common.jobs import Job, send
from apps.common.request_ids import bound_request_id
from apps.common.worker_identity import worker_id
from apps.runs.models import NodeRun
from tasks.graph.messages import Message, from_json, message_json
from tasks.jobs import attempt_workspaces, checkpoints, dispatch, gpus
from tasks.jobs.dispatch import Claim, Outcome
from tasks.jobs.event_writer import EventWriter
from tasks.jobs.lease_renewal import GRACE_SECONDS, LeaseRenewal, NodeLease
from tasks.jobs.poller import Slots
from tasks.jobs.process_pool import EngineProcessPool

logger = logging.getLogger(__name__)
work_logger = logging.getLogger("leptonweb.work")

SLICE_SECONDS = 5.0
PAUSE_FOR_SPACE = timedelta(seconds=10)

engine_processes = EngineProcessPool()
leases = LeaseRenewal()
stopping = threading.Event()
slots = Slots(settings.LEPTON_WORKER_SLOTS)

END_OF_KIND = {"node": NodeRun.State.FAILED, "bug": NodeRun.State.FAILED, "memory": NodeRun.State.FAILED}


@shared_task(name=str(Job.EXECUTE_NODE), ignore_result=True)
def execute(run: str, pool: str) -> None:
    """Answer a bell: run what is ready in a run."""
    slots.take()
    try:
        work(run, pool)
    finally:
        slots.give()


def work(run: uuid.UUID | str, pool: str) -> None:
    """Run what is ready in a run, node after node, until nothing is left or others want their turn."""
    started = time.monotonic()
    # A worker that ends takes nothing more, least of all what it has just handed back.
    claim = None if stopping.is_set() else _take(run, pool)
    while claim is not None:
        with bound_request_id(claim.node.run.request_id):
            claim, outcome = _attempt_or_put_back(claim)
            # A long run must not keep short ones of other people waiting: after a while this slot queues up again.
            goes_on = not stopping.is_set() and time.monotonic() - started < SLICE_SECONDS
            ended, claim = claim.node, _finish(claim, outcome, goes_on=goes_on)
            if outcome.has_checkpoint:
                checkpoints.forget(ended)
            if not goes_on:
                send(Job.EXECUTE_NODE, queue=pool, run=run, pool=pool)


def _take(run: uuid.UUID | str, pool: str) -> Claim | None:
    slot = worker_id()
    return retry_on_disconnect(lambda is_retry: dispatch.take(run, queue=pool, owner=slot, is_retry=is_retry))


def _finish(claim: Claim, outcome: Outcome, *, goes_on: bool) -> Claim | None:
    # An attempt may have taken hours: its result is not given up because the database was away for a moment.
    slot, standing = worker_id(), claim.snapshot_state()

    def write(is_retry: bool) -> Claim | None:
        if is_retry:
            dispatch.reset_after_rollback(standing)
        return dispatch.finish(claim, outcome, owner=slot, goes_on=goes_on, is_retry=is_retry)

    return retry_on_disconnect(write)


def _attempt_or_put_back(claim: Claim) -> tuple[Claim, Outcome]:
    """Return how the attempt ended, and which node of the claim it was about."""
    node = claim.node
    work_logger.info("node %s of run %s begins", node.node, claim.run_id, extra={"attempt": node.attempt})
    writer = EventWriter(claim)
    try:
        outcome = replace(attempt(claim, writer), events=writer.pending)
        work_logger.info("node %s of run %s ends: %s", writer.claim.node.node, claim.run_id, outcome.state)
    except DatabaseError as error:
        logger.warning("an attempt was given up, the database did not answer: %s", error)
        connection.close()
        outcome = Outcome(
            NodeRun.State.QUEUED,
            {},
            error=message_json(Message("worker.no_database", "The worker could not reach the database.")),
        )
    return writer.claim, outcome


def attempt(claim: Claim, writer: EventWriter) -> Outcome:
    """Run the nodes of a claim in an engine process and return how the last one ended that was begun."""
    environment = gpus.environment_for(claim.gpu) if claim.gpu else None
    try:
        with engine_processes.acquire(environment) as process:
            return _supervise(writer, process, device="cuda:0" if claim.gpu else "cpu")
    finally:
        attempt_workspaces.remove(claim.node)


def _supervise(writer: EventWriter, process: EngineProcess, *, device: str) -> Outcome:
    claim = writer.claim
    lease = NodeLease(claim.node, process)

    def on_events(events: Events) -> None:
        writer.on_events(events, lease)

    def on_idle() -> None:
        writer.write_if_due(lease)

    try:
        with leases.renewing(lease):
            if stopping.is_set():
                return Outcome(NodeRun.State.QUEUED, {})
            request = _request(claim, device)
            answer = process.request(request, on_events=on_events, on_idle=on_idle if claim.followers else None)
    except EngineProcessDied as death:
        return _outcome_of_death(lease, death)
    if "done" in answer:
        done = answer["done"]
        return Outcome(
            NodeRun.State.DONE,
            done["outputs"],
            from_json(done["headline"]),
            began_at=done["began"],
            ended_at=done["ended"],
            has_checkpoint=done["has_checkpoint"],
        )
    return _outcome_of_error(answer["error"])


def _request(claim: Claim, device: str) -> dict[str, Any]:
    return {
        "op": "run",
        **_step(claim.node, claim.inputs),
        "following": [{**_step(other.node, other.inputs), "before": other.before} for other in claim.followers],
        "seed": claim.seed,
        "device": device,
        "datasets": claim.datasets,
        "store": settings.LEPTON_ARTIFACTS_URL,
        "workspace": str(attempt_workspaces.folder_of(claim.node)),
    }


def _step(node: NodeRun, inputs: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": node.type,
        "version": node.version,
        "params": node.params,
        "inputs": inputs,
        "checkpoint": checkpoints.place_of(node),
    }


def _outcome_of_error(error: dict[str, Any]) -> Outcome:
    if error["kind"] == "cancelled":
        return Outcome(NodeRun.State.CANCELLED, {})
    fault = {name: value for name, value in error.items() if name != "kind"}
    if error["kind"] == "storage":
        return Outcome(NodeRun.State.QUEUED, {}, error=fault, pause=PAUSE_FOR_SPACE)
    return Outcome(END_OF_KIND[error["kind"]], {}, error=fault)


def _outcome_of_death(lease: NodeLease, death: EngineProcessDied) -> Outcome:
    if lease.is_cancelled:
        forced = Message(
            "worker.killed",
            "It did not stop within {seconds:.0f} seconds and was terminated.",
            seconds=GRACE_SECONDS,
        )
        return Outcome(NodeRun.State.CANCELLED, {}, headline=forced)
    if lease.fault or isinstance(death, EngineProcessOutOfMemory):
        return Outcome(NodeRun.State.FAILED, {}, error=_fault(lease.fault or str(death)))
    if stopping.is_set():
        return Outcome(NodeRun.State.QUEUED, {})
    return Outcome(NodeRun.State.QUEUED, {}, error={"message": str(death)})


def _fault(message: str) -> dict[str, str]:
    return {"message": message, "param": "", "fix": "", "trace": ""}
