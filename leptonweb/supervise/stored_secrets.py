"""Secrets of one installation: generated once and stored in files that only their owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

SECRET_BYTES = 48


def load_or_create_secret(name: str, folder: Path) -> str:
    """Return the secret called ``name``: the one given by the environment, or the one kept in ``folder``.

    Made on first use, and written with mode 0600 before anything uses it.
    """
    given = os.environ.get(name, "").strip()
    if given:
        return given
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name.removeprefix("LEPTON_").lower()
    if path.is_file():
        return path.read_text(encoding="utf-8").strip()
    value = secrets.token_urlsafe(SECRET_BYTES)
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(value + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    return value
