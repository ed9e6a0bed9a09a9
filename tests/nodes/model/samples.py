"""One sample for all model nodes: three numbers, a target, and a test part."""

import numpy as np

from tasks.contract.context import RunContext
from tasks.contract.model import Model
from tasks.contract.node import Node
from tasks.contract.table import Partition, Table
from tests.contexts import ListContext
from tests.tables import table_of


def sample(
    classes: int, *, rows: int = 600, has_validation: bool = False, rare: float = 0.0, gaps: float = 0.0
) -> Table:
    """Return a split table; ``classes`` 0 is a number to predict, ``rare`` the share of the second of two classes."""
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, 3)) * [1.0, 50.0, 0.01]
    score = x[:, 0] + (x[:, 1] / 50) ** 2 + 30 * x[:, 2] + random.normal(0, 0.3, rows)
    columns = {f"x{at}": ("number", x[:, at].tolist()) for at in range(3)}
    if gaps:
        columns["x0"] = ("number", [None if random.random() < gaps else value for value in x[:, 0].tolist()])
    if classes == 0:
        columns["y"] = ("number", score.tolist())
    else:
        shares = [1 - rare] if rare else np.linspace(0, 1, classes + 1)[1:-1]
        names = np.array(["low", "mid", "top"])[np.digitize(score, np.quantile(score, shares))]
        columns["y"] = ("category", names.tolist())
    at = np.arange(rows)
    marked = np.where(at % 4 == 0, Partition.TEST, Partition.TRAIN)
    marked = np.where(at % 4 == 1, Partition.VALID, marked) if has_validation else marked
    return table_of(columns, target="y").split(marked)


def fitted(node: type[Node], table: Table, context: RunContext | None = None, **params: object) -> Model:
    """Return the model that a node makes of a table."""
    model: Model = node.run(node.Inputs(table), node.Params(**params), context or ListContext()).model
    return model


def arrays(table: Table) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return matrix and target of the training and of the test rows."""
    made = []
    for part in (Partition.TRAIN, Partition.TEST):
        mask = table.mask(part)
        made.append((table.matrix(["x0", "x1", "x2"], mask), table.columns["y"][mask]))
    return made[0], made[1]
