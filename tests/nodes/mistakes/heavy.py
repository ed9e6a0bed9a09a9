"""A mistake of a module: it loads a large library as soon as the editor asks for the node."""

from __future__ import annotations

import pandas as pd

from tests.nodes.mistakes.centre import Centre


class LoadsPandas(Centre):
    """Subtracts the middle with a large library that is loaded at once."""

    @classmethod
    def middle(cls, table, name, params, context):
        return float(pd.Series(table.training(name)).median() or 0.0)
