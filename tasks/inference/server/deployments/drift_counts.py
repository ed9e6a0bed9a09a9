"""What came in and what was answered, held for a moment and then counted in the bins of the release's reference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import orjson

from tasks.inference.drift import add, count
from tasks.inference.server.deployments.model_repository import Release
from tasks.inference.server.deployments.package import Answer, Package

ROWS_HELD = 512
"""Of one release between two looks, which are a second apart; more are not looked at, so that looking stays cheap."""

Place: TypeAlias = tuple[str, int]
Seen: TypeAlias = tuple[dict[str, np.ndarray], list[Any]]
"""Raw columns and what was answered to them."""


@dataclass
class Held:
    """Answers of one release. ``given``: each with the body it came with where its rows are only there."""

    package: Package
    rows: int = 0
    given: list[tuple[Answer, bytes]] = field(default_factory=list)


class DriftCounts:
    """Rows of all releases since the last look. Holding them costs a request nothing but a place in a list."""

    def __init__(self) -> None:
        self._held: dict[Place, Held] = {}

    def note(self, release: Release, given: Answer, body: bytes = b"") -> None:
        """Hold an answer and what it was given for.

        Args:
            release: Who answered.
            given: The answer, with the columns or rows it was made of.
            body: Plain JSON rows, where the answer has neither.
        """
        place = (release.entry.slug, release.entry.release)
        held = self._held.get(place)
        if held is None:
            held = self._held[place] = Held(release.package)
        if held.rows < ROWS_HELD:
            held.rows += len(given.predictions)
            held.given.append((given, body))

    def take(self) -> dict[Place, Held]:
        """Return what is held and hold nothing."""
        held, self._held = self._held, {}
        return held


def counted(held: Mapping[Place, Held]) -> dict[Place, dict[str, Any]]:
    """Return the counts of each release that has a reference. May run in a thread."""
    found: dict[Place, dict[str, Any]] = {}
    for place, one in held.items():
        reference = one.package.manifest.get("reference")
        if not reference:
            continue
        for columns, predictions in _groups(one):
            add(found.setdefault(place, {}), count(reference, columns, predictions))
    return found


def _groups(held: Held) -> Iterable[Seen]:
    """Yield rows that came one by one together, and some of each large batch."""
    rows: list[Mapping[str, Any]] = []
    answers: list[Any] = []
    for given, body in held.given:
        if given.columns is not None:
            yield _thinned(given.columns, given.predictions)
        else:
            rows += given.rows if given.rows is not None else orjson.loads(body)["rows"]
            answers += given.predictions
    if rows:
        yield dict(held.package.program.read(rows)), answers


def _thinned(columns: Mapping[str, np.ndarray], predictions: Any) -> Seen:
    stride = max(1, -(-len(predictions) // ROWS_HELD))
    return {name: values[::stride] for name, values in columns.items()}, list(predictions[::stride])
