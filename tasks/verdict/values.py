"""The verdict as a value: a state, its sentence, the two numbers behind it, and what limits it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from tasks.graph.messages import from_json, message_json


class State(StrEnum):
    """The six states of a verdict. ``unproven``: a good score on rows that do not show what new rows give."""

    EXCELLENT = "excellent"
    USEFUL = "useful"
    UNPROVEN = "unproven"
    WEAK = "weak"
    GUESSING = "guessing"
    TOO_GOOD = "too_good"


LEAKS = frozenset({"leak_equal", "leak_ordered", "leak_alone"})
"""Caveats that say a column gives the answer away."""

UNPROVEN_BY = frozenset({"date_under_random_split", "duplicates_across_split", "groups_across_split", "made_of_target"})
"""Caveats with which a good score says nothing about new rows."""

NOTES = LEAKS | {
    "counts_rows",
    "date_under_random_split",
    "duplicates_across_split",
    "few_duplicates_across_split",
    "fit_before_split",
    "groups_across_split",
    "leaks_partly_searched",
    "made_of_target",
    "spellings_apart",
    "text_unused",
}
"""Caveats about the table that was learned from."""


@dataclass(frozen=True)
class Caveat:
    """Something to know beside a verdict. ``code``: for programs; ``message``: a `Message`."""

    code: str
    message: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {"code": self.code, **message_json(self.message)}


@dataclass(frozen=True)
class Decision:
    """How one of two classes is answered.

    ``positive``: the class that found and wrong answers are counted of; ``share``: of the judged rows, how many are of
    it, from 0 to 1; ``threshold``: probability of it from which it is answered.
    """

    positive: str
    share: float
    threshold: float


@dataclass(frozen=True)
class Judged:
    """What a verdict is made of.

    Attributes:
        task: ``regression`` or ``classification``.
        target: Name of the predicted column.
        scores: As of `tasks.training.scores`.
        scored_on: ``test``, ``valid`` or ``train``; empty when unknown.
        rows: How many rows were judged; ``None`` when unknown.
        dropped: Rows left out because their target is missing.
        class_rows: Class to how many of the judged rows are of it, in the order of the probabilities.
        common: The commonest class of the training rows.
        found: Share of the positive of two classes, the second, that was answered as such; ``None`` for other tasks.
        right: Share of the answers of the positive class that were right; ``None`` where it was never answered.
        threshold: Probability from which the positive of two classes is answered; ``None`` when unknown.
        learned_rows: As ``class_rows``, of the training rows; empty when unknown.
        shift: Of numbers: mean of the judged rows less that of the training rows, in deviations of these.
        means: Of numbers: mean of the training rows, and of the judged ones; ``None`` when unknown.
    """

    task: str
    target: str
    scores: Mapping[str, float]
    scored_on: str = ""
    rows: int | None = None
    dropped: int = 0
    class_rows: Mapping[str, int] = field(default_factory=dict)
    common: str = ""
    found: float | None = None
    right: float | None = None
    threshold: float | None = None
    learned_rows: Mapping[str, int] = field(default_factory=dict)
    shift: float = 0.0
    means: tuple[float, float] | None = None

    @property
    def advantage(self) -> float | None:
        """Return how much likelier the positive of two classes is answered for rows of it than for others, -1 to 1.

        ``None`` where it was never answered, or there are not two classes with rows of both.
        """
        decision = self.decision
        if decision is None or self.found is None or not self.right or not 0 < decision.share < 1:
            return None
        wrongly = self.found * decision.share * (1 / self.right - 1) / (1 - decision.share)
        return self.found - wrongly

    @property
    def decision(self) -> Decision | None:
        """How one of two classes is answered; ``None`` for other tasks, or where that is unknown."""
        if len(self.class_rows) != 2 or self.threshold is None:
            return None
        positive = list(self.class_rows)[1]
        share = self.class_rows[positive] / max(sum(self.class_rows.values()), 1)
        return Decision(positive, share, self.threshold)

    def score(self, name: str) -> float | None:
        """Return a score; ``None`` when it is missing or no number."""
        value = self.scores.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return None
        return float(value)


@dataclass(frozen=True)
class Verdict:
    """A state, its sentence, the two numbers behind it and what limits it.

    Attributes:
        message: A `Message` with the baseline in it.
        measure: Which score ``score`` is; ``baseline`` is what a constant answer reaches.
        rows: How many rows were judged; ``None`` when unknown.
        decision: How one of two classes is answered; ``None`` for other tasks, and for what was stored without.
    """

    state: State
    message: str
    measure: str
    score: float
    baseline: float
    scored_on: str = ""
    rows: int | None = None
    dropped: int = 0
    caveats: tuple[Caveat, ...] = ()
    decision: Decision | None = None

    @property
    def notes(self) -> tuple[Caveat, ...]:
        """The caveats about the table that was learned from: they hold whichever rows are judged."""
        return tuple(caveat for caveat in self.caveats if caveat.code in NOTES)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "state": str(self.state),
            **message_json(self.message),
            "measure": self.measure,
            "score": self.score,
            "baseline": self.baseline,
            "scored_on": self.scored_on,
            "rows": self.rows,
            "dropped": self.dropped,
            "caveats": [caveat.to_json() for caveat in self.caveats],
            **({"decision": asdict(self.decision)} if self.decision else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verdict:
        """Return the verdict that `to_json` wrote."""
        return cls(
            state=State(data["state"]),
            message=from_json(data),
            measure=data["measure"],
            score=data["score"],
            baseline=data["baseline"],
            scored_on=data["scored_on"],
            rows=data["rows"],
            dropped=data["dropped"],
            caveats=tuple(Caveat(one["code"], from_json(one)) for one in data["caveats"]),
            decision=Decision(**data["decision"]) if data.get("decision") else None,
        )
