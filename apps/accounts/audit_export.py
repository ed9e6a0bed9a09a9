"""The audit trail as a file: CSV for spreadsheets, JSON for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from apps.accounts.models import AuditEntry
from apps.common.errors import ApplicationError
from tasks.graph.messages import Message

MOST_ENTRIES = 100_000
COLUMNS = ("created_at", "actor", "action", "subject", "workspace", "details")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def select_span(entries: Any, after: datetime | None, before: datetime | None) -> Any:
    """Return the entries of a span: from ``after`` on, up to ``before`` but without it; ``None`` for no limit."""
    if after is not None:
        entries = entries.filter(created_at__gte=after)
    return entries if before is None else entries.filter(created_at__lt=before)


def export(entries: Any, form: str) -> tuple[str, str]:
    """Return entries as text, the newest first, and its media type.

    Args:
        entries: A queryset of entries.
        form: ``csv`` or ``json``.

    Raises:
        ApplicationError: 400, there are more than fit into one file.
    """
    count = entries.count()
    if count > MOST_ENTRIES:
        message = Message(
            "audit.too_many",
            "One file holds at most {limit:,} entries, and these are {count:,}. Name a span with “after” and “before”.",
            limit=MOST_ENTRIES,
            count=count,
        )
        raise ApplicationError("too_many", message, 400)
    rows = (_row(entry) for entry in entries.order_by("-created_at").iterator(chunk_size=2000))
    if form == "json":
        return json.dumps(list(rows), ensure_ascii=False), "application/json"
    return _csv(rows), "text/csv; charset=utf-8"


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {
        "created_at": entry.created_at.isoformat(),
        "actor": entry.actor.username if entry.actor else None,
        "action": entry.action,
        "subject": entry.subject,
        "workspace": entry.workspace.name if entry.workspace else None,
        "details": entry.details,
    }


def _csv(rows: Iterable[dict[str, Any]]) -> str:
    sink = io.StringIO(newline="")
    writer = csv.writer(sink)
    writer.writerow(COLUMNS)
    for row in rows:
        details = json.dumps(row["details"], ensure_ascii=False)
        writer.writerow([_safe(value or "") for value in (*(row[name] for name in COLUMNS[:-1]), details)])
    return sink.getvalue()


def _safe(text: str) -> str:
    """Return a text that no spreadsheet runs: strangers choose the names with which they are refused."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
