"""Runs nodes: claim, engine process, events, commit."""

from __future__ import annotations

import logging
import threading
import time
import traceback
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from apps.common.database_retry import retry_on_disconnect
from apps.common.engine_process import EngineProcess, EngineProcessError, Events
from apps.common.jobs import Job, send
from apps.common.json_values import sanitized_text
from apps.common.request_ids import bound_request_id
from apps.common.worker_identity import worker_id
from apps.runs import scheduling
from apps.runs.claims import Claim, Outcome, write_durably
from apps.runs.models import NodeRun
from apps.runs.waiting_threads import waiting_threads
from tasks.graph.messages import Message, from_json, message_json
from tasks.jobs import attempt_workspaces, checkpoints
from tasks.jobs.daemon_threads import guarded_pass
from tasks.jobs.event_writer import EventWriter
from tasks.jobs.gpus import environment_for, local_gpus
from tasks.jobs.interruptions import describe_exception, is_interruption, is_shortage, is_storage_error
from tasks.jobs.lease_renewal import GRACE_SECONDS, LeaseRenewal, NodeLease
from tasks.jobs.poller import Slots
from tasks.jobs.process_pool import EngineProcessPool

logger = logging.getLogger(__name__)
work_logger = logging.getLogger("leptonweb.work")

SLICE_SECONDS = 5.0
PAUSE_FOR_SPACE = timedelta(seconds=10)
PAUSE_WITHOUT_DATABASE = timedelta(seconds=2)

engine_processes = EngineProcessPool()
leases = LeaseRenewal()
stopping = threading.Event()
slots = Slots(settings.LEPTON_WORKER_SLOTS)

END_OF_KIND = {"node": NodeRun.State.FAILED, "bug": NodeRun.State.FAILED, "memory": NodeRun.State.FAILED}


@shared_task(name=str(Job.EXECUTE_NODE), ignore_result=True)
def execute(run: str, pool: str) -> None:
    """Run ready nodes of a run: the Celery task of the message that `apps.runs.notify_workers` sends."""
    slots.acquire()
    try:
        work(run, pool)
    finally:
        slots.release()


def work(run: uuid.UUID | str, pool: str) -> None:
    """Run ready nodes of a run, one after another, until none is left or the slice of time is over."""
    until = time.monotonic() + SLICE_SECONDS
    is_left = True
    while is_left and not stopping.is_set():  # a worker that ends claims nothing, least of all what it just requeued
        with waiting_threads.working(run, pool):
            goes_on = _work_through(run, pool, until)
        is_left = goes_on and waiting_threads.wait(run, pool)


def _work_through(run: uuid.UUID | str, pool: str, until: float) -> bool:
    """Run node after node until nothing is ready; return whether this thread may run more of this run."""
    goes_on = True
    claim = _claim_first(run, pool, worker_id())
    while claim is not None:
        with bound_request_id(claim.node.run.request_id):
            claim, outcome = _attempt_or_requeue(claim)
            # A long run must not hold up short ones: after a slice of time the rest is queued again by a message.
            goes_on = not stopping.is_set() and time.monotonic() < until
            ended = claim.node
            claim = _finish(claim, outcome, pool, goes_on=goes_on)
            if outcome.has_checkpoint:
                with guarded_pass("removal of a checkpoint"):  # the next node is claimed already
                    checkpoints.forget(ended)
            if not goes_on:
                send(Job.EXECUTE_NODE, queue=pool, run=run, pool=pool)
    return goes_on


def _claim_first(run: uuid.UUID | str, pool: str, owner: str) -> Claim | None:
    claim_next = partial(scheduling.claim_next, run, queue=pool, owner=owner, gpus=local_gpus(pool))
    return retry_on_disconnect(claim_next)


def _finish(claim: Claim, outcome: Outcome, pool: str, *, goes_on: bool) -> Claim | None:
    """Write an outcome and return the next claim; an outcome that cannot be written fails the node."""
    owner, number = worker_id(), claim.node.attempt
    try:
        gpus = local_gpus(pool)
        finish = partial(scheduling.finish, claim, outcome, owner=owner, gpus=gpus, goes_on=goes_on)
        return write_durably(claim, finish)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("the outcome of node %s of run %s could not be written", claim.node.node, claim.run_id)
        # As it is stored: the transaction that was rolled back has changed the node in memory.
        node = NodeRun.objects.held_as(claim.node.pk, number).first() or claim.node
        node.attempt = number
        failed, fault = replace(claim, node=node, followers=()), _outcome_of_exception(error)

        def finish_badly(*, is_retry: bool) -> Claim | None:  # noqa: ARG001 - always: the first try may be committed
            return scheduling.finish(failed, fault, owner=owner, goes_on=False, is_retry=True)

        return write_durably(failed, finish_badly)


def _attempt_or_requeue(claim: Claim) -> tuple[Claim, Outcome]:
    """Return the outcome of the attempt and the claim of the node that ran last."""
    node = claim.node
    work_logger.info("node %s of run %s begins", node.node, claim.run_id, extra={"attempt": node.attempt})
    writer = EventWriter(claim)
    try:
        outcome = replace(attempt(claim, writer), events=writer.pending)
        work_logger.info("node %s of run %s ends: %s", writer.claim.node.node, claim.run_id, outcome.state)
    except (OperationalError, InterfaceError) as error:
        logger.warning("an attempt was given up, the database did not answer: %s", error)
        connection.close()
        reason = Message("worker.no_database", "The worker could not reach the database.")
        outcome = Outcome(NodeRun.State.QUEUED, {}, error=message_json(reason), pause=PAUSE_WITHOUT_DATABASE)
    except Exception as error:
        # Left to its lease the node would be run again, and the page told that the worker stopped answering.
        logger.exception("the attempt at node %s of run %s failed", writer.claim.node.node, claim.run_id)
        outcome = _outcome_of_exception(error)
    return writer.claim, outcome


def attempt(claim: Claim, writer: EventWriter) -> Outcome:
    """Run the nodes of a claim in an engine process and return the outcome of the last one that started."""
    environment = environment_for(claim.gpu) if claim.gpu else None
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
    except EngineProcessError as death:
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
            # What was seen from outside counts the processes that a fit started, but misses short peaks.
            peak_bytes=max(done.get("peak_bytes", 0), lease.peak_bytes),
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
        "workspace": attempt_workspaces.folder_of(claim.node),
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
    if is_storage_error(error):
        return Outcome(NodeRun.State.QUEUED, {}, error=fault, pause=PAUSE_FOR_SPACE)
    return Outcome(END_OF_KIND[error["kind"]], {}, error=fault)


def _outcome_of_death(lease: NodeLease, death: EngineProcessError) -> Outcome:
    if lease.is_cancelled:
        forced = Message(
            "worker.killed",
            "It did not stop within {seconds:.0f} seconds and was terminated.",
            seconds=GRACE_SECONDS,
        )
        return Outcome(NodeRun.State.CANCELLED, {}, headline=forced)
    if lease.fault or not is_interruption(death):
        return Outcome(NodeRun.State.FAILED, {}, error=_fault(lease.fault or death.message))
    if stopping.is_set():
        return Outcome(NodeRun.State.QUEUED, {})
    pause = PAUSE_WITHOUT_DATABASE if lease.is_database_silent else None
    return Outcome(NodeRun.State.QUEUED, {}, error=message_json(death.message), pause=pause)


def _outcome_of_exception(error: Exception) -> Outcome:
    if stopping.is_set():
        return Outcome(NodeRun.State.QUEUED, {})
    message = describe_exception(error)
    if is_shortage(error):
        return Outcome(NodeRun.State.QUEUED, {}, error=message_json(message))
    trace = sanitized_text("".join(traceback.format_exception(error)))
    return Outcome(NodeRun.State.FAILED, {}, error={**_fault(message), "trace": trace})


def _fault(message: str) -> dict[str, Any]:
    return {**message_json(message), "param": "", "fix": "", "trace": ""}
