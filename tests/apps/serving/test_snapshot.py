"""What the serving plane is told: numbered, complete, never older over newer."""

from __future__ import annotations

import json

import pytest

from apps.serving import serving_client
from apps.serving.models import SnapshotRevision
from apps.serving.snapshot import publish_snapshot
from tasks import serving_interface
from tasks.inference.server.deployments.snapshot import Snapshot
from tests.factories.serving import make_endpoint, make_key

pytestmark = pytest.mark.postgresql


@pytest.fixture
def told(redis_server, settings, db):
    redis_server.client.flushall()
    settings.REDIS_URL = redis_server.url

    def read():
        content = redis_server.client.get(serving_interface.SNAPSHOT_KEY)
        return Snapshot.parse(content) if content else None

    return read


def test_the_plane_is_told_endpoints_and_the_hashes_of_valid_keys(told, workspace):
    endpoint = make_endpoint(workspace)
    revoked = make_key(endpoint, "old")
    endpoint.keys.filter(name="old").update(revoked_at="2026-01-01T00:00Z")
    assert publish_snapshot()
    entry = told().endpoints["houses"]
    assert (entry.release, entry.version, entry.name) == (1, 1, "Houses")
    ids = {key.id for key in entry.keys.values()}
    assert ids == {"", str(endpoint.keys.get(name="script").pk)}, "the page's own key and the valid one"
    assert bytes.fromhex(endpoint.keys.get(name="old").digest) not in entry.keys
    assert revoked


def test_nothing_new_is_not_told_again_and_any_change_is(told, workspace):
    endpoint = make_endpoint(workspace)
    assert publish_snapshot()
    first = told().revision
    assert not publish_snapshot()
    make_key(endpoint, "more")
    assert publish_snapshot()
    assert told().revision > first


def test_a_redis_that_forgot_everything_is_told_again(told, workspace, redis_server):
    make_endpoint(workspace)
    publish_snapshot()
    first = told().revision
    redis_server.client.flushall()
    assert publish_snapshot()
    assert told().revision == first


def test_older_never_replaces_newer(told, workspace):
    make_endpoint(workspace)
    publish_snapshot()
    newest = told().revision
    stale = json.dumps({"revision": newest - 1, "endpoints": []}).encode()
    assert serving_client.write_snapshot(newest - 1, stale) is serving_client.PublishResult.OUTDATED
    assert "houses" in told().endpoints


def test_a_database_brought_back_from_a_backup_is_what_counts(told, workspace):
    endpoint = make_endpoint(workspace)
    publish_snapshot()
    backup = SnapshotRevision.objects.values("number", "digest").get()
    make_key(endpoint, "made after the backup")
    publish_snapshot()
    after = told().revision
    endpoint.keys.filter(name="made after the backup").delete()
    SnapshotRevision.objects.update(**backup)
    assert publish_snapshot()
    assert told().revision > after
    assert len(told().endpoints["houses"].keys) == 2


def test_a_workspace_deleted_with_its_endpoints_is_noticed(told, workspace):
    make_endpoint(workspace)
    publish_snapshot()
    workspace.delete()
    assert publish_snapshot()
    assert told().endpoints == {}


def test_without_redis_nothing_is_lost(workspace):
    make_endpoint(workspace)
    assert not publish_snapshot()
    assert SnapshotRevision.objects.get().number > 0
