"""``python -m tasks.engine``: a warm process that runs nodes for the worker, or serves the web.

Requests are JSON objects, one a line, on standard input; one is worked on at a time:

- ``{"op": "run", "type", "version", "params", "seed", "device", "inputs", "datasets", "store", "workspace"}``;
  optional ``"following"``: nodes fused behind it, ``{"type", "version", "params", "inputs", "before": {port: output
  port of the node before}}``. The end of each node but the last is an event ``{"event": "ended", "outputs",
  "headline", "began", "ended"}``; the answer is about the node that ran last: the last of all, the one before a
  node that is expected to take long, or the first that failed. Optional ``"checkpoint":
  {"store", "key", "seconds", "reported"}``: where checkpoints are written, and the points and trials that earlier
  attempts reported.
- ``{"op": "ingest", "path", "name", "options", "store"}``; a file that is no table is ``{"unreadable": {"message",
  "line"}}`` in the answer's ``done``
- ``{"op": "infer", "document", "datasets", "rows"}``
- ``{"op": "preview", "path", "name", "options"}``: the first rows of a file as it would be read
- ``{"op": "leaks", "store", "digest", "target"}``: columns of a stored table that give its target away
- ``{"op": "warm"}``: answered when the libraries that most nodes need are loaded
- ``{"op": "cancel"}``, at any time

Answers are lines ``{"events": [...]}`` and, last, ``{"done": ...}`` or ``{"error": {"message", "param", "fix",
"trace", "kind"}}`` with the request's number.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

from tasks.artifacts.errors import StoreUnavailable
from tasks.artifacts.folders import NO_SPACE
from tasks.artifacts.signature import receive_key
from tasks.contract.errors import Cancelled, NodeError
from tasks.engine.channel import NOT_JSON, Channel, die_with_parent, prefer_as_oom_victim, redirect_standard_output
from tasks.engine.event_batch import EventBatch
from tasks.engine.out_of_memory import describe_out_of_memory, is_out_of_memory
from tasks.graph.messages import Message, message_json
from tasks.native_libraries import explain

WARM_MODULES = ("pyarrow", "sklearn.base", "sklearn.utils.validation", "sklearn.pipeline")


def main() -> None:
    """Answer requests until the parent closes the pipe or dies."""
    parser = argparse.ArgumentParser(prog="python -m tasks.engine")
    parser.add_argument("--light", action="store_true", help="import no numerical library before it is needed")
    is_light = parser.parse_args().light
    receive_key()
    die_with_parent()
    prefer_as_oom_victim()
    faulthandler.enable()
    channel = Channel(sys.stdin.buffer, redirect_standard_output())
    events = EventBatch(channel)
    channel.start()
    channel.send({"ready": True})
    events.start()
    if not is_light:
        threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
    while True:
        request = channel.next_request()
        answer = _answer(request, channel, events)
        events.flush()
        number = request.get("request", 0)
        try:
            channel.send({"request": number, **answer})
        except NOT_JSON as error:  # an answer all the same: the process lives on
            channel.send({"request": number, **_unexpected(error)})


def _warm_up() -> None:
    for name in WARM_MODULES:
        importlib.import_module(name)


def _answer(request: dict[str, Any], channel: Channel, events: EventBatch) -> dict[str, Any]:
    try:
        return {"done": _perform(request, channel, events)}
    except NodeError as error:
        return _failure("node", error.message, error=error, param=error.param, fix=error.fix)
    except Cancelled as error:
        return _failure("cancelled", Message("run.cancelled", "Cancelled."), error=error)
    except StoreUnavailable as error:
        return _failure("storage", str(error), error=error)
    except OSError as error:
        if error.errno not in NO_SPACE:
            return _unexpected(error)
        return _failure("storage", Message("storage.full", "The disk that stores results is full."), error=error)
    except Exception as error:  # noqa: BLE001 - the edge of the process: an error of a node is an answer; the process lives on
        if is_out_of_memory(error):
            return _failure("memory", describe_out_of_memory(error), error=error)
        return _unexpected(error)


def _unexpected(error: Exception) -> dict[str, Any]:
    summary = f"{type(error).__name__}: {error}".strip().splitlines()[0][:300]
    message = explain(error) or Message("node.bug", "The node stopped with an unexpected error. {error}", error=summary)
    return _failure("bug", message, error=error)


def _failure(kind: str, message: str, *, error: BaseException, param: str = "", fix: str = "") -> dict[str, Any]:
    trace = "".join(traceback.format_exception(error))
    return {"error": {"kind": kind, **message_json(message), "param": param, "fix": fix, "trace": trace}}


def _perform(request: dict[str, Any], channel: Channel, events: EventBatch) -> Any:
    if request["op"] == "warm":
        _warm_up()
        return {}
    if request["op"] == "infer":
        from tasks.engine.schema_inference import infer_graph

        return infer_graph(request)
    if request["op"] == "preview":
        from tasks.engine.file_preview import preview_file

        return preview_file(request)
    if request["op"] == "leaks":
        from tasks.artifacts.store import Store
        from tasks.engine.target_leaks import find_target_leaks

        return find_target_leaks(request, Store(request["store"]))
    from tasks.engine.context import AttemptContext
    from tasks.engine.execute import ingest_file, open_store, run_nodes

    if request["op"] == "ingest":
        return _ingest(request, ingest_file)
    store = open_store(request["store"])

    def send_finished(ended: dict[str, Any]) -> None:
        events.flush()
        channel.send({"events": [{"event": "ended", **ended}]})

    return run_nodes(request, lambda: AttemptContext(request, store, channel, events), send_finished)


def _ingest(request: dict[str, Any], read: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    from tasks.ingest.errors import IngestError

    try:
        return read(request)
    except IngestError as error:
        return {"unreadable": {**message_json(error.message), "line": error.line}}


if __name__ == "__main__":
    main()
