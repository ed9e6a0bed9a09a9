"""Asks a light engine process which columns of a stored data set give a target away."""

from __future__ import annotations

import logging
import queue
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.conf import settings

from apps.common import light_engines
from apps.common.artifacts import is_stored
from apps.common.engine_process import EngineProcessError

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0
# What was not answered is not asked again for so long: the page asks with every change of a graph.
SECONDS_WITHOUT_RETRY = 60.0
CACHE_ENTRIES = 512

Leaks = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class _Found:
    """What was found in a table for a target: ``leaks`` by column, and the columns that are ``groups`` of rows."""

    leaks: Leaks
    groups: tuple[str, ...]


_cache: OrderedDict[tuple[str, str], _Found] = OrderedDict()
_unanswered: OrderedDict[tuple[str, str], float] = OrderedDict()
_lock = Lock()


def target_leaks(digest: str, target: str) -> Leaks | None:
    """Return column to ``{code, message, message_id, message_params}``; ``None`` when no answer came.

    Args:
        digest: Of the stored table. What is stored never changes, so an answer is remembered.
        target: The column to predict.
    """
    found = _found(digest, target)
    return None if found is None else found.leaks


def repeated_groups(digest: str, target: str) -> tuple[str, ...]:
    """Return the columns of which one value has many rows that are nearly copies, answer included.

    Args:
        digest: Of the stored table.
        target: The column to predict.
    """
    found = _found(digest, target)
    return () if found is None else found.groups


def _found(digest: str, target: str) -> _Found | None:
    key = (digest, target)
    with _lock:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
        if time.monotonic() < _unanswered.get(key, 0.0):
            return None
    found = _ask(digest, target) if is_stored(digest) else None
    with _lock:
        if found is None:
            _remember(_unanswered, key, time.monotonic() + SECONDS_WITHOUT_RETRY)
        else:
            _remember(_cache, key, found)
    return found


def _ask(digest: str, target: str) -> _Found | None:
    request = {"op": "leaks", "store": settings.LEPTON_ARTIFACTS_URL, "digest": digest, "target": target}
    try:
        with light_engines.borrowed(TIMEOUT_SECONDS) as process:
            answer = process.request(request, timeout_seconds=TIMEOUT_SECONDS)
    except (EngineProcessError, queue.Empty, OSError) as error:
        logger.warning("columns that give a target away could not be looked for: %s", error)
        return None
    if "done" not in answer:
        logger.warning("columns that give a target away could not be looked for: %s", answer.get("error"))
        return None
    done = answer["done"]
    return _Found({leak["column"]: leak for leak in done["leaks"]}, tuple(done["groups"]))


def _remember(found: OrderedDict[tuple[str, str], Any], key: tuple[str, str], value: Any) -> None:
    found[key] = value
    while len(found) > CACHE_ENTRIES:
        found.popitem(last=False)
