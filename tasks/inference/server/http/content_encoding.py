"""Bodies that come compressed: gzip and deflate, unpacked up to the largest body that is taken."""

from __future__ import annotations

import zlib

from tasks.inference.server.responses import HttpError

ENCODINGS = (b"gzip", b"x-gzip", b"deflate")
"""What `unpacked` reads; the header may write them in capitals."""

UNPACKED_AT_ONCE_BYTES = 256 * 1024
"""Bodies that stay below are unpacked between two requests; larger ones take a thread."""

MOST_MEMBERS = 16
"""A gzip stream may be several, one behind the other; each costs a copy of what follows it."""

_GZIP_OR_ZLIB, _RAW = zlib.MAX_WBITS | 32, -zlib.MAX_WBITS


class UnpackedTooLarge(HttpError):
    """The body is larger than allowed once it is unpacked.

    It has come whole, so its connection goes on, unlike that of a body that is too large as it comes.
    """

    def __init__(self, limit_bytes: int) -> None:
        limit = f"{limit_bytes / (1024 * 1024):g} MiB"
        super().__init__(413, "too_large", f"The body unpacks to more than {limit}. Send fewer rows at a time.")


def unpacked(content: bytes, encoding: bytes, limit_bytes: int) -> bytes:
    """Return a compressed body as it was before; no more than ``limit_bytes`` are ever held.

    Args:
        content: The body.
        encoding: One of `ENCODINGS`. Some clients mean the bare stream by ``deflate``, others zlib's; both are read.
        limit_bytes: The largest body.

    Raises:
        UnpackedTooLarge: It is larger.
        HttpError: 400, it is not compressed so, or is not whole.
    """
    is_deflate = encoding.lower() == b"deflate"
    try:
        return _unpacked(content, _GZIP_OR_ZLIB, limit_bytes)
    except zlib.error as error:
        if is_deflate:
            try:
                return _unpacked(content, _RAW, limit_bytes)
            except zlib.error:
                pass
        shown = encoding.decode("latin-1")
        message = f"The body is not what “Content-Encoding: {shown}” says: {error}."
        raise HttpError(400, "bad_encoding", message) from None


def _unpacked(content: bytes, window: int, limit_bytes: int) -> bytes:
    """Return what all members of a stream hold. Raises ``zlib.error`` for what is no whole stream."""
    parts: list[bytes] = []
    left = limit_bytes
    for _ in range(MOST_MEMBERS):
        unpacker = zlib.decompressobj(window)
        part = unpacker.decompress(content, left + 1)
        left -= len(part)
        if left < 0:
            raise UnpackedTooLarge(limit_bytes)
        parts.append(part)
        if not unpacker.eof:
            raise zlib.error("it ends in the middle")
        content = unpacker.unused_data
        if not content:
            return b"".join(parts)
    raise zlib.error(f"it has more than {MOST_MEMBERS} members")
