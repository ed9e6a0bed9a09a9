"""Reads the exported nodes: the one door to the engine for the control plane. Imports no numerical library."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from tasks.graph.description import Catalogue

VARIABLE = "LEPTON_CATALOGUE"
_OWN_PATH = Path(__file__).with_name("catalogue.json")
CATALOGUE_PATH = Path(os.environ.get(VARIABLE) or _OWN_PATH).expanduser()


class CatalogueError(Exception):
    """The catalogue cannot be read; the message names the variable and the file, and says what to do about it."""


@cache
def catalogue() -> Catalogue:
    """Return every kind of node as data. The same object on every call.

    Raises:
        CatalogueError: The file is missing, or holds something else.
    """
    try:
        return Catalogue.model_validate_json(CATALOGUE_PATH.read_bytes())
    except OSError as error:
        raise CatalogueError(_sentence(f"which cannot be read ({error.strerror or error})")) from error
    except ValidationError as error:
        raise CatalogueError(_sentence(f"which is no catalogue of nodes ({_first_fault(error)})")) from error


def _sentence(reason: str) -> str:
    if CATALOGUE_PATH == _OWN_PATH:
        return f"The catalogue of nodes is read from “{CATALOGUE_PATH}”, {reason}. Write it anew with: make contracts"
    return (
        f"{VARIABLE} names “{CATALOGUE_PATH}”, {reason}. Write the file with “.venv/bin/python -m tasks.export --to "
        f"{CATALOGUE_PATH}”, or unset {VARIABLE} to use the nodes that come with LeptonWeb."
    )


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    return ": ".join(filter(None, (".".join(map(str, fault["loc"])), fault["msg"])))
