"""Nodes whose right answer is known without running them, and a store that may lie to the engine that runs them."""

from __future__ import annotations

import errno
from collections.abc import Mapping

from tasks.artifacts.folders import LocalFolders
from tests.chaos.faultfile import sabotage

_write = LocalFolders.write


def _write_and_lie(self: LocalFolders, address: str, files: Mapping[str, bytes]) -> None:
    _write(self, address, files)
    if sabotage.strikes("result_lies"):
        raise OSError(errno.EIO, "simulated: no answer to a write, which happened")


LocalFolders.write = _write_and_lie  # type: ignore[method-assign]
