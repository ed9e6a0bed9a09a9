"""What uploads leave behind is removed by web, on whose disk it lies, and never what a row names."""

from __future__ import annotations

import os
import shutil
import time
from datetime import timedelta
from pathlib import Path
from unittest.mock import Mock

import fsspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.common import hooks, repair_guard
from apps.common.repair_guard import RepairGuard
from apps.datasets import file_storage, services, uploads
from apps.datasets.models import Dataset, Upload
from apps.datasets.upload_cleanup import remove_abandoned
from leptonweb.web import periodic_tasks

pytestmark = pytest.mark.usefixtures("data_folder")

HOUR = 3600.0


class Killed(BaseException):
    """Stands for a process that is killed: nothing behind it happens."""


def let_age(path: Path, hours: float) -> None:
    then = time.time() - hours * HOUR
    os.utime(path, (then, then))


def start(workspace, user, hours: float) -> Upload:
    upload = uploads.start(workspace=workspace, user=user, name="houses.csv", size=4)
    Upload.objects.filter(pk=upload.pk).update(created_at=timezone.now() - timedelta(hours=hours))
    let_age(uploads.folder_of(upload), hours)
    return upload


def make_dataset(workspace, user) -> Dataset:
    file = SimpleUploadedFile("houses.csv", b"a\n1\n")
    return services.create_from_file(workspace=workspace, user=user, file=file)


def test_an_upload_nobody_goes_on_with_is_removed_after_a_day(workspace, alice):
    old, new = start(workspace, alice, 25), start(workspace, alice, 23)
    assert remove_abandoned() == 1
    assert not uploads.folder_of(old).exists()
    assert uploads.folder_of(new).is_dir()
    assert Upload.objects.get() == new


def test_the_row_of_an_upload_stays_while_its_parts_cannot_be_removed(workspace, alice, monkeypatch):
    old, other = start(workspace, alice, 25), start(workspace, alice, 25)
    remove = shutil.rmtree

    def refuse(folder):
        if folder == uploads.folder_of(old):
            raise PermissionError(folder)
        remove(folder)

    with monkeypatch.context() as busy:
        busy.setattr("apps.datasets.upload_cleanup.shutil.rmtree", refuse)
        assert remove_abandoned() == 1
    assert Upload.objects.get() == old
    assert not uploads.folder_of(other).exists()
    monkeypatch.setattr(repair_guard, "rows", RepairGuard())  # as after the pause
    assert remove_abandoned() == 1


def test_the_row_of_parts_on_another_server_outlives_them_by_a_day(workspace, alice, settings, tmp_path):
    old = start(workspace, alice, 25)
    theirs, settings.UPLOAD_DIR = settings.UPLOAD_DIR, tmp_path / "other"
    assert remove_abandoned() == 0
    settings.UPLOAD_DIR = theirs
    assert remove_abandoned() == 1
    assert not uploads.folder_of(old).exists()
    gone = start(workspace, alice, 49)
    uploads.discard(gone)
    assert remove_abandoned() == 1
    assert not Upload.objects.exists()


def test_parts_whose_row_is_gone_are_removed(workspace, alice, settings):
    old, new = start(workspace, alice, 25), start(workspace, alice, 23)
    Upload.objects.all().delete()
    half = Path(settings.UPLOAD_DIR) / "half.csv"
    half.touch()
    let_age(half, 25)
    assert remove_abandoned() == 2
    assert not half.exists()
    assert not uploads.folder_of(old).exists()
    assert uploads.folder_of(new).is_dir()


def test_the_file_of_a_deleted_data_set_whose_server_was_killed_is_removed_after_a_day(
    workspace, alice, monkeypatch, django_capture_on_commit_callbacks
):
    kept, deleted = make_dataset(workspace, alice), make_dataset(workspace, alice)
    places = [Path(file_storage.locate(dataset.current.path)) for dataset in (kept, deleted)]
    with monkeypatch.context() as killed, pytest.raises(Killed), django_capture_on_commit_callbacks(execute=True):
        killed.setattr(file_storage, "remove", Mock(side_effect=Killed))
        services.delete(dataset=deleted, user=alice)
    assert remove_abandoned() == 0
    for place in places:
        let_age(place, 25)
    assert remove_abandoned() == 1
    assert [place.exists() for place in places] == [True, False]


def test_a_file_in_another_store_that_no_row_names_is_removed(workspace, alice, settings, monkeypatch):
    settings.LEPTON_ARTIFACTS_URL = "memory://cleanup"
    kept = make_dataset(workspace, alice)
    filesystem = fsspec.filesystem("memory")
    filesystem.pipe("/cleanup/uploads/lost.csv", b"a")
    assert remove_abandoned() == 0
    later = time.time() + 25 * HOUR
    monkeypatch.setattr("apps.datasets.upload_cleanup.time.time", lambda: later)
    assert remove_abandoned() == 1
    assert file_storage.exists(kept.current.path)
    assert not filesystem.exists("/cleanup/uploads/lost.csv")


def test_web_runs_it(workspace, alice):
    assert remove_abandoned in hooks.web_periodic.receivers
    assert remove_abandoned not in hooks.periodic.receivers
    start(workspace, alice, 25)
    periodic_tasks.run_all()
    assert not Upload.objects.exists()
