"""Environments of systems that ours is measured beside: one each, outside of the repository, with pinned packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LONGEST_SECONDS = 600


def python_of(name: str, packages: tuple[str, ...], environments: Path) -> Path:
    """Return the Python of an environment, which is made when it is not there (minutes, and a package registry).

    Raises:
        subprocess.SubprocessError: The packages cannot be had.
    """
    folder = environments / name.lower()
    python, had = folder / "bin" / "python", folder / "packages.txt"
    wanted = "\n".join(packages)
    if had.exists() and had.read_text() == wanted:
        return python
    if not python.exists():
        run([sys.executable, "-m", "venv", str(folder)])
    run([str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *packages])
    had.write_text(wanted)
    return python


def run(command: list[str], environment: dict[str, str] | None = None, folder: str | Path = "/") -> str:
    """Return what a command printed."""
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=LONGEST_SECONDS, env=environment, cwd=folder
    )
    return done.stdout


def why_not(error: Exception) -> str:
    """Return the last line of what a failed command said."""
    said = (getattr(error, "stderr", "") or str(error)).strip()
    return said.splitlines()[-1][:200] if said else type(error).__name__
