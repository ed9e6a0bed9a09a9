"""Shows the first rows of an uploaded file without storing anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def preview_file(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `tasks.ingest.preview.preview` says of a file; of a remote one only the first part is fetched.

    Args:
        request: ``path``: a path or a URL; ``name``; ``options``.
    """
    from tasks.ingest.preview import preview

    location = request["path"]
    if "://" not in location:
        with Path(location).open("rb") as file:
            return preview(file, request["name"], request.get("options", {}))
    import fsspec

    with fsspec.open(location, "rb") as file:
        return preview(file, request["name"], request.get("options", {}))
