"""Packages in the store: their size, and their files as one download."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from apps.common.artifacts import local_path, read_json
from apps.common.errors import ApplicationError
from apps.registry.card import card_of, loading_instructions
from apps.registry.models import ModelVersion


def package_bytes(address: str) -> int:
    """Return the size of a package in the store, from its manifest; 0 when it is not stored any more.

    The manifest alone is read: the model may be large, and a store elsewhere is asked for each file.
    """
    try:
        return int(read_json(address, "manifest.json")["bytes"])
    except ApplicationError:
        return 0


def zipped(version: ModelVersion) -> bytes:
    """Return a package as a zip: its files, its card and how to load it.

    Raises:
        ApplicationError: 404, it is no longer stored.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in _names(version.address):
            archive.write(local_path(version.address, name), name)
        archive.writestr("CARD.md", card_of(version))
        archive.writestr("README.md", loading_instructions(version))
    return content.getvalue()


def _names(address: str) -> list[str]:
    manifest: dict[str, Any] = read_json(address, "manifest.json")
    return sorted([*manifest["files"], "manifest.json"])
