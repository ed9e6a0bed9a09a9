"""What must hold after everything, read from the database and the disk without the product's code."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.chaos.installation import Installation
from tests.chaos.load import Accepted
from tests.chaos.lookout import Lookout

ENDS = {"done", "failed", "crashed", "cancelled"}
ENDED_NODES = {"done", "failed", "crashed", "cancelled", "skipped"}
LOSSES_THAT_END = 3
"""A node whose process died so often is not tried again: it may be what kills it."""


@dataclass
class Found:
    """What does not hold, by kind, each a sentence; and the figures beside.

    Attributes:
        detections: Seconds from a fault to the moment when work that was lost with it was there for others again.
        while_writable: The same without the seconds in which nobody could write to the database.
        waits: Seconds that each node was ready before somebody took it.
    """

    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    states: Counter[str] = field(default_factory=Counter)
    attempts: Counter[int] = field(default_factory=Counter)
    nodes: int = 0
    detections: list[float] = field(default_factory=list)
    while_writable: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def note(self, kind: str, sentence: str) -> None:
        """Add something that does not hold."""
        self.faults[kind].append(sentence)

    def note_delays(self, lookout: Lookout, before: int = 0) -> None:
        """Add how long lost work lay there, but for the first ``before``."""
        for delay in lookout.delays[before:]:
            self.detections.append(delay.seconds)
            self.while_writable.append(lookout.while_writable(delay))

    def count(self, kind: str) -> int:
        """Return how often something did not hold."""
        return len(self.faults.get(kind, ()))


KINDS = ("lost", "stuck", "wrong", "double commits", "gaps in events", "client differs", "left behind")


def check(
    installation: Installation,
    accepted: list[Accepted],
    *,
    seen: dict[str, list[dict[str, Any]]],
    met: Mapping[tuple[str, str], int] = MappingProxyType({}),
    is_all: bool = True,
) -> Found:
    """Check everything that lies in the database and in the store.

    Args:
        met: How many faults struck while a node of a run was at work, by run and node.
        is_all: Also check runs that nobody was told of.
    """
    found = Found()
    runs = {
        run_key(key): (state, last_seq, remaining)
        for key, state, last_seq, remaining in installation.rows("SELECT id, state, last_seq, remaining FROM runs_run")
    }
    nodes = _nodes(installation)
    events = _events(installation)
    known = {one.run for one in accepted}
    for key, (state, last_seq, remaining) in runs.items():
        if not is_all and key not in known:
            continue
        found.waits += _waits(events[key])
        _check_run(found, key, state, remaining, nodes[key])
        _check_events(found, key, last_seq, events[key], nodes[key])
    keys = Counter(one.run for one in accepted)
    for one in accepted:
        if keys[one.run] > 1:
            found.note("wrong", f"run {one.run} was given to two who asked")
        if one.run not in runs:
            found.note("lost", f"run {one.run} was accepted and is not there")
            continue
        found.states[runs[one.run][0]] += 1
        state = runs[one.run][0]
        _check_answer(found, installation, one, state, nodes[one.run], is_hit_often(one.run, nodes[one.run], met))
    for run, received in seen.items():
        if [json.dumps(event, sort_keys=True) for event in received] != [
            json.dumps(json.loads(body), sort_keys=True) for _, body in events[run]
        ]:
            found.note("client differs", f"run {run}: saw {len(received)} events, the database has {len(events[run])}")
    return found


def check_rest(found: Found, installation: Installation) -> None:
    """Check after everything was ended gently: nothing is left behind."""
    for process in installation.own_processes():
        found.note("left behind", f"process {process.pid}: {' '.join(process.cmdline())[:120]}")
    artifacts = installation.folder / "artifacts"
    for path in [*(installation.folder / "attempts").glob("*"), *artifacts.glob(".*")]:
        found.note("left behind", f"{path}")
    held = "SELECT id, owner FROM runs_noderun WHERE state <> 'running' AND (owner <> '' OR lease_until IS NOT NULL)"
    for row, owner in installation.rows(held):
        found.note("left behind", f"lease of node row {row}, owner “{owner}”")


def _nodes(installation: Installation) -> dict[str, dict[str, tuple[Any, ...]]]:
    nodes: dict[str, dict[str, tuple[Any, ...]]] = defaultdict(dict)
    asked = "SELECT run_id, node, state, attempt, outputs, is_cached, error FROM runs_noderun"
    for run, name, state, attempt, outputs, is_cached, error in installation.rows(asked):
        nodes[run_key(run)][name] = (state, attempt, _json(outputs), bool(is_cached), _json(error))
    return nodes


def _events(installation: Installation) -> dict[str, list[tuple[int, str]]]:
    events: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for run, seq, body in installation.rows("SELECT run_id, seq, body FROM runs_runevent ORDER BY run_id, seq"):
        events[run_key(run)].append((seq, body))
    return events


def _check_run(found: Found, key: str, state: str, remaining: int, nodes: dict[str, tuple[Any, ...]]) -> None:
    if state not in ENDS:
        open_nodes = {name: (node[0], node[1]) for name, node in nodes.items() if node[0] not in ENDED_NODES}
        found.note("stuck", f"run {key} is {state}: {open_nodes}")
        return
    not_ended = [name for name, node in nodes.items() if node[0] not in ENDED_NODES]
    if not_ended or remaining:
        found.note("wrong", f"run {key} is {state}, but {not_ended} have not ended, {remaining} are counted")


def _check_events(
    found: Found, key: str, last_seq: int, events: list[tuple[int, str]], nodes: dict[str, tuple[Any, ...]]
) -> None:
    if [seq for seq, _ in events] != list(range(1, last_seq + 1)):
        found.note("gaps in events", f"run {key}: {len(events)} events, the last is {last_seq}")
    told = [json.loads(body) for _, body in events]
    done = Counter(event["node"] for event in told if event["kind"] == "node.status" and event["state"] == "done")
    for name, (state, attempt, _outputs, is_cached, _error) in nodes.items():
        found.nodes += 1
        found.attempts[attempt] += 1
        if done[name] > 1:
            found.note("double commits", f"run {key}, node {name}: done {done[name]} times")
        if (state == "done") != (done[name] == 1):
            found.note("wrong", f"run {key}, node {name} is {state}, and its end was told {done[name]} times")
        if state == "done" and not is_cached:
            ends = [
                e["attempt"] for e in told if e["kind"] == "node.status" and e["node"] == name and e["state"] == "done"
            ]
            if ends and ends[0] != attempt:
                found.note(
                    "double commits", f"run {key}, node {name}: attempt {ends[0]} ended it, {attempt} is written"
                )
    ends_told = [event["state"] for event in told if event["kind"] == "run.status" and event["state"] in ENDS]
    if len(ends_told) != 1 and last_seq:
        found.note("wrong", f"run {key} ended {len(ends_told)} times: {ends_told}")


def _check_answer(
    found: Found,
    installation: Installation,
    one: Accepted,
    state: str,
    nodes: dict[str, tuple[Any, ...]],
    may_crash: bool,
) -> None:
    allowed = {one.drawn.state, *["cancelled"] * one.is_cancelled, *["crashed"] * may_crash}
    if state in ENDS and state not in allowed:
        errors = [node[4]["message"] for node in nodes.values() if node[4]]
        found.note("wrong", f"run {one.run} ended as {state} instead of {one.drawn.state}: {errors}")
    for name, (node_state, _attempt, outputs, _is_cached, _error) in nodes.items():
        if node_state != "done":
            continue
        wanted = one.drawn.values.get(name)
        given = _stored_value(installation.folder / "artifacts", outputs["metrics"]["address"])
        if given != wanted:
            found.note("wrong", f"run {one.run}, node {name} gave {given}, right is {wanted}")


def is_hit_often(run: str, nodes: Mapping[str, tuple[Any, ...]], met: Mapping[tuple[str, str], int]) -> bool:
    """Return whether every crashed node was tried, and struck, as often as it takes for a node to be given up.

    On a busy machine a node may take so long that by chance the third fault meets it too.
    """
    crashed = {name: node[1] for name, node in nodes.items() if node[0] == "crashed"}
    return bool(crashed) and all(
        min(attempt, met.get((run, name), 0)) >= LOSSES_THAT_END for name, attempt in crashed.items()
    )


def _stored_value(artifacts: Path, address: str) -> Any:
    """Return the number an artifact holds, or what is the matter with it; every hash is checked."""
    folder = artifacts / address[:2] / address[2:]
    try:
        manifest = (folder / "manifest.json").read_bytes()
        content = (folder / "metrics.json").read_bytes()
    except OSError as error:
        return f"nothing: {error}"
    if hashlib.sha256(manifest).hexdigest() != address:
        return "a torn manifest"
    if hashlib.sha256(content).hexdigest() != json.loads(manifest)["files"]["metrics.json"]:
        return "a torn file"
    return json.loads(content)["values"]["value"]


def _waits(events: list[tuple[int, str]]) -> list[float]:
    """Return for each time that a node was taken: seconds since it was ready."""
    ready: dict[str, float] = {}
    waits = []
    for _seq, body in events:
        event = json.loads(body)
        if event["kind"] != "node.status":
            continue
        at = datetime.fromisoformat(event["at"]).timestamp()
        if event["state"] == "queued":
            ready[event["node"]] = at
        elif event["state"] == "running" and event["node"] in ready:
            waits.append(max(at - ready.pop(event["node"]), 0.0))
    return waits


def run_key(key: Any) -> str:
    """Return the key of a run as UUIDs are written, however the database gives it."""
    text = str(key).replace("-", "")
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
