"""Short and long words for the same two values: y and yes beside n and no."""

from __future__ import annotations

from collections.abc import Iterable

_PAIRS = (
    (("yes", "y", "1"), ("no", "n", "0")),
    (("true", "t", "1"), ("false", "f", "0")),
    (("male", "m"), ("female", "f")),
    (("ja", "j"), ("nein", "n")),
    (("oui", "o"), ("non", "n")),
)
"""For each pair of values the words for the one and for the other, the longest first."""


def merged_words(words: Iterable[str]) -> dict[str, str]:
    """Return the ways to write a value to the one way that all of them become; empty where nothing is to merge.

    Only for words that all belong to one pair of values, of which both occur: an f beside an x is no female. The one
    way is the longest that occurs, as it is written there.

    Args:
        words: The different words of a column.

    Returns:
        Word in small letters without spaces at its ends to word; also of ways that do not occur.

    Example:
        >>> merged_words(["Y", "Yes", "n"])["y"]
        'Yes'
    """
    written: dict[str, str] = {}
    for word in sorted(words):
        if word.strip():
            written.setdefault(bare(word), word.strip())
    for pair in _PAIRS:
        present = [[way for way in ways if way in written] for ways in pair]
        if set(written) == {way for ways in present for way in ways} and all(present) and max(map(len, present)) > 1:
            return {way: written[found[0]] for ways, found in zip(pair, present, strict=True) for way in ways}
    return {}


def bare(word: str) -> str:
    """Return a word in small letters without spaces at its ends."""
    return word.strip().casefold()


def merges(words: Iterable[str]) -> list[str]:
    """Return which words become which, such as “Y = Yes”, in order."""
    words = sorted(words)
    merged = merged_words(words)
    changed = [(word, merged[bare(word)]) for word in words if bare(word) in merged]
    return [f"{word} = {way}" for word, way in changed if bare(word) != bare(way)]
