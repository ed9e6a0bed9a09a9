"""Asks a light engine process which columns come out where. Nothing here loads a numerical library."""

from __future__ import annotations

import hashlib
import json
import logging
import sys
from collections import OrderedDict
from collections.abc import Mapping
from functools import cache
from threading import Lock
from typing import Any, TypedDict

from apps.common.engine_process import EngineProcess, EngineProcessError
from apps.datasets.selectors import ReadyDataset
from tasks.graph.document import Document

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0
CACHE_ENTRIES = 256


class InferredSchemas(TypedDict):
    """What the engine says before a run."""

    schemas: dict[str, dict[str, Any]]
    problems: list[dict[str, Any]]
    estimates: dict[str, dict[str, float]]


@cache
def _child() -> EngineProcess:
    return EngineProcess((sys.executable, "-m", "tasks.engine", "--light"))


_cache: OrderedDict[str, InferredSchemas] = OrderedDict()
_lock = Lock()


def infer(document: Document, known: Mapping[str, ReadyDataset]) -> InferredSchemas | None:
    """Return the columns on every edge and what nodes say about them; ``None`` when the engine does not answer.

    Moving nodes about gives the same schemas, so positions and titles are left out of the request.
    """
    request = {
        "op": "infer",
        "document": _without_layout(document),
        "datasets": {ident: dataset.schema for ident, dataset in known.items()},
        "rows": {ident: dataset.rows for ident, dataset in known.items()},
    }
    key = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
    with _lock:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
    response = _request(request)
    if response is not None:
        with _lock:
            _cache[key] = response
            while len(_cache) > CACHE_ENTRIES:
                _cache.popitem(last=False)
    return response


def _request(request: Mapping[str, Any]) -> InferredSchemas | None:
    try:
        response = _child().request(request, timeout_seconds=TIMEOUT_SECONDS)
    except (EngineProcessError, OSError) as error:
        logger.warning("columns could not be inferred, the graph is checked without them: %s", error)
        return None
    if "done" not in response:
        logger.warning("columns could not be inferred, the graph is checked without them: %s", response.get("error"))
        return None
    done = response["done"]
    return {
        "schemas": done.get("schemas", {}),
        "problems": done.get("problems", []),
        "estimates": done.get("estimates", {}),
    }


def _without_layout(document: Document) -> dict[str, Any]:
    plain = document.model_dump(mode="json", exclude={"notes": True})
    for node in plain["nodes"]:
        node.pop("position")
        node.pop("title")
    return plain
