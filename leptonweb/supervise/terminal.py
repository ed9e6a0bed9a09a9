"""Output to the terminal: each line is prefixed with the coloured, aligned name of the process that wrote it."""

from __future__ import annotations

import os
import sys
from typing import IO, Any

COLOURS = (36, 32, 33, 35, 34, 96, 92, 95)
OWN_NAME = "up"
OWN_COLOUR = 1
LONGEST_LINE = 16_384


class Terminal:
    """Writes prefixed lines; in colour only on a terminal, and when NO_COLOR is not set."""

    def __init__(self, names: list[str], out: IO[str] | None = None) -> None:
        self._out = out or sys.stdout
        self._width = max(len(name) for name in [*names, OWN_NAME])
        self._is_coloured = self._out.isatty() and "NO_COLOR" not in os.environ
        self._colours = {name: COLOURS[index % len(COLOURS)] for index, name in enumerate(names)}

    def announce(self, text: str) -> None:
        """Write a line of the supervisor's own."""
        self.write(OWN_NAME, text)

    def write(self, name: str, line: str) -> None:
        """Write one line with the name of the process as prefix."""
        prefix = f"{name:<{self._width}} |"
        if self._is_coloured:
            prefix = f"\033[{self._colours.get(name, OWN_COLOUR)}m{prefix}\033[0m"
        try:
            self._out.write(f"{prefix} {line}\n")
            self._out.flush()
        except (BrokenPipeError, ValueError):
            # The terminal is gone; the processes must still be ended in order.
            self._out = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115

    def stream(self, name: str, *, unremarkable: tuple[str, ...] = ()) -> LineStream:
        """Return what receives the raw output of the child called ``name``.

        Args:
            name: The child.
            unremarkable: Lines that contain one of these texts, and empty lines, are dropped.
        """
        return LineStream(self, name, unremarkable)


class LineStream:
    """Splits the output of a process into lines; called by circus with ``{"data", "pid", "name"}``."""

    def __init__(self, terminal: Terminal, name: str, unremarkable: tuple[str, ...]) -> None:
        self._terminal = terminal
        self._name = name
        self._unremarkable = unremarkable
        self._rest: dict[tuple[int, str], bytes] = {}

    def __call__(self, chunk: dict[str, Any]) -> None:
        """Add bytes; write the lines that they complete."""
        key = (chunk["pid"], chunk["name"])
        *lines, rest = (self._rest.pop(key, b"") + chunk["data"]).split(b"\n")
        if len(rest) > LONGEST_LINE:
            lines.append(rest)
            rest = b""
        if rest:
            self._rest[key] = rest
        for line in lines:
            self._write(line)

    def flush(self, pid: int) -> None:
        """Write the incomplete last line of a process that has ended."""
        for key in [key for key in self._rest if key[0] == pid]:
            self._write(self._rest.pop(key))

    def _write(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip()
        if text and not any(words in text for words in self._unremarkable):
            self._terminal.write(self._name, text)
