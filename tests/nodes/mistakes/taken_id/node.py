"""A mistake of the words of a refusal: another sentence has their id."""

from tasks.contract.errors import NodeError
from tasks.graph.messages import Message
from tests.nodes.mistakes.centre import Centre


class TakesAnIdOfOthers(Centre):
    """Subtracts the middle of long tables, and refuses others under an id of the product."""

    @classmethod
    def prepared(cls, table):
        if table.rows == 12345:
            raise NodeError(Message("columns.taken", "The column has too few values. Choose another."))
        return table
