"""The one exception of starting: a sentence for the person at the terminal."""


class StartError(Exception):
    """Starting is not possible; the message says why and what to do about it."""
