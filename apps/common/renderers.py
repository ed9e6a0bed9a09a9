"""How answers are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer

from apps.common.json_values import sanitized


class LenientJSON(JSONRenderer):
    """Writes JSON. What was stored before `BoundedJSON` refused it, such as half a character, spoils no answer."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the data as JSON, with a mark in place of what JSON answers cannot hold."""
        try:
            written: bytes = super().render(data, accepted_media_type, renderer_context)
        except ValueError:  # half a character (UnicodeEncodeError) or an infinite number
            written = super().render(sanitized(data), accepted_media_type, renderer_context)
        return written
