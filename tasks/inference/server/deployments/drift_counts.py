"""Requests and answers, kept for a moment and then counted in the bins of the release's training data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from tasks.inference.drift import add, count
from tasks.inference.server.deployments.model_repository import Release
from tasks.inference.server.deployments.package import Package
from tasks.inference.server.responses import Answer

ROWS_KEPT = 512
"""Of one release between two countings, which are a second apart. More are dropped, so that counting stays cheap."""

ReleaseKey: TypeAlias = tuple[str, int, bool]
"""Slug of an endpoint, number of its release, and whether that answered as the canary."""

Rows: TypeAlias = Sequence[Mapping[str, Any]]


@dataclass
class RecentAnswers:
    """Answers of one release. ``answers``: each with its raw rows, where the answer itself does not hold them."""

    package: Package
    row_count: int = 0
    answers: list[tuple[Answer, Rows | None]] = field(default_factory=list)


class DriftCounts:
    """Requests of all releases since the last counting. Keeping one costs a request no more than an append."""

    def __init__(self) -> None:
        self._recent: dict[ReleaseKey, RecentAnswers] = {}

    def add(self, release: Release, answer: Answer, rows: Rows | None = None, *, as_canary: bool = False) -> None:
        """Keep an answer.

        Args:
            release: What answered.
            answer: The answer, with the columns or rows that it was made of.
            rows: The raw rows, where the answer holds neither.
            as_canary: It answered as the canary.
        """
        key = (release.entry.slug, release.entry.release, as_canary)
        recent = self._recent.get(key)
        if recent is None:
            recent = self._recent[key] = RecentAnswers(release.package)
        if recent.row_count < ROWS_KEPT:
            recent.row_count += len(answer.predictions)
            recent.answers.append((answer, rows))

    def take(self) -> dict[ReleaseKey, RecentAnswers]:
        """Return what is kept, and keep nothing."""
        recent, self._recent = self._recent, {}
        return recent


def count_drift(recent: Mapping[ReleaseKey, RecentAnswers]) -> dict[ReleaseKey, dict[str, Any]]:
    """Return the counts of each release whose package describes its training data. May run in a thread."""
    found: dict[ReleaseKey, dict[str, Any]] = {}
    for key, one in recent.items():
        reference = one.package.manifest.get("reference")
        if not reference:
            continue
        for columns, predictions in _groups(one):
            add(found.setdefault(key, {}), count(reference, columns, predictions))
    return found


def _groups(recent: RecentAnswers) -> Iterator[tuple[dict[str, np.ndarray], list[Any]]]:
    """Yield raw columns and predictions: of single rows together, of each large batch some of its rows."""
    rows: list[Mapping[str, Any]] = []
    predictions: list[Any] = []
    for answer, own_rows in recent.answers:
        if answer.columns is not None:
            yield _thinned(answer.columns, answer.predictions)
        else:
            rows += answer.rows if answer.rows is not None else own_rows or ()
            predictions += answer.predictions
    if rows:
        yield dict(recent.package.program.read(rows)), predictions


def _thinned(columns: Mapping[str, np.ndarray], predictions: Any) -> tuple[dict[str, np.ndarray], list[Any]]:
    stride = max(1, -(-len(predictions) // ROWS_KEPT))
    return {name: values[::stride] for name, values in columns.items()}, list(predictions[::stride])
