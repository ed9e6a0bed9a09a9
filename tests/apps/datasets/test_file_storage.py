"""Names of stored files: the same rows work in any data folder, and never reach into another one."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.accounts.models import Workspace
from apps.datasets import file_storage, services
from tests.factories import make_dataset

BEFORE, AFTER = [("datasets", "0005_dataset_upload")], [("datasets", "0006_stored_file_names")]


@pytest.fixture
def production(tmp_path):
    """The file of an installation that goes on working."""
    file = tmp_path / "production" / "uploads" / "files" / "1a.csv"
    file.parent.mkdir(parents=True)
    file.write_text("a\n1\n")
    return file


@pytest.mark.django_db(transaction=True)
def test_deleting_in_a_restored_copy_leaves_the_files_of_the_original(production, workspace, bob, tmp_path, settings):
    settings.UPLOAD_DIR = tmp_path / "rehearsal" / "uploads"
    dataset = make_dataset(workspace, path=str(production))  # a row as the original wrote it; its file was not copied
    assert not file_storage.exists(dataset.current.path)
    services.delete(dataset=dataset, user=bob)
    assert production.read_text() == "a\n1\n"


@pytest.mark.django_db
def test_a_stored_file_is_named_without_its_folder(tmp_path, settings):
    settings.UPLOAD_DIR = tmp_path / "uploads"
    settings.UPLOAD_DIR.mkdir()
    arrived = tmp_path / "arrived"
    arrived.write_text("a\n1\n")
    place = file_storage.store(arrived, "1a.csv")
    assert place == "1a.csv"
    assert file_storage.locate(place) == str(tmp_path / "uploads" / "files" / "1a.csv")


@pytest.mark.parametrize("place", ["../../secrets/secret_key", "/etc/passwd", "s3://theirs/uploads/passwd", ".."])
def test_no_name_leads_out_of_the_folder(place, tmp_path, settings):
    settings.UPLOAD_DIR = tmp_path / "uploads"
    located = file_storage.locate(place)
    assert located.startswith(f"{tmp_path}/uploads/files")
    assert ".." not in located


def test_files_in_a_store_are_looked_for_in_the_store_of_current_installation(tmp_path, settings):
    settings.UPLOAD_DIR = tmp_path / "uploads"
    settings.LEPTON_ARTIFACTS_URL = "memory://rehearsal"
    assert file_storage.locate("memory://production/uploads/1a.csv") == "memory://rehearsal/uploads/1a.csv"


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_rows_that_hold_a_path_keep_its_last_part():
    def migrate(targets):
        executor = MigrationExecutor(connection)
        executor.migrate(targets)
        return executor.loader.project_state(targets).apps

    older = migrate(BEFORE)
    try:
        workspace = Workspace.objects.create(name="Houses")
        dataset = older.get_model("datasets", "Dataset").objects.create(workspace_id=workspace.pk, name="houses")
        written = ["/old/data/uploads/files/1a.csv", "s3://bucket/uploads/2b.csv", "", "3c.csv"]
        for number, path in enumerate(written, 1):
            older.get_model("datasets", "DatasetVersion").objects.create(
                dataset=dataset, number=number, file_name="houses.csv", path=path
            )
        versions = migrate(AFTER).get_model("datasets", "DatasetVersion").objects.order_by("number")
        assert list(versions.values_list("path", flat=True)) == ["1a.csv", "2b.csv", "", "3c.csv"]
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
