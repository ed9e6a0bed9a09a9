"""Parameters that every model node has."""

from __future__ import annotations

from typing import Literal

from tasks.contract.fields import Params, column, setting


class LearnerParams(Params):
    """What to predict, and how rows count."""

    target: str = column("table", title="Target", description="Column to predict. Empty: the one marked as target.")
    task: Literal["auto", "regression", "classification"] = setting(
        "auto",
        title="Task",
        description="Predict a number or a class. Auto: a class for categories, yes/no and 0/1, else a number.",
    )
    balance_classes: bool = setting(
        False,
        title="Balance classes",
        description="Let rare classes count as much as common ones. Probabilities are then no longer true shares.",
        show_when={"task": ["auto", "classification"]},
    )
    threshold: float = setting(
        0.5,
        gt=0,
        lt=1,
        title="Decision threshold",
        description="Of two classes, answer the second in order from this probability on. The endpoint does the same.",
        show_when={"task": ["auto", "classification"]},
        advanced=True,
    )
