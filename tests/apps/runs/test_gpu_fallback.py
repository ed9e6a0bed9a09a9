"""Nodes that wait for a GPU whose machine is gone run on the CPU."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.compute.models import Gpu, Host
from apps.runs import scheduling, services
from apps.runs.models import NodeRun, Run, RunEvent
from apps.runs.reconciler import reconcile
from tests.apps.runs.conftest import document
from tests.factories import make_graph

pytestmark = pytest.mark.django_db


@pytest.fixture
def host():
    host = Host.objects.create(name="gpubox", slots=1, reported_at=timezone.now())
    Gpu.objects.create(host=host, uuid="u", index=0, name="A100", memory_bytes=8 * 1024**3, free_bytes=8 * 1024**3)
    return host


@pytest.fixture
def run(workspace, bob, host, sent_jobs) -> Run:
    drawn = document("a b", "a>b")
    drawn["nodes"][1]["type"] = "test.gpu"
    drawn["nodes"].append({"id": "c", "type": "test.gpu", "params": {}, "is_frozen": False})
    return services.start(graph=make_graph(workspace, document=drawn), user=bob, document=drawn)


def let_report(host, ago: timedelta) -> None:
    Host.objects.filter(pk=host.pk).update(reported_at=timezone.now() - ago)


def queues(run) -> dict[str, str]:
    return dict(NodeRun.objects.filter(run=run).values_list("node", "queue"))


def test_nodes_planned_for_a_gpu_run_on_the_cpu_when_its_machine_is_gone(run, host, sent_jobs):
    assert queues(run) == {"a": "cpu", "b": "gpu", "c": "gpu"}
    let_report(host, timedelta(minutes=4))
    with sent_jobs():
        reconcile()
    assert queues(run) == {"a": "cpu", "b": "cpu", "c": "cpu"}
    assert ("runs.execute_node", {"run": str(run.pk), "pool": "cpu"}) in list(sent_jobs)
    nodes = [scheduling.claim_next(run.pk, queue="cpu", owner="worker").node for _ in range(2)]
    assert {(node.node, node.device) for node in nodes} == {("a", "cpu"), ("c", "cpu")}
    assert RunEvent.objects.filter(run=run, body__contains="on the CPU, which takes longer").exists()


def test_a_gpu_that_an_administrator_disables_is_not_waited_for(run):
    Gpu.objects.update(is_enabled=False)
    reconcile()
    assert set(queues(run).values()) == {"cpu"}


def test_a_machine_that_is_started_anew_is_waited_for(run, host):
    let_report(host, timedelta(minutes=2))
    reconcile()
    assert queues(run)["c"] == "gpu"


def test_a_run_that_is_over_is_left_as_it_was(run, host):
    services.cancel(run=run)
    let_report(host, timedelta(minutes=4))
    reconcile()
    assert queues(run)["c"] == "gpu"
