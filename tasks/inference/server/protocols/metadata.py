"""What an endpoint says of itself: who answers, the columns it asks for, and an example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from tasks.inference.server.deployments.model_repository import Release

ROLES_SAID = ("task", "target", "classes", "metrics", "scored_on")


def columns_of(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the raw columns of a program."""
    return list(manifest["raw_schema"]["columns"])


def metadata(release: Release) -> bytes:
    """Return the answer to ``GET /endpoints/{slug}``."""
    manifest = release.package.manifest
    document = {
        "slug": release.entry.slug,
        **{name: manifest.get(name) for name in ROLES_SAID},
        "inputs": columns_of(manifest),
        "example": manifest.get("example") or {},
        "model": release.model,
    }
    return orjson.dumps(document)
