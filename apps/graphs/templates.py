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
    """Return every template, by name of file: ``{slug, title, description, task, document}`` and the ids of both texts.

    ``title_parts`` and ``description_parts`` have the ids under which the page translates them.
    """
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.json")))


def _read(path: Path) -> dict[str, Any]:
    name = path.stem.split("_", 1)[1]
    ids = {f"{text}_parts": {"id": f"template.{name}.{text}", "params": {}} for text in ("title", "description")}
    return {"slug": name.replace("_", "-"), **json.loads(path.read_text(encoding="utf-8")), **ids}


def template(slug: str) -> dict[str, Any]:
    """Return one template. Raises ``ApplicationError`` (404)."""
    for found in templates():
        if found["slug"] == slug:
            return found
    raise not_found("template")
