"""The templates that ship with LeptonWeb, one JSON file each."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from apps.common.errors import not_found

FOLDER = Path(__file__).with_name("templates_gallery")


@cache
def templates() -> tuple[dict[str, Any], ...]:
    """Return every template: ``{slug, title, description, task, document}``, by name of file."""
    return tuple(
        {"slug": path.stem.split("_", 1)[1].replace("_", "-"), **json.loads(path.read_text(encoding="utf-8"))}
        for path in sorted(FOLDER.glob("*.json"))
    )


def template(slug: str) -> dict[str, Any]:
    """Return one template. Raises ``ApplicationError`` (404)."""
    for found in templates():
        if found["slug"] == slug:
            return found
    raise not_found("template")
