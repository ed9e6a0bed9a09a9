"""The error of a start that is not possible."""


class StartError(Exception):
    """Starting is not possible; the message says why and what to do about it."""
