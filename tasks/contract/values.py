"""The values on edges besides tables and models, and the kinds of value that an edge may carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tasks.graph.messages import Message, Term
from tasks.verdict.values import Verdict


class ValueKind(StrEnum):
    """Kinds of value on an edge. An output fits an input of the same kind."""

    TABLE = "table"
    MODEL = "model"
    METRICS = "metrics"
    REPORT = "report"
    STUDY = "study"
    ENDPOINT = "endpoint"


@dataclass(frozen=True)
class Metrics:
    """Named numbers. ``values``: measure to value; ``headline``: the measure to show first.

    ``details``: further tables of numbers, title to rows of equal keys (per class, per fold). ``verdict``: what the
    numbers are worth; ``None`` for metrics that are of no model, or were stored before there was one.
    """

    values: Mapping[str, float]
    headline: str = ""
    details: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Figure:
    """One Plotly figure.

    Attributes:
        title: A `Message` where the page can translate it.
        spec: ``{"data": [...], "layout": {...}}``, JSON data, without a template. Names and titles in it may be
            messages.
        messages: Of a figure that was stored: id and parameters of its messages, by their English text.
    """

    name: str
    title: str
    spec: Mapping[str, Any]
    messages: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """Figures in the order to show them."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Trial:
    """One try of a search. ``state``: running, done, pruned or failed; ``seconds``: what it took."""

    number: int
    params: Mapping[str, Any]
    value: float | None
    state: str
    seconds: float = 0.0
    is_best: bool = False


@dataclass(frozen=True)
class Study:
    """All trials of a search. ``metric`` is what was optimised; ``direction``: maximize or minimize."""

    metric: str
    direction: str
    trials: tuple[Trial, ...]
    best: int
    importance: Mapping[str, float] = field(default_factory=dict)


SCORE_NAMES = {"r2": "R²", "auc": "ROC AUC", "f1": "F1", "log_loss": "log loss"}
"""Measures whose name is not simply upper case when short and spaced when long."""


def score_number(score: float) -> str:
    """Return a measure's value as people write it: ``0.921``, ``27,100``."""
    return f"{score:,.0f}" if abs(score) >= 1000 else f"{score:.3g}"


def score_text(name: str, score: float) -> str:
    """Return a measure with its name: ``R² 0.921``, ``RMSE 27,100``."""
    label = SCORE_NAMES.get(name) or (name.upper() if len(name) <= 4 else name.replace("_", " "))
    return Message(
        "result.score", "{metric} {number}", metric=Term(f"metric.{name}", label), number=score_number(score)
    )


def two_scores(scores: Sequence[str]) -> str:
    """Return the first two scores side by side, the only one, or an empty string."""
    if len(scores) < 2:
        return scores[0] if scores else ""
    return Message("result.two_scores", "{first} · {second}", first=scores[0], second=scores[1])
