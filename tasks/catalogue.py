"""Reads the exported nodes: the one door to the engine for the control plane. Imports no numerical library."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from tasks.graph.description import Catalogue

CATALOGUE_PATH = Path(os.environ.get("LEPTON_CATALOGUE") or Path(__file__).with_name("catalogue.json"))


@cache
def catalogue() -> Catalogue:
    """Return every kind of node as data. The same object on every call."""
    return Catalogue.model_validate_json(CATALOGUE_PATH.read_bytes())
