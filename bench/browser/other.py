"""Another built page in the place of the one the server has, so that two can be compared in one run."""

from __future__ import annotations

import json
import mimetypes
import re
from pathlib import Path

from playwright.sync_api import BrowserContext, Route

ENTRY = "src/main.tsx"
PREFIX = "/static/app/"


def serve_other(context: BrowserContext, folder: Path) -> None:
    """Let ``context`` see the page built in ``folder`` instead; everything else comes from the server."""
    shell = _head(folder)

    def answer_file(route: Route) -> None:
        path = folder / route.request.url.partition(PREFIX)[2].partition("?")[0]
        route.fulfill(body=path.read_bytes(), content_type=mimetypes.guess_type(path.name)[0] or "text/plain")

    def answer_page(route: Route) -> None:
        answer = route.fetch()
        page = re.sub(rf'<link[^>]*"{PREFIX}[^>]*>', "", answer.text())
        route.fulfill(response=answer, body=re.sub(r'<script type="module".*?</script>', lambda _: shell, page))

    context.route("**/graphs/*", lambda route: answer_page(route) if _is_page(route) else route.continue_())
    context.route(f"**{PREFIX}**", answer_file)


def _is_page(route: Route) -> bool:
    return route.request.resource_type == "document"


def _head(folder: Path) -> str:
    chunks = json.loads((folder / ".vite" / "manifest.json").read_text())
    entry = chunks[ENTRY]
    found = [entry]
    for chunk in found:  # grows while it is read
        found.extend(chunks[name] for name in chunk.get("imports", ()) if chunks[name] not in found)
    styles = [f'<link rel="stylesheet" href="{PREFIX}{css}">' for chunk in found for css in chunk.get("css", ())]
    return "".join([*styles, f'<script type="module" src="{PREFIX}{entry["file"]}"></script>'])
