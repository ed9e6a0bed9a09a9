r"""What a backslash means in exports of databases: ``\N`` for no value, and sequences for what would end a value."""

from __future__ import annotations

import re
from typing import AnyStr

ESCAPE = "\\"
SEQUENCES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", ESCAPE: ESCAPE}
"""Letters behind a backslash to what both stand for."""
_SEQUENCE = re.compile(r"\\([bfnrtv\\])")


def without_null_marks(text: AnyStr, delimiter: str) -> AnyStr:
    r"""Return a text in which every cell ``\N`` is empty: where a backslash escapes, it would be read as ``N``."""
    edge = f"[\r\n{re.escape(delimiter)}]"
    pattern = rf"(?:(?<={edge})|\A)\\N(?={edge}|\Z)"
    if isinstance(text, bytes):
        return re.sub(pattern.encode(), b"", text)
    return re.sub(pattern, "", text)


def unescaped(text: str) -> str:
    r"""Return a cell with what its sequences stand for: ``\t`` is a tab, and two backslashes are one."""
    return _SEQUENCE.sub(lambda found: SEQUENCES[found[1]], text) if ESCAPE in text else text
