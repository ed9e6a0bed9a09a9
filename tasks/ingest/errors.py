"""Why a file cannot be read, as a sentence with its line."""

from __future__ import annotations


class IngestError(Exception):
    """A file that is no table, or one that would be misread.

    Args:
        message: What was found, where, and the way out; a `Message`, so that the page can translate it.
        line: Line of the file, counted from 1, or ``None`` when the whole file is meant.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
