"""Results that lie in the store, as runs would have left them some time ago."""

from __future__ import annotations

import os
import time
from datetime import timedelta

from django.db.models.functions import Now

from apps.runs import scheduling
from apps.runs.claims import Outcome
from apps.runs.models import NodeRun, Run
from tasks.contract.values import Metrics

LONG = {"note": "x" * 10_000}


def put(store, value, *, hours_ago=2.0):
    address = store.put(Metrics({"x": float(value)}, "x", LONG)).digest
    moment = time.time() - hours_ago * 3600
    os.utime(f"{store.url}/{address[:2]}/{address[2:]}/manifest.json", (moment, moment))
    return address


def finished(start, worker, store, value, *, days_ago=0, nodes="a", **params):
    """Return a finished run of one node or several and the address that each gave."""
    run = start(nodes, **{name: {"amount": float(value), **params} for name in nodes.split()})
    address = put(store, value)
    claim = worker.take(run)
    while claim is not None:
        made = {"out": {"wire": "metrics", "address": address, "bytes": 1, "summary": {}}}
        claim = scheduling.finish(claim, Outcome(NodeRun.State.DONE, made), owner=worker.name)
    Run.objects.filter(pk=run.pk).update(created_at=Now() - timedelta(days=days_ago))
    run.refresh_from_db()
    return run, address


def made(address):
    """Return what a node says that it gave."""
    return {"out": {"wire": "metrics", "address": address, "bytes": 1, "summary": {}}}
