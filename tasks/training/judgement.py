"""What a verdict is made of, counted in the rows that a model was scored on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tasks.contract.model import Task
from tasks.contract.table import Partition
from tasks.inference.decision import decide
from tasks.verdict.values import Judged

PART_NAMES: Mapping[Partition, str] = {Partition.TRAIN: "train", Partition.VALID: "valid", Partition.TEST: "test"}


@dataclass(frozen=True)
class TargetFacts:
    """What is known of a target, whichever rows are looked at.

    ``threshold``: probability from which the second of two classes, the positive one, is answered; ``dropped``: rows
    without a target.
    """

    task: Task
    name: str
    classes: tuple[str, ...]
    threshold: float = 0.5
    dropped: int = 0


def judged_rows(
    target: TargetFacts,
    learned: np.ndarray,
    truth: np.ndarray,
    predicted: np.ndarray,
    scores: Mapping[str, float],
    part: Partition,
) -> Judged:
    """Return what a verdict is made of.

    Args:
        learned: The truth of the training rows, shape (training rows,).
        truth: Shape (rows,): values, or positions of the classes.
        predicted: Shape (rows,) or (rows, classes).
        scores: Of these rows.
        part: Which rows they are.
    """
    scored_on = PART_NAMES[part]
    if target.task is Task.REGRESSION:
        shift, means = _shift_of(learned, truth)
        return Judged(
            str(target.task), target.name, scores, scored_on, len(truth), target.dropped, shift=shift, means=means
        )
    counts = np.bincount(truth, minlength=len(target.classes))
    learned_counts = np.bincount(learned, minlength=len(target.classes))
    found, right = None, None
    if len(target.classes) == 2:
        flagged = decide(predicted, target.threshold) == 1
        hits = int((flagged & (truth == 1)).sum())
        found = hits / int(counts[1]) if counts[1] else 0.0
        right = hits / int(flagged.sum()) if flagged.any() else None
    return Judged(
        task=str(target.task),
        target=target.name,
        scores=scores,
        scored_on=scored_on,
        rows=len(truth),
        dropped=target.dropped,
        class_rows=dict(zip(target.classes, counts.tolist(), strict=True)),
        common=target.classes[int(np.argmax(learned_counts))],
        found=found,
        right=right,
        threshold=target.threshold,
        learned_rows=dict(zip(target.classes, learned_counts.tolist(), strict=True)),
    )


def _shift_of(learned: np.ndarray, truth: np.ndarray) -> tuple[float, tuple[float, float] | None]:
    """Return by how many deviations the means of numbers differ, and both means; ``None`` without rows."""
    if not len(learned) or not len(truth):
        return 0.0, None
    means = float(np.mean(learned)), float(np.mean(truth))
    deviation = float(np.std(learned))
    shift = (means[1] - means[0]) / deviation if deviation > 0 else 0.0
    return shift, means
