"""A model made ready for an endpoint: its program as JSON and the files beside it."""

from __future__ import annotations

from tasks.artifacts.codecs.plain import json_bytes
from tasks.artifacts.store import Encoded, Files, Store
from tasks.contract.model import Package

_OWN = ("program.json", "parity.json", "name.json")


def encode(value: Package, store: Store) -> Encoded:  # noqa: ARG001
    """Return the package as files: the program, the parity report."""
    files = {
        "program.json": json_bytes(value.program),
        "parity.json": json_bytes(value.parity),
        "name.json": json_bytes(value.name),
    }
    taken = [name for name in value.files if name in _OWN]
    if taken:
        raise ValueError(f"A file of a package cannot be called {taken[0]}.")
    summary = {"name": value.name, "parity": value.parity}
    return Encoded({**files, **value.files}, summary)


def decode(files: Files, store: Store) -> Package:  # noqa: ARG001
    """Return the package that `encode` wrote."""
    return Package(
        name=files.json("name.json"),
        program=files.json("program.json"),
        files={name: files.read(name) for name in files.names if name not in _OWN},
        parity=files.json("parity.json"),
    )
