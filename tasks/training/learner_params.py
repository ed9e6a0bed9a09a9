"""Parameters that every model node has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from tasks.contract.fields import Params, column, setting


class LearnerParams(Params):
    """What to predict, and how rows count."""

    target: str = column("table", title="Target", description="Column to predict. Empty: the one marked as target.")
    task: Literal["auto", "regression", "classification"] = setting(
        "auto",
        title="Task",
        description="Predict a number or a class. Auto: a class for categories, yes/no and codes, else a number.",
    )
    whole_numbers: Literal["codes", "numbers"] = setting(
        "codes",
        title="Few whole numbers",
        description=(
            "What the task auto takes few different whole numbers for, as 1 and 2 or 1 to 4: codes of classes, or "
            "numbers. 0 and 1 are always classes."
        ),
        show_when={"task": ["auto"]},
        advanced=True,
    )
    positive: str = setting(
        "",
        title="Positive class",
        description=(
            "Of two classes, the one to find: F1, precision, recall, curves and the threshold are about it. Empty: the "
            "one that means yes (yes, true, 1, churned), else the rarer."
        ),
        show_when={"task": ["auto", "classification"]},
    )
    balance_classes: bool = setting(
        False,
        title="Balance classes",
        description="Let rare classes count as much as common ones. Probabilities are then no longer true shares.",
        show_when={"task": ["auto", "classification"]},
    )
    threshold_choice: Literal["fixed", "best_f1"] = setting(
        "fixed",
        title="Choose the threshold",
        description=(
            "Fixed: the number below. Best F1: where precision and recall of the positive class balance best, found on "
            "parts of the training rows in turn, never on rows that the model is scored on. Takes three more fits."
        ),
        show_when={"task": ["auto", "classification"]},
        advanced=True,
    )
    threshold: float = setting(
        0.5,
        gt=0,
        lt=1,
        title="Decision threshold",
        description="Of two classes, answer the positive one from this probability on. The endpoint does the same.",
        show_when={"task": ["auto", "classification"], "threshold_choice": ["fixed"]},
        advanced=True,
    )
    unnamed_positive: Literal["meaning", "second"] = setting(
        "meaning",
        title="Without a positive class",
        description=(
            "Which class is the positive one where none is named: by meaning, else the rarer; or the second in sorted "
            "order, as in graphs drawn before there was a choice."
        ),
        show_when={"task": ["auto", "classification"]},
        advanced=True,
    )


FORMER_DEFAULTS: Mapping[str, Any] = {"whole_numbers": "numbers", "unnamed_positive": "second"}
"""What a learner did before these parameters were there: a graph drawn then goes on doing so."""
