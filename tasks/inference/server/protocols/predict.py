"""A prediction request in any protocol and its result; a fault becomes an error with row and column."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tasks.graph.messages import Message, Term
from tasks.inference import row_messages
from tasks.inference.explain import ROWS_AT_ONCE, Explanation
from tasks.inference.intervals import NoInterval, half_width
from tasks.inference.rows import RowProblems
from tasks.inference.server.deployments.model_repository import Release
from tasks.inference.server.responses import Answer, HttpError

logger = logging.getLogger(__name__)

Given = TypeVar("Given")
Values = Mapping[str, Sequence[Any]]

MOST_ROWS = 100_000
"""Rows answered at a time. A body can hold a row in a byte; its answer takes a thousand times that in memory."""


@dataclass(frozen=True)
class PredictRequest:
    """A request in any protocol: rows or columns, and what is wanted besides predictions.

    Attributes:
        rows: Raw rows; ``None`` when columns came.
        columns: Raw columns.
        explain: Whether contributions are wanted.
        interval: Share of rows whose truth the interval shall hold; ``None`` for no interval.
        warnings: What its sender should know of how it was read.
    """

    rows: Sequence[Any] | None = None
    columns: Values | None = None
    explain: bool = False
    interval: float | None = None
    warnings: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many rows were sent."""
        if self.rows is not None:
            return len(self.rows)
        return max((len(values) for values in (self.columns or {}).values()), default=0)


@dataclass(slots=True)
class PredictResult:
    """A result in any protocol. ``intervals``: low and high of each row."""

    answer: Answer
    explanations: list[Explanation] | None = None
    intervals: list[tuple[float, float]] | None = None


def answer(release: Release, request: PredictRequest) -> PredictResult:
    """Return the answer to a request.

    Raises:
        HttpError: 422 with the location of each fault; 500 when the model fails.
    """
    check_count(request.count)
    width = _half_width(release, request.interval)
    if request.explain and request.count > ROWS_AT_ONCE:
        message = Message(
            "rows.too_many_explained",
            "At most {limit} rows are explained at a time, not {count}.",
            limit=ROWS_AT_ONCE,
            count=request.count,
        )
        raise HttpError(422, "too_many_rows", message, [("explain", message)])
    program = release.package.program
    try:
        if request.rows is not None:
            given = _guarded(release, lambda: program.predict_rows(request.rows or ()))
        else:
            given = _guarded(release, lambda: program.predict_columns(request.columns or {}))
        explanations = _guarded(release, lambda: _explained(release, request)) if request.explain else None
    except RowProblems as error:
        raise unfit(error) from None
    _check_not_empty(given)
    if request.warnings:
        given.warnings[:0] = request.warnings
    intervals = None if width is None else [(value - width, value + width) for value in given.predictions]
    return PredictResult(given, explanations, intervals)


def answer_columns(release: Release, columns: Values) -> Answer:
    """Return the answer to raw columns.

    Raises:
        RowProblems: A row cannot be answered.
        HttpError: 500, the model fails.
    """
    return _guarded(release, lambda: release.package.program.predict_columns(columns))


def check_count(rows: int, status: int = 422) -> None:
    """Refuse more rows than are answered at a time.

    Raises:
        HttpError: With ``status``.
    """
    if rows > MOST_ROWS:
        raise too_many(f"{rows:,}", status)


def too_many(rows: str, status: int = 422) -> HttpError:
    """Return the answer to more rows than are answered at a time; ``rows``: how many, or ``more``."""
    message = Message(
        "rows.too_many",
        "At most {limit:,} rows are answered at a time, not {rows}. Send fewer at a time.",
        limit=MOST_ROWS,
        rows=Term("rows.more", "more") if rows == "more" else rows,
    )
    return HttpError(status, "too_many_rows", message, [("rows", message)])


def _check_not_empty(given: Answer) -> None:
    """Refuse a request whose columns held no row; columns that the model does not use do not count.

    Raises:
        HttpError: 422.
    """
    if not len(given.predictions):
        message = Message("rows.none", "There is no row to answer. Send at least one.")
        raise HttpError(422, "invalid_rows", message, [("rows", message)])


def unfit(error: RowProblems) -> HttpError:
    """Return the answer to rows that cannot be answered: 422 with the place of each fault."""
    problems = [(f"rows.{row}.{column}" if column else f"rows.{row}", text) for row, column, text in error.problems]
    count = len(problems)
    row, _, text = error.problems[0]
    first = row_messages.in_row(row, text)
    message = first if count == 1 else row_messages.problem_summary(count, first, are_all=error.are_all)
    return HttpError(422, "invalid_rows", message, problems)


def _explained(release: Release, request: PredictRequest) -> list[Explanation]:
    program = release.package.program
    if request.rows is not None:
        return program.explain_rows(request.rows)
    return program.explain_columns(request.columns or {})


def _half_width(release: Release, interval: float | None) -> float | None:
    if interval is None:
        return None
    try:
        return half_width(release.package.manifest.get("residual_quantiles"), interval)
    except NoInterval as error:
        raise HttpError(422, "no_interval", error.message, [("interval", error.message)]) from None


def _guarded(release: Release, ask: Callable[[], Given]) -> Given:
    try:
        return ask()
    except RowProblems:
        raise
    except Exception:  # process edge: a model's fault must not look like the caller's, nor close the connection
        logger.exception("the model of %s failed on a row", release.entry.slug)
        message = "The model failed on these rows. It has been written to the log."
        raise HttpError(500, "model_failed", message) from None
