"""Runs a node, or a chain of cheap ones: reads inputs from the store, writes outputs to it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tasks.artifacts.store import Store, Stored
from tasks.contract.errors import Cancelled, NodeError
from tasks.contract.invoke import headline, invoke, upgrade_params
from tasks.contract.node import Node
from tasks.contract.plugin_loader import PluginError
from tasks.contract.registry import node_class
from tasks.contract.table import Table
from tasks.engine.context import AttemptContext, to_json
from tasks.engine.peak_memory import forget_peak, peak_bytes
from tasks.engine.python_warnings import warnings_in_log
from tasks.graph.messages import Message, Term, message_json

MAX_FUSED_SECONDS = 1.0


@lru_cache(maxsize=4)
def open_store(url: str) -> Store:
    """Return the store at a URL; opened once."""
    return Store(url)


def run_nodes(
    request: Mapping[str, Any],
    open_context: Callable[[], AttemptContext],
    on_finished: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    """Run the node that the request names and the ones fused behind it, each on the outputs of its predecessor.

    Stops before a node that is expected to take long on these outputs: that one is claimed on its own.

    Args:
        on_finished: Called with the result of each node but the last, as soon as it has finished.

    Returns:
        Of the last: ``{"outputs": {port: {"wire", "address", "bytes", "summary"}}, "headline", "has_checkpoint",
        "began", "ended", "peak_bytes"}``.

    Raises:
        NodeError: For the person who drew the graph.
    """
    chain = [request, *request.get("following", ())]
    values: Mapping[str, Any] = {}
    ended: dict[str, Any] = {}
    for step in chain:
        if ended:
            if _expected_seconds(step, values) > MAX_FUSED_SECONDS:
                break
            on_finished(ended)
        began, is_measured = time.time(), forget_peak()
        context = open_context()
        if context.cancelled():
            raise Cancelled
        try:
            ended, values = _run_node({**request, **step}, context, values)
        finally:
            context.close()
        ended |= {"began": began, "ended": time.time(), "peak_bytes": peak_bytes() if is_measured else 0}
    return ended


def _expected_seconds(step: Mapping[str, Any], before: Mapping[str, Any]) -> float:
    """Return the seconds a node is expected to take on the largest table among its predecessor's outputs, else 0."""
    tables = [value for value in before.values() if isinstance(value, Table)]
    if not tables:
        return 0.0
    try:
        node = find_node(step["type"])
    except NodeError:
        return 0.0  # it says so itself, once the node before it has been reported as finished
    params = read_params(node, step.get("params", {}), step.get("version", node.version))
    return max(node.estimate(table.rows, len(table.schema), params).seconds for table in tables)


def _run_node(
    request: Mapping[str, Any], context: AttemptContext, before: Mapping[str, Any]
) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Return the description of a node's outputs for the worker, and the outputs."""
    store = open_store(request["store"])
    node = find_node(request["type"])
    params = read_params(node, request.get("params", {}), request.get("version", node.version))
    digests: Mapping[str, str] = request.get("inputs", {})
    values = {digest: store.get(digest) for digest in set(digests.values())}
    inputs = {port: values[digest] for port, digest in digests.items()}
    inputs |= {port: before[name] for port, name in request.get("before", {}).items() if before.get(name) is not None}
    with warnings_in_log(context.log):
        outputs = invoke(node, inputs, params, context)
    stored = {port: _stored(store.put(value)) for port, value in outputs.items() if value is not None}
    described = {
        "outputs": stored,
        "headline": message_json(headline(node, inputs, outputs)),
        "has_checkpoint": context.has_checkpoint,
    }
    return described, outputs


def find_node(node_type: str) -> type[Node]:
    """Return the class of a node, as a sentence if there is none.

    Raises:
        NodeError: No such node is installed here, or the package that brings it cannot be loaded.
    """
    try:
        return node_class(node_type)
    except PluginError as error:
        raise NodeError(error.message) from error
    except KeyError:
        raise NodeError(
            Message(
                "node.not_installed",
                "The node “{type}” is not installed here. Remove it or install its package.",
                type=node_type,
            )
        ) from None


def read_params(node: type[Node], params: Mapping[str, Any], version: int) -> Any:
    """Return validated parameters.

    Raises:
        NodeError: They are not valid; names the first one at fault.
    """
    try:
        return upgrade_params(node, params, version)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        raise NodeError(
            Message(
                "params.invalid",
                "“{param}” is not valid: {reason}.",
                param=Term(f"param:{node.id}.{name}", name),
                reason=str(first["msg"]).removeprefix("Value error, ").rstrip("."),
            ),
            param=name,
        ) from error


def _stored(stored: Stored) -> dict[str, Any]:
    """Return what a run stores of an output, under the names that stored runs have always had."""
    made: dict[str, Any] = to_json(
        {"wire": stored.kind, "address": stored.digest, "bytes": stored.bytes, "summary": stored.summary}
    )
    return made


def ingest_file(request: Mapping[str, Any]) -> dict[str, Any]:
    """Read a file that a person uploaded into the store, as `tasks.ingest.ingest.ingest` does.

    A remote file (``path`` is a URL) is fetched first.
    """
    from tasks.ingest.ingest import ingest

    with _local_copy(request["path"]) as path:
        return ingest(path, request["name"], request.get("options"), open_store(request["store"]))


@contextmanager
def _local_copy(location: str) -> Iterator[Path]:
    if "://" not in location:
        yield Path(location)
        return
    import fsspec

    filesystem, there = fsspec.core.url_to_fs(location)
    with tempfile.TemporaryDirectory(prefix="upload-") as folder:
        path = Path(folder) / there.rpartition("/")[2]
        filesystem.get_file(there, str(path))
        yield path
