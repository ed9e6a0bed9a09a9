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
from apps.datasets.selectors import Known
from tasks.graph.document import Document

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0
KEPT_ANSWERS = 256


class Inference(TypedDict):
    """What the engine says before a run."""

    schemas: dict[str, dict[str, Any]]
    problems: list[dict[str, Any]]
    estimates: dict[str, dict[str, float]]


@cache
def _child() -> EngineProcess:
    return EngineProcess((sys.executable, "-m", "tasks.engine", "--light"))


_answers: OrderedDict[str, Inference] = OrderedDict()
_lock = Lock()


def infer(document: Document, known: Mapping[str, Known]) -> Inference | None:
    """Return the columns on every wire and what nodes say about them; ``None`` when the engine does not answer.

    Moving nodes about gives the same answer, so positions and titles are left out of the question.
    """
    question = {
        "op": "infer",
        "document": _without_looks(document),
        "datasets": {ident: dataset.schema for ident, dataset in known.items()},
        "rows": {ident: dataset.rows for ident, dataset in known.items()},
    }
    key = hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()
    with _lock:
        if key in _answers:
            _answers.move_to_end(key)
            return _answers[key]
    answer = _ask(question)
    if answer is not None:
        with _lock:
            _answers[key] = answer
            while len(_answers) > KEPT_ANSWERS:
                _answers.popitem(last=False)
    return answer


def _ask(question: Mapping[str, Any]) -> Inference | None:
    try:
        answer = _child().request(question, timeout_seconds=TIMEOUT_SECONDS)
    except (EngineProcessError, OSError) as error:
        logger.warning("the check goes on without columns: %s", error)
        return None
    if "done" not in answer:
        logger.warning("the check goes on without columns: %s", answer.get("error"))
        return None
    done = answer["done"]
    return {
        "schemas": done.get("schemas", {}),
        "problems": done.get("problems", []),
        "estimates": done.get("estimates", {}),
    }


def _without_looks(document: Document) -> dict[str, Any]:
    plain = document.model_dump(mode="json", exclude={"notes": True})
    for node in plain["nodes"]:
        node.pop("position")
        node.pop("title")
    return plain
