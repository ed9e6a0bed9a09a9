"""What people do with data sets: create, read again, rename, delete. What workers do is in `ingestion`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models.functions import Now

from apps.accounts import audit
from apps.accounts.models import User, Workspace
from apps.common import hooks
from apps.common.errors import ApplicationError, not_found
from apps.datasets import file_storage, ingestion, uploads
from apps.datasets.models import Dataset, DatasetVersion, Upload
from tasks.graph.messages import Message

Status = DatasetVersion.Status


def create_from_upload(*, upload: Upload, user: User, name: str = "") -> Dataset:
    """Return a data set of a file whose parts are all here; it is read in the background.

    May be called again whenever it did not return: see `made_from_upload` for one that was committed.
    """
    with uploads.locked_content(upload) as content:
        place = file_storage.store(content, _stored_name(upload.name))
        try:
            with transaction.atomic():
                dataset = _create(
                    upload.workspace, user, name=name, file_name=upload.name, path=place, size=upload.bytes
                )
                dataset.upload_id = upload.pk
                dataset.save(update_fields=["upload_id"])
                Upload.objects.filter(pk=upload.pk).delete()
        except BaseException:
            _remove_unnamed(place)
            raise
        # Not before the commit: a person who tries again must not have to send everything again.
        uploads.discard(upload)
    return dataset


def made_from_upload(upload_id: str, *, user: User, workspace: Workspace) -> Dataset | None:
    """Return the data set that the person's upload of this id became in the workspace, if it was completed."""
    try:
        ident = uuid.UUID(upload_id)
    except ValueError:
        return None
    return Dataset.objects.in_workspace(workspace.pk).filter(created_by=user, upload_id=ident).first()


def create_from_file(*, workspace: Workspace, user: User, file: UploadedFile[Any], name: str = "") -> Dataset:
    """Return a data set of a file sent in one piece; it is read in the background."""
    uploads.check_size(file.size or 0)
    file_name = Path(file.name or "table.csv").name
    stored_name = _stored_name(file_name)
    path = Path(settings.UPLOAD_DIR) / stored_name
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("wb") as target:
            for chunk in file.chunks():
                target.write(chunk)
        place = file_storage.store(path, stored_name)
    finally:
        path.unlink(missing_ok=True)
    try:
        with transaction.atomic():
            return _create(workspace, user, name=name, file_name=file_name, path=place, size=file.size or 0)
    except BaseException:
        _remove_unnamed(place)
        raise


def _remove_unnamed(place: str) -> None:
    """Remove a stored file unless a row names it: what was committed may be answered by an error all the same."""
    try:
        is_named = DatasetVersion.objects.filter(path=place).exists()
    except (DatabaseError, InterfaceError):  # `upload_cleanup` removes it after a day if no row names it
        return
    if not is_named:
        file_storage.remove(place)


def _stored_name(file_name: str) -> str:
    """Return the name that a file is kept under: one of ours, with the ending kept if it is a plain one."""
    ending = Path(file_name).suffix.lower()
    plain = ending if ending[1:].isalnum() and ending.isascii() and len(ending) <= 10 else ""
    return f"{uuid.uuid4().hex}{plain}"


def _create(workspace: Workspace, user: User, *, name: str, file_name: str, path: str, size: int) -> Dataset:
    dataset = Dataset.objects.create(workspace=workspace, created_by=user, name=name or Path(file_name).stem)
    version = DatasetVersion.objects.create(
        dataset=dataset,
        file_name=file_name,
        path=path,
        bytes=size,
        next_notification_at=Now() + ingestion.RENOTIFY_AFTER,
    )
    dataset.current = version
    dataset.save(update_fields=["current"])
    ingestion.notify(version.pk)
    return dataset


def read_again(*, dataset: Dataset, options: Mapping[str, Any]) -> DatasetVersion:
    """Read the file of a data set once more, as a person says; what was read before stays until this is done.

    Args:
        dataset: The data set.
        options: What ``tasks/ingest/options.py`` names; what is left out is found out from the file.

    Raises:
        ApplicationError: 409, it is being read just now or its file is no longer kept.
    """
    with transaction.atomic():
        Dataset.objects.select_for_update().get(pk=dataset.pk)
        last = last_with_file(dataset)
        if last.status in {Status.PENDING, Status.READING}:
            raise _still_reading()
        version = DatasetVersion.objects.create(
            dataset=dataset,
            number=last.number + 1,
            file_name=last.file_name,
            path=last.path,
            bytes=last.bytes,
            options=dict(options),
            next_notification_at=Now() + ingestion.RENOTIFY_AFTER,
        )
        ingestion.notify(version.pk)
    return version


def last_with_file(dataset: Dataset) -> DatasetVersion:
    """Return the newest version, whose file is the one that would be read.

    Raises:
        ApplicationError: 409, the file is no longer kept.
    """
    last = dataset.versions.order_by("-number").first()
    if last is None or not last.path or not file_storage.exists(last.path):
        message = Message("dataset.file_gone", "The file is no longer kept. Upload it again.")
        raise ApplicationError("file_gone", message, 409)
    return last


def rename(*, dataset: Dataset, name: str) -> Dataset:
    """Give a data set another name."""
    dataset.name = name
    dataset.save(update_fields=["name"])
    return dataset


def delete(*, dataset: Dataset, user: User) -> None:
    """Delete a data set and the files it came from.

    The next garbage collection removes its stored tables, except those that runs need.
    """
    places = {path for path in dataset.versions.values_list("path", flat=True) if path}

    def remove_files() -> None:
        for place in places:
            file_storage.remove(place)

    with transaction.atomic():
        transaction.on_commit(remove_files)
        audit.record(actor=user, action="dataset.deleted", subject=dataset.name, workspace=dataset.workspace)
        dataset.delete()
        hooks.on_artifacts_released()


def at_version(dataset: Dataset, number: int | None) -> Dataset:
    """Return the data set so that this version of it is shown; ``None`` for the current one.

    Raises:
        ApplicationError: 404, it has no such version.
    """
    if number is not None:
        chosen = DatasetVersion.objects.filter(dataset=dataset, number=number).first()
        if chosen is None:
            raise not_found("version of this data set")
        dataset.chosen = chosen  # type: ignore[attr-defined]
    return dataset


def ready_version(dataset: Dataset, number: int | None = None) -> DatasetVersion:
    """Return the version that can be read from: the current one, or the one of this number.

    Raises:
        ApplicationError: 404, there is no such version; 409, it is still being read or could not be.
    """
    version = at_version(dataset, number).shown
    if version is None or version.status in {Status.PENDING, Status.READING}:
        raise _still_reading()
    if version.status == Status.FAILED:
        reason = Message.from_parts(version.error_message, version.error_parts)
        raise ApplicationError("not_readable", Message("dataset.not_readable", "{reason}", reason=reason), 409)
    return version


def _still_reading() -> ApplicationError:
    message = Message("dataset.still_reading", "The file is still being read. Try again in a moment.")
    return ApplicationError("not_ready", message, 409)
