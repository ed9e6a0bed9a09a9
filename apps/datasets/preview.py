"""Asks a light engine process how the first rows of a file would be read. Nothing is stored."""

from __future__ import annotations

import logging
import queue
from collections.abc import Mapping
from typing import Any

from apps.common import light_engines
from apps.common.engine_process import EngineProcessError
from apps.common.errors import ApplicationError
from apps.datasets import file_storage
from apps.datasets.models import Dataset
from apps.datasets.services import last_with_file
from tasks.graph.messages import Message

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0


def preview(dataset: Dataset, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `tasks.ingest.preview.preview` says of the data set's file.

    Raises:
        ApplicationError: 409, the file is no longer kept; 503, no answer came.
    """
    version = last_with_file(dataset)
    request = {
        "op": "preview",
        "path": file_storage.locate(version.path),
        "name": version.file_name,
        "options": dict(options),
    }
    try:
        with light_engines.borrowed(TIMEOUT_SECONDS) as process:
            answer = process.request(request, timeout_seconds=TIMEOUT_SECONDS)
    except (EngineProcessError, queue.Empty, OSError) as error:
        logger.warning("the first rows of a file could not be shown: %s", error)
        raise _no_preview() from error
    if "done" not in answer:
        logger.error("the first rows of a file could not be shown: %s", answer.get("error"))
        raise _no_preview()
    return dict(answer["done"])


def _no_preview() -> ApplicationError:
    message = Message(
        "dataset.no_preview", "The first rows cannot be shown just now. The file can be read again all the same."
    )
    return ApplicationError("no_preview", message, 503)
