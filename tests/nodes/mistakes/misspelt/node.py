"""A mistake of the words in another language."""

from tests.nodes.mistakes.centre import Centre


class MisspellsItsWords(Centre):
    """Subtracts the middle; nobody reads its title in Chinese."""
