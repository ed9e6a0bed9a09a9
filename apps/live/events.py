"""Every live event of a run, as one union with the discriminator ``kind``.

The page's types are generated from these models (``manage.py export_events``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

RunState = Literal["queued", "running", "done", "failed", "cancelled", "crashed"]
NodeState = Literal["pending", "queued", "running", "done", "failed", "crashed", "cancelled", "skipped"]


class Event(BaseModel):
    """The fields of every event. ``seq`` grows by one from event to event of a run, starting at 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    seq: int
    at: datetime


class RunStatus(Event):
    """The state of the run changed.

    ``message``: a sentence or empty; ``message_parts``: its id and parameters, if it has any.
    """

    kind: Literal["run.status"] = "run.status"
    state: RunState
    message: str = ""
    message_parts: dict[str, Any] | None = None


class NodeFault(BaseModel):
    """Why a node failed. ``param``: the parameter at fault; ``fix``: type of a node that repairs it."""

    message: str
    message_id: str = ""
    message_params: dict[str, Any] = {}
    param: str = ""
    fix: str = ""
    trace: str = ""


class NodeOutput(BaseModel):
    """One output of a finished node. ``wire``: its value kind; ``summary``: small data that depends on the kind."""

    wire: str
    address: str
    summary: dict[str, Any] = {}


class NodeStatus(Event):
    """A node changed. ``device``: ``cpu`` or the GPU's name; empty before it started."""

    kind: Literal["node.status"] = "node.status"
    node: str
    state: NodeState
    attempt: int
    headline: str = ""
    headline_parts: dict[str, Any] | None = None
    error: NodeFault | None = None
    is_cached: bool = False
    outputs: dict[str, NodeOutput] = {}
    started_at: datetime | None = None
    finished_at: datetime | None = None
    device: str = ""


class NodeProgress(Event):
    """Progress of a node. ``share``: from 0 to 1; ``text_parts``: id and parameters of the text, if it has any."""

    kind: Literal["node.progress"] = "node.progress"
    node: str
    share: float
    text: str = ""
    text_parts: dict[str, Any] | None = None


class Point(BaseModel):
    """One point of a curve. ``value`` is null where the curve has a gap (no number)."""

    name: str
    step: float
    value: float | None


class MetricPoints(Event):
    """New points of a node's curves, in the order they were measured."""

    kind: Literal["metric.points"] = "metric.points"
    node: str
    points: list[Point]


class NodeLog(Event):
    """New lines of a node's log.

    ``parts``: id and parameters of each line, null for one that has none; empty when no line has any.
    """

    kind: Literal["node.log"] = "node.log"
    node: str
    lines: list[str]
    parts: list[dict[str, Any] | None] = []


class TrialSummary(BaseModel):
    """One trial of a search. ``value`` is null until it has one."""

    number: int
    params: dict[str, Any]
    value: float | None
    state: str
    seconds: float = 0.0
    is_best: bool = False


class TrialFinished(Event):
    """A search finished a trial."""

    kind: Literal["trial.finished"] = "trial.finished"
    node: str
    trial: TrialSummary


AnyEvent: TypeAlias = Annotated[
    RunStatus | NodeStatus | NodeProgress | MetricPoints | NodeLog | TrialFinished, Field(discriminator="kind")
]
any_event: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)


def events_schema() -> dict[str, Any]:
    """Return the JSON Schema of the union as it is sent, with every field required."""
    return any_event.json_schema(mode="serialization")
