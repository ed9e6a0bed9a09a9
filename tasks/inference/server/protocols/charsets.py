"""Character sets that a CSV body may be written in."""

from __future__ import annotations

import codecs

ENCODINGS = (
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "windows-1252", "latin-1", "iso-8859-15", "windows-1250"),
    *("iso-8859-2", "windows-1251", "koi8-r", "windows-1253", "windows-1254", "windows-1255", "windows-1256"),
    *("windows-1257", "mac-roman", "cp850", "cp852", "cp866", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr"),
)
"""Those that files may have, as `tasks.ingest.options` lists them."""
UTF8_CHARSETS = frozenset({b"", b"utf-8", b"utf8", b"us-ascii", b"ascii"})
"""Names, in small letters, of what is read as UTF-8."""
_PLAIN = {codecs.lookup(name).name: name for name in ENCODINGS}


def encoding_of(charset: bytes) -> str:
    """Return the encoding that a charset means; empty for UTF-8.

    Raises:
        LookupError: There is none of that name, or files are not read in it.
    """
    if charset in UTF8_CHARSETS:
        return ""
    name = charset.decode("ascii", errors="replace")
    found = _PLAIN.get(codecs.lookup(name).name if name.isprintable() else "")
    if found is None:
        raise LookupError(name)
    return "" if found == "utf-8" else found
