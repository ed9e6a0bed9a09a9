"""How log lines look: text for people at a terminal, JSON for machines. One record is one line, whatever is in it."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from apps.common.request_ids import current_request_id

# Line breaks and terminal commands in what came from outside must not forge or hide lines.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "request_id", "request", "server"}
PLAIN = (str, int, float, bool, type(None))


def request_id_of(record: logging.LogRecord) -> str:
    """Return the id that the record carries, else that of the request worked on here."""
    return str(getattr(record, "request_id", "") or current_request_id())


class OneLineFilter(logging.Filter):
    """Leaves out where an error was raised: for what others sent, which the message names, one line is enough."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return that the record is written, without its traceback."""
        record.exc_info = None
        return True


class TextFormatter(logging.Formatter):
    """Time, level, logger, message, and the request in brackets; more lines only for a traceback."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Return the first line."""
        record.message = record.message.replace("\n", "\\n").replace("\t", " ")
        line = super().formatMessage(record)
        request_id = request_id_of(record)
        return f"{line} [{request_id}]" if request_id else line

    def format(self, record: logging.LogRecord) -> str:
        """Return the record without control characters."""
        return CONTROL.sub(lambda found: repr(found[0])[1:-1], super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a line; JSON escapes control characters itself."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one object: time, level, logger, message, request id and what else was given."""
        record_json: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id_of(record),
            "process": record.process,
        }
        record_json |= {
            name: value if isinstance(value, PLAIN) else str(value)
            for name, value in record.__dict__.items()
            if name not in STANDARD
        }
        if record.exc_info:
            record_json["trace"] = self.formatException(record.exc_info)
        # ASCII only: whatever shows the line cannot be made to obey a character in it.
        return json.dumps(record_json)
