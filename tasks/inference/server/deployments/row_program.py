"""What a loaded model can be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tasks.inference.explain import Explanation
from tasks.inference.server.responses import Answer


class RowProgram(Protocol):
    """A loaded model. Raises `tasks.inference.rows.RowProblems` for rows that cannot be answered."""

    def predict_rows(self, rows: Sequence[Mapping[str, Any]], /) -> Answer:
        """Return predictions for raw rows."""
        ...

    def predict_columns(self, columns: Mapping[str, Sequence[Any]], /) -> Answer:
        """Return predictions for raw rows that came column by column."""
        ...

    def vector(self, row: Any, /) -> Sequence[float] | None:
        """Return what `predict_vectors` takes for a usual raw row, ``None`` for one that `predict_rows` must check."""
        ...

    def predict_vectors(self, vectors: Sequence[Any], /) -> Sequence[Answer | None]:
        """Return an answer for each row, as if it had come alone; ``None`` where there is none."""
        ...

    def read(self, rows: Sequence[Mapping[str, Any]], /) -> Mapping[str, Any]:
        """Return the checked raw columns of rows, each array of shape (rows,)."""
        ...

    def explain_rows(self, rows: Sequence[Mapping[str, Any]], /) -> list[Explanation]:
        """Return what each column adds to each prediction."""
        ...

    def explain_columns(self, columns: Mapping[str, Sequence[Any]], /) -> list[Explanation]:
        """Return the same for columns."""
        ...
