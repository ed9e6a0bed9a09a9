"""The page: a shell that loads the built front end, and error answers as page or JSON."""

from __future__ import annotations

import json
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt, ensure_csrf_cookie
from django.views.decorators.http import require_safe

from apps.common.disk_space import is_disk_full
from apps.common.error_sentences import (
    BACK,
    BAD_REQUEST,
    FORBIDDEN,
    NOT_FOUND,
    OUT_OF_DATE,
    SERVER_ERROR,
    language_of,
    translate,
)
from apps.common.errors import disk_full, error_body

ENTRY = "src/main.tsx"


@ensure_csrf_cookie
@require_safe
def spa_shell(request: HttpRequest) -> HttpResponse:
    """Answer every path that is not the API: the browser chooses the screen."""
    if not is_built():
        return render(request, "not_built.html", status=503)
    page = render(request, "app.html", _assets(str(_manifest()), _manifest().stat().st_mtime_ns))
    page["Cache-Control"] = "no-cache"
    return page


def is_built() -> bool:
    """Return whether the front end has been built and its first script is there."""
    if not _manifest().is_file():
        return False
    _, entry = _chunks(str(_manifest()), _manifest().stat().st_mtime_ns)
    return (Path(settings.FRONT_END_DIR) / str(entry["file"])).is_file()


def _manifest() -> Path:
    return Path(settings.FRONT_END_DIR) / ".vite" / "manifest.json"


@lru_cache(maxsize=4)
def _chunks(manifest: str, changed_ns: int) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ARG001  a new build is another key
    chunks = json.loads(Path(manifest).read_text(encoding="utf-8"))
    return chunks, chunks.get(ENTRY) or next(chunk for chunk in chunks.values() if chunk.get("isEntry"))


@lru_cache(maxsize=4)
def _assets(manifest: str, changed_ns: int) -> dict[str, Any]:
    chunks, entry = _chunks(manifest, changed_ns)
    loaded = _with_imports(chunks, entry)
    styles = dict.fromkeys(style for chunk in loaded for style in chunk.get("css", ()))
    return {
        "script": static(f"app/{entry['file']}"),
        "preloads": [static(f"app/{chunk['file']}") for chunk in loaded if chunk is not entry],
        "styles": [static(f"app/{style}") for style in styles],
    }


def _with_imports(chunks: dict[str, Any], entry: dict[str, Any]) -> list[dict[str, Any]]:
    found = [entry]
    for chunk in found:  # grows while it is read
        found.extend(chunks[name] for name in chunk.get("imports", ()) if chunks[name] not in found)
    return found


@csrf_exempt
def unknown_api_path(request: HttpRequest) -> HttpResponse:
    """Answer an API path that does not exist."""
    message = f"There is no call {request.method} {request.path}. See /api/v1/docs/."
    return JsonResponse(error_body("not_found", message), status=404)


def _error(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse(error_body(code, message), status=status)
    language = language_of(request)
    words = {"message": translate(message, language), "back": translate(BACK, language), "language": language}
    page = render(request, "error.html", {"status": status, **words}, status=status)
    page["Content-Language"] = language
    patch_vary_headers(page, ("Accept-Language",))
    return page


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer a request that makes no sense, such as one with a foreign host name."""
    return _error(request, 400, "bad_request", BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer a request that is not allowed."""
    return _error(request, 403, "permission_denied", FORBIDDEN)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Answer a request whose cross-site token is missing or old."""
    return _error(request, 403, "csrf", OUT_OF_DATE)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer a path that does not exist."""
    return _error(request, 404, "not_found", NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer our own mistake without saying more than that, or a full disk; the log has the rest."""
    if is_disk_full(sys.exc_info()[1]):
        full = disk_full()
        return _error(request, full.status, full.code, full.message)
    return _error(request, 500, "server_error", SERVER_ERROR)
