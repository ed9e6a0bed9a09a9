"""Asks a light engine process which columns come out where. Nothing here loads a numerical library."""

from __future__ import annotations

import hashlib
import json
import logging
import queue
import time
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any, NotRequired, TypedDict, TypeVar

from apps.common import light_engines
from apps.common.engine_process import EngineProcess, EngineProcessError, EngineProcessTimeout
from apps.datasets.selectors import ReadyDataset
from tasks.graph.document import Document

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0
# A graph that took too long is not tried again for so long: the page asks about it again and again.
SECONDS_WITHOUT_RETRY = 60.0
CACHE_ENTRIES = 256


T = TypeVar("T")


class InferredSchemas(TypedDict):
    """What the engine says before a run."""

    schemas: dict[str, dict[str, Any]]
    problems: list[dict[str, Any]]
    estimates: dict[str, dict[str, float]]
    lighter: NotRequired[dict[str, list[dict[str, Any]]]]
    broken_plugins: NotRequired[dict[str, str]]


_cache: OrderedDict[str, InferredSchemas] = OrderedDict()
_timed_out: OrderedDict[str, float] = OrderedDict()
_logged_plugins: dict[str, str] = {}
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
        if time.monotonic() < _timed_out.get(key, 0.0):
            return None
    try:
        response = _request(request)
    except EngineProcessTimeout:
        logger.warning("columns could not be inferred in time, the graph is checked without them")
        with _lock:
            _remember(_timed_out, key, time.monotonic() + SECONDS_WITHOUT_RETRY)
        return None
    if response is None:
        return None
    broken = response.get("broken_plugins", {})
    if broken:  # not remembered: a plug-in that is slow may be there the next time
        _log_broken_plugins(broken)
        return response
    with _lock:
        _remember(_cache, key, response)
    return response


def _log_broken_plugins(plugins: Mapping[str, str]) -> None:
    for module, reason in plugins.items():
        with _lock:
            is_new = _logged_plugins.get(module) != reason
            _logged_plugins[module] = reason
        if is_new:
            logger.error("the nodes of the package %s are left out: %s", module, reason)


def _remember(found: OrderedDict[str, T], key: str, value: T) -> None:
    found[key] = value
    while len(found) > CACHE_ENTRIES:
        found.popitem(last=False)


def _request(request: Mapping[str, Any]) -> InferredSchemas | None:
    """Return what the engine answers, ``None`` when it does not.

    Raises:
        EngineProcessTimeout: It worked on this graph for too long; not raised when it was busy or just starting.
    """
    deadline = time.monotonic() + TIMEOUT_SECONDS
    try:
        with light_engines.borrowed(TIMEOUT_SECONDS) as process:
            response = _ask(process, request, deadline)
    except queue.Empty:
        logger.warning("columns could not be inferred, the graph is checked without them: other graphs take too long")
        return None
    if response is None:
        return None
    if "done" not in response:
        logger.warning("columns could not be inferred, the graph is checked without them: %s", response.get("error"))
        return None
    done = response["done"]
    return {
        "schemas": done.get("schemas", {}),
        "problems": done.get("problems", []),
        "estimates": done.get("estimates", {}),
        "lighter": done.get("lighter", {}),
        "broken_plugins": done.get("broken_plugins", {}),
    }


def _ask(process: EngineProcess, request: Mapping[str, Any], deadline: float) -> dict[str, Any] | None:
    began = time.monotonic()
    try:
        return process.request(request, timeout_seconds=max(deadline - began, 0.0))
    except EngineProcessTimeout as error:
        if process.is_ready and time.monotonic() - began > TIMEOUT_SECONDS / 2:
            raise
        logger.warning("columns could not be inferred, the graph is checked without them: %s", error)
    except (EngineProcessError, OSError) as error:
        logger.warning("columns could not be inferred, the graph is checked without them: %s", error)
    return None


def _without_layout(document: Document) -> dict[str, Any]:
    plain = document.model_dump(mode="json", exclude={"notes": True})
    for node in plain["nodes"]:
        node.pop("position")
        node.pop("title")
    return plain
