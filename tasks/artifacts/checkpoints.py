"""Checkpoints beside the artifacts: files that outlive the attempt that wrote them, readable by any worker.

They lie under ``checkpoints/<run>/<node>-<fingerprint>/`` of the store, one file for each long computation of the
node. A file is there as a whole or not at all, and its content is checked when it is read.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import uuid
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.artifacts.folders import translate_errors

if TYPE_CHECKING:
    from tasks.contract.checkpoint import CheckpointState

FOLDER = "checkpoints"
_KEY = re.compile(r"[A-Za-z0-9-]{1,64}/[A-Za-z0-9_-]{1,120}")
_HASH_BYTES = 32
_FACTS = "facts"


class Checkpoints:
    """The checkpoints in the store at one URL.

    Args:
        url: As for `Store`.
    """

    def __init__(self, url: str) -> None:
        import fsspec

        self._files, root = fsspec.core.url_to_fs(url)
        self._root = f"{root.rstrip('/')}/{FOLDER}"
        protocol = self._files.protocol
        self._is_local = "file" in ((protocol,) if isinstance(protocol, str) else protocol)

    def read(self, key: str, slot: int) -> CheckpointState | None:
        """Return what was written, or ``None`` when there is nothing or it was damaged."""
        try:
            content = bytes(self._files.cat_file(self._place(key, slot)))
        except FileNotFoundError:
            return None
        hashed, body = content[:_HASH_BYTES], content[_HASH_BYTES:]
        return decode(body) if hashlib.sha256(body).digest() == hashed else None

    def write(self, key: str, slot: int, state: CheckpointState) -> int:
        """Write a checkpoint in place of the one before and return its size in bytes."""
        body = encode(state)
        content = hashlib.sha256(body).digest() + body
        place = self._place(key, slot)
        if self._is_local:
            _replace(Path(place), content)
        else:  # an object store shows a whole object or the one before
            self._files.pipe_file(place, content)
        return len(content)

    def remove(self, key: str) -> None:
        """Remove all checkpoints of a node."""
        self._remove(f"{self._root}/{_checked(key)}")

    def keys(self) -> Iterator[str]:
        """Iterate over the keys of the nodes that have checkpoints."""
        self._files.invalidate_cache()
        for run in self._names(self._root):
            for node in self._names(f"{self._root}/{run}"):
                yield f"{run}/{node}"

    def bytes(self) -> int:
        """Return what all checkpoints take together. Raises `StoreUnavailable`."""
        with translate_errors():
            self._files.invalidate_cache()
            found = self._files.find(self._root, detail=True)
        return sum(int(about["size"] or 0) for about in found.values())

    def _names(self, folder: str) -> list[str]:
        try:
            return [place.rstrip("/").rpartition("/")[2] for place in self._files.ls(folder, detail=False)]
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _remove(self, folder: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._files.rm(folder, recursive=True)
        if self._is_local:
            with contextlib.suppress(OSError):  # the run's folder goes with its last node
                Path(folder).parent.rmdir()

    def _place(self, key: str, slot: int) -> str:
        return f"{self._root}/{_checked(key)}/{slot}"


@lru_cache(maxsize=4)
def checkpoints_at(url: str) -> Checkpoints:
    """Return the checkpoints of a store; opened once."""
    return Checkpoints(url)


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} cannot be the key of a checkpoint.")
    return key


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


def encode(state: CheckpointState) -> bytes:
    """Return a state as bytes: safetensors with the facts in its header, never a pickle."""
    import numpy as np
    from safetensors.numpy import save

    arrays: dict[str, Any] = {name: np.asarray(value, order="C") for name, value in state.arrays.items()}
    return bytes(save(arrays, metadata={_FACTS: json.dumps(state.facts, allow_nan=True)}))


def decode(body: bytes) -> CheckpointState:
    """Return the state that `encode` wrote."""
    from safetensors.numpy import load

    from tasks.contract.checkpoint import CheckpointState

    header = json.loads(body[8 : 8 + int.from_bytes(body[:8], "little")])
    return CheckpointState(json.loads(header["__metadata__"][_FACTS]), load(body))
