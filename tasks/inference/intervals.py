"""Prediction intervals for regression: split conformal, from how far off held-out rows were.

Source: Lei, G'Sell, Rinaldo, Tibshirani, Wasserman, "Distribution-free predictive inference for regression" (2018),
doi:10.1080/01621459.2017.1307116, algorithm 2. Deviation: the half-width is kept for each whole per cent, and what
is asked for between two is answered with the wider one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tasks.graph.messages import Message

SHARES = 99
"""Shares kept: 1 % to 99 %."""


class NoInterval(ValueError):
    """An interval that cannot be given."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


def residual_quantiles(residuals: np.ndarray) -> dict[str, Any] | None:
    """Return the half-width of the interval for each share of rows, in whole per cent.

    Args:
        residuals: Truth less prediction of rows that were not fitted on; NaN where the truth is not known.

    Returns:
        ``rows``: how many were looked at; ``half_widths``: for 1 %, 2 %, …, as far as so few rows can tell.
        ``None`` when they can tell nothing.
    """
    sizes = np.sort(np.abs(residuals[np.isfinite(residuals)]))
    ranks = [math.ceil((len(sizes) + 1) * percent / 100 - 1e-9) for percent in range(1, SHARES + 1)]
    widths = [float(sizes[rank - 1]) for rank in ranks if rank <= len(sizes)]
    return {"rows": len(sizes), "half_widths": widths} if widths else None


def half_width(known: Mapping[str, Any] | None, share: float) -> float:
    """Return how far the truth is from the prediction at most, for this share of rows.

    Args:
        known: What `residual_quantiles` gave.
        share: Above 0 and below 1.

    Raises:
        NoInterval: Too few rows were held out, or none.
    """
    if known is None:
        raise NoInterval(
            Message(
                "interval.no_rows",
                "This model has no held-out rows to tell how far off it is, so it gives no interval. Split the data "
                "before training and deploy again. Classes have probabilities instead.",
            )
        )
    percent = math.ceil(share * 100 - 1e-9)
    widths = known["half_widths"]
    if percent > len(widths):
        raise NoInterval(
            Message(
                "interval.too_few_rows",
                "{count} held-out rows are too few for an interval of {share:g}. Ask for at most {most:g}.",
                count=known["rows"],
                share=share,
                most=len(widths) / 100,
            )
        )
    return float(widths[percent - 1])
