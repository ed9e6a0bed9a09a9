"""What administrators see of the space that results take, and the button that frees it."""

from __future__ import annotations

import pytest

from apps.accounts.models import AuditEntry
from apps.runs.models import CleanupRequest
from tasks.jobs import storage_maintenance
from tests.apps.runs.stored import finished, put
from tests.factories import make_dataset

pytestmark = pytest.mark.django_db
SPACE = "/api/v1/space/"
CLEARINGS = "/api/v1/space/clearings/"


def test_before_a_worker_looked_nothing_is_claimed_to_be_known(as_admin, settings):
    settings.LEPTON_CACHE_GB = 2
    found = as_admin.get(SPACE).json()
    assert (found["looked_at"], found["bytes"], found["clearings"]) == (None, 0, [])
    assert found["limit_bytes"] == 2 * 1024**3


def test_what_is_stored_is_told_by_what_takes_it(as_admin, start, worker, store, workspace):
    finished(start, worker, store, 1)
    make_dataset(workspace, address=put(store, 2), path="a.csv")
    storage_maintenance.maintain_if_due()
    found = as_admin.get(SPACE).json()
    used = found["used"]
    assert used["results"] > 10_000
    assert used["datasets"] > 10_000
    assert (used["models"], used["uploads"], used["checkpoints"]) == (0, 100, 0)
    assert found["bytes"] == used["results"] + used["datasets"]


def test_the_button_frees_and_says_what_it_freed_and_who_pressed_it(as_admin, start, worker, store):
    _, address = finished(start, worker, store, 1, days_ago=40)
    asked = as_admin.post(CLEARINGS, {"unused_days": 30}, format="json")
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    again = as_admin.post(CLEARINGS, {}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "busy")
    storage_maintenance.maintain_if_due()
    line = as_admin.get(SPACE).json()["clearings"][0]
    assert (line["state"], line["removed"], line["asked_by"], line["unused_days"]) == ("done", 1, "admin", 30)
    assert line["freed_bytes"] > 10_000
    assert not store.exists(address)
    assert AuditEntry.objects.get(action="space.freed").details == {"unused_days": 30}


def test_without_days_only_leftovers_go(as_admin, start, worker, store):
    _, kept = finished(start, worker, store, 1, days_ago=400)
    left = put(store, 2)
    as_admin.post(CLEARINGS, {}, format="json")
    storage_maintenance.maintain_if_due()
    assert (store.exists(kept), store.exists(left)) == (True, False)


def test_only_administrators_may(as_alice):
    assert as_alice.get(SPACE).status_code == 403
    assert as_alice.post(CLEARINGS, {}, format="json").status_code == 403
    assert not CleanupRequest.objects.exists()


def test_a_run_shows_which_results_were_removed(as_bob, as_admin, start, worker, store):
    run, _ = finished(start, worker, store, 1, days_ago=40)
    as_admin.post(CLEARINGS, {"unused_days": 0}, format="json")
    storage_maintenance.maintain_if_due()
    node = as_bob.get(f"/api/v1/runs/{run.pk}/").json()["nodes"][0]
    assert node["evicted_at"] is not None
    refused = as_bob.get(f"/api/v1/runs/{run.pk}/nodes/a/outputs/out/")
    assert refused.status_code == 410
    body = refused.json()
    assert (body["code"], body["address"]) == ("result_removed", f"/graphs/{run.graph_id}")
    assert "choose “Run to this node”" in body["message"]
