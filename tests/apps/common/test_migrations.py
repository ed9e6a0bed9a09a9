"""Migrations that change rows, on rows as an older version left them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.accounts.models import Workspace

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

BEFORE_LEASES = [("compute", "0001_initial"), ("datasets", "0002_read_options"), ("runs", "0006_technical_names")]
WITH_LEASES = [("compute", "0002_gpu_held_by_attempt"), ("datasets", "0003_lease"), ("runs", "0007_lease")]
OVERDUE = datetime(2026, 1, 1, tzinfo=UTC)


def migrate(targets):
    """Migrate to these and return the models of that state."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return executor.loader.project_state(targets).apps  # what `migrate` returns is the later state on the way back


@pytest.fixture
def older():
    """The models of the version before leases, in a database of that version."""
    yield migrate(BEFORE_LEASES)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_gpus_name_the_kind_of_their_holder_and_back(older):
    host = older.get_model("compute", "Host").objects.create(name="here")
    for index, holder in enumerate(("12:3", "")):
        older.get_model("compute", "Gpu").objects.create(
            host=host, uuid=f"GPU-{index}", index=index, name="H200", holder=holder
        )

    def holders(state):
        return list(state.get_model("compute", "Gpu").objects.order_by("index").values_list("holder", flat=True))

    assert holders(migrate(WITH_LEASES)) == ["runs.noderun:12:3", ""]
    assert holders(migrate(BEFORE_LEASES)) == ["12:3", ""]


def test_readings_under_way_keep_the_time_at_which_they_are_overdue_as_their_lease(older):
    workspace = Workspace.objects.create(name="Houses")
    dataset = older.get_model("datasets", "Dataset").objects.create(workspace_id=workspace.pk, name="houses")
    for number, status in enumerate(("pending", "reading", "ready"), 1):
        older.get_model("datasets", "DatasetVersion").objects.create(
            dataset=dataset, number=number, status=status, file_name="houses.csv", due_at=OVERDUE
        )
    versions = migrate(WITH_LEASES).get_model("datasets", "DatasetVersion").objects.order_by("number")
    assert list(versions.values_list("lease_until", flat=True)) == [None, OVERDUE, None]
    assert set(versions.values_list("next_notification_at", flat=True)) == {OVERDUE}


def test_only_cleanups_under_way_keep_a_lease(older):
    for state in ("waiting", "working", "done"):
        older.get_model("runs", "CleanupRequest").objects.create(state=state, reason="asked", due_at=OVERDUE)
    requests = migrate(WITH_LEASES).get_model("runs", "CleanupRequest").objects
    assert dict(requests.values_list("state", "lease_until")) == {"waiting": None, "working": OVERDUE, "done": None}
