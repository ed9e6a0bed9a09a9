"""What a check raises, and how it is raised."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class Broken(AssertionError):
    """A node does not keep a promise; the message says which, where, and what to do."""


def require(holds: object, message: str) -> None:
    """Raise `Broken` with the message unless the condition holds."""
    if not holds:
        raise Broken(message)


def require_sentence(text: str, what: str) -> None:
    """Raise `Broken` unless ``text`` is a sentence that a person who does not program can read."""
    is_sentence = (
        len(text) > 15
        and (text[0].isupper() or not text[0].isalpha())
        and text.rstrip().endswith((".", "?"))
        and "Traceback" not in text
        and "NoneType" not in text
    )
    require(is_sentence, f"{what} is no sentence: {text!r}. Begin with a capital letter and end with a full stop.")


@contextlib.contextmanager
def located(where: str) -> Iterator[None]:
    """Put the place before the message of whatever breaks inside."""
    try:
        yield
    except Broken as error:
        raise Broken(f"{where}: {error}") from error.__cause__
