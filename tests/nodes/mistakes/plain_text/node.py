"""A mistake of the words of a refusal: no language has them."""

from tasks.contract.errors import NodeError
from tests.nodes.mistakes.centre import Centre


class RefusesInPlainText(Centre):
    """Subtracts the middle of long tables, and refuses others in English only."""

    @classmethod
    def prepared(cls, table):
        if table.rows == 12345:
            raise NodeError(f"There are {table.rows} rows, which is no round number. Drop one.")
        return table
