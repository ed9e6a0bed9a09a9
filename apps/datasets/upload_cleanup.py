"""Removes files of abandoned uploads: their parts, and files that no row refers to.

Run by web, on whose disk the parts lie: the reconciler may be on another machine. The row of an upload goes after its
files, so that a process killed in between leaves nothing that nobody looks for.
"""

from __future__ import annotations

import logging
import shutil
import time
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db.models.functions import Now

from apps.common import repair_guard
from apps.datasets import file_storage
from apps.datasets.models import DatasetVersion, Upload
from apps.datasets.uploads import folder_of

logger = logging.getLogger(__name__)

# Longer than any upload takes, and far longer than a file lies in its place before the commit that names it.
ABANDONED_AFTER = timedelta(days=1)


def remove_abandoned() -> int:
    """Remove uploads that were not completed within a day and files without a row; return how many."""
    return _remove_abandoned_uploads() + _remove_parts_without_row() + _remove_files_without_row()


def _remove_abandoned_uploads() -> int:
    removed = 0
    for upload in Upload.objects.filter(created_at__lt=Now() - ABANDONED_AFTER):
        removed += repair_guard.rows.attempt(f"upload {upload.pk}: remove", partial(_remove_upload, upload))
    # The parts of these lie on the disk of another web server, if anywhere, which had a day to remove them.
    return removed + Upload.objects.filter(created_at__lt=Now() - 2 * ABANDONED_AFTER).delete()[0]


def _remove_upload(upload: Upload) -> bool:
    folder = folder_of(upload)
    if not folder.exists():
        return False
    shutil.rmtree(folder)
    upload.delete()
    return True


def _remove_parts_without_row() -> int:
    """Remove stray entries: folders of uploads without a row, and incomplete files that were sent in one piece."""
    root = Path(settings.UPLOAD_DIR)
    old = [path for path in _children(root) if path.name != file_storage.LOCAL_FOLDER and _is_old(path)]
    # Read after the folder, as a row is written before its folder.
    known = {str(key) for key in Upload.objects.values_list("pk", flat=True)}
    removed = 0
    for path in old:
        if path.name in known:
            continue
        try:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        except OSError as error:
            logger.warning("%s, which belongs to no upload, could not be removed: %s", path, error)
        else:
            removed += 1
    return removed


def _remove_files_without_row() -> int:
    """Remove files in the place of complete ones that no version names.

    A process was killed between keeping the file and the commit, or between the commit that deleted the last row and
    the removal of the file.
    """
    stored = file_storage.stored_before(time.time() - ABANDONED_AFTER.total_seconds())
    if not stored:
        return 0
    # Rows that a process of an earlier version writes during an upgrade hold a whole path.
    named = {path.rpartition("/")[2] for path in DatasetVersion.objects.values_list("path", flat=True).iterator()}
    lost = [name for name in stored if name not in named]
    for name in lost:
        file_storage.remove(name)
    return len(lost)


def _children(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []


def _is_old(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time.time() - ABANDONED_AFTER.total_seconds()
    except OSError:
        return False
