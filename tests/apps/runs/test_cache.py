"""Results that are there already are used again, and only then."""

from __future__ import annotations

import pytest

from apps.runs import planning, services
from apps.runs.models import NodeRun
from tasks.artifacts.folders import LocalFolders
from tests.apps.runs.conftest import CONTENT, MANIFEST, NO_ARTIFACT, document, keep_artifact, states
from tests.factories import make_dataset, make_graph

pytestmark = pytest.mark.django_db


def cached(run):
    return dict(NodeRun.objects.filter(run=run).order_by().values_list("node", "is_cached"))


def test_an_equal_graph_is_done_before_any_worker_came(start, worker, data_folder, sent_jobs):
    keep_artifact(data_folder)
    worker.work(start("a b", "a>b"))
    with sent_jobs():
        again = start("a b", "a>b")
    again.refresh_from_db()
    assert again.state == "done"
    assert cached(again) == {"a": True, "b": True}
    assert sent_jobs == []


def test_a_change_redoes_the_node_and_what_follows(start, worker, data_folder):
    keep_artifact(data_folder)
    worker.work(start("a b c", "a>b b>c"))
    changed = start("a b c", "a>b b>c", b={"amount": 2.0})
    assert cached(changed) == {"a": True, "b": False, "c": False}
    assert states(changed) == {"a": "done", "b": "queued", "c": "pending"}
    claim = worker.take(changed)
    assert claim.inputs == {"a": NO_ARTIFACT}


def test_a_result_that_was_cleared_away_is_made_again(start, worker):
    worker.work(start("a"))
    assert cached(start("a")) == {"a": False}


def test_failed_results_are_never_used(start, worker, data_folder):
    keep_artifact(data_folder)
    worker.work(start("a"), failing={"a"})
    assert cached(start("a")) == {"a": False}


def test_results_of_another_workspace_are_not_seen(start, worker, data_folder, elsewhere, charlie):
    keep_artifact(data_folder)
    worker.work(start("a"))
    theirs = services.start(graph=make_graph(elsewhere), user=charlie, document=document("a"))
    assert cached(theirs) == {"a": False}


def test_a_new_version_of_a_data_set_is_read_anew(graph, alice, workspace, worker, data_folder):
    keep_artifact(data_folder)
    dataset = make_dataset(workspace)
    drawn = {"nodes": [{"id": "s", "type": "test.source", "params": {"dataset": str(dataset.pk)}}], "edges": []}
    first = services.start(graph=graph, user=alice, document=drawn)
    assert first.datasets == {str(dataset.pk): dataset.current.address}
    worker.work(first)
    assert cached(services.start(graph=graph, user=alice, document=drawn)) == {"s": True}
    dataset.current.content_hash = "other"
    dataset.current.save()
    assert cached(services.start(graph=graph, user=alice, document=drawn)) == {"s": False}


def test_the_check_knows_what_is_kept(start, worker, workspace, data_folder):
    keep_artifact(data_folder)
    run = start("a")
    worker.work(run)
    fingerprint = NodeRun.objects.get(run=run).fingerprint
    assert set(planning.reusable_results(workspace.pk, [fingerprint, "x"])) == {fingerprint}


@pytest.mark.parametrize("content", [b"", CONTENT.replace(b"1", b"3")], ids=["an empty file", "a flipped bit"])
def test_a_damaged_result_is_told_and_made_again(start, worker, data_folder, as_bob, content):
    keep_artifact(data_folder)
    run = start("a")
    worker.work(run)
    place = data_folder / "artifacts" / NO_ARTIFACT[:2] / NO_ARTIFACT[2:]
    (place / "metrics.json").write_bytes(content)
    for _ in range(2):
        answer = as_bob.get(f"/api/v1/runs/{run.pk}/nodes/a/outputs/out/")
        assert (answer.status_code, answer.json()["code"]) == (410, "result_damaged")
        assert "“test.step” is damaged" in answer.json()["message"]
    assert cached(start("a")) == {"a": False}
    LocalFolders(data_folder / "artifacts").write(NO_ARTIFACT, {"metrics.json": CONTENT, "manifest.json": MANIFEST})
    assert as_bob.get(f"/api/v1/runs/{run.pk}/nodes/a/outputs/out/").json()["values"] == {"x": 1.0}
    assert cached(start("a")) == {"a": True}


def test_a_result_is_not_used_again_when_a_file_of_it_is_damaged_though_nobody_looked(start, worker, data_folder):
    keep_artifact(data_folder)
    worker.work(start("a"))
    place = data_folder / "artifacts" / NO_ARTIFACT[:2] / NO_ARTIFACT[2:]
    (place / "metrics.json").write_bytes(CONTENT.replace(b"1", b"3"))
    assert cached(start("a")) == {"a": False}
