"""Client of the serving plane: publishes the snapshot, reads reports and statistics, sends rows to endpoints."""

from __future__ import annotations

import http.client
import json
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import redis
from django.conf import settings

from apps.common.errors import ApplicationError
from apps.serving.keys import page_key
from tasks.graph.messages import Message, parts_of
from tasks.serving_interface import (
    CHANGED_CHANNEL,
    PROCESS_KEY,
    PROCESSES_KEY,
    REVISION_KEY,
    SNAPSHOT_KEY,
    STATISTICS_KEY,
)

STATISTICS_BATCH_KEY = "lepton:serving:statistics:batch"  # used by the control plane only

UNAVAILABLE = (redis.RedisError, OSError)
STATISTICS_BATCH_SIZE = 1000
REQUEST_TIMEOUT_SECONDS = 30
# The serving plane has no snapshot with this endpoint and its page key yet. The status is about our own key: passed on,
# the page would take it for the person's session.
NOT_SYNCED = frozenset({401, 404})
POLL_SECONDS = 0.05
# An older revision never replaces a newer one, in whichever order they are written.
WRITE_IF_NEWER = """
local present = tonumber(redis.call('GET', KEYS[2]) or '-1')
if present > tonumber(ARGV[2]) then return 2 end
if present == tonumber(ARGV[2]) and redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2])
redis.call('PUBLISH', KEYS[3], ARGV[2])
return 1
"""
# The list of the batch begins with its id.
TAKE_STATISTICS = """
if redis.call('EXISTS', KEYS[2]) == 0 then
  local counts = redis.call('LRANGE', KEYS[1], 0, ARGV[2] - 1)
  if #counts == 0 then return {} end
  redis.call('RPUSH', KEYS[2], ARGV[1], unpack(counts))
  redis.call('LTRIM', KEYS[1], #counts, -1)
end
return redis.call('LRANGE', KEYS[2], 0, -1)
"""
FORGET_STATISTICS = """
if redis.call('LINDEX', KEYS[1], 0) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


@dataclass(frozen=True)
class ReleaseStatus:
    """Status of a release on the serving plane.

    ``state``: ready, starting, failed or offline; waiting while no release of the endpoint is approved.
    ``failure``: why it cannot be loaded, a `Message` where the page can translate it.
    """

    state: str
    failure: str = ""

    @property
    def failure_parts(self) -> dict[str, Any] | None:
        """Id and parameters of ``failure``, if it has any."""
        return parts_of(self.failure)


@dataclass(frozen=True)
class StatisticsBatch:
    """Counts that are stored in one transaction. ``counts``: JSON, as the serving processes wrote it."""

    id: uuid.UUID
    counts: list[bytes]


class PublishResult(IntEnum):
    """Result of publishing a snapshot."""

    KNOWN = 0
    NEW = 1
    OUTDATED = 2  # Redis has a newer one


def write_snapshot(revision: int, content: bytes) -> PublishResult:
    """Publish the snapshot to all serving processes, unless Redis has it or a newer one.

    Raises:
        redis.RedisError: Redis is unavailable.
    """
    names = (SNAPSHOT_KEY, REVISION_KEY, CHANGED_CHANNEL)
    return PublishResult(_client().eval(WRITE_IF_NEWER, len(names), *names, content, str(revision)))


def reports() -> list[dict[str, Any]] | None:
    """Return what each live serving process reports to serve; ``None`` when Redis is unavailable."""
    try:
        names = sorted(_client().smembers(PROCESSES_KEY))
        values = _client().mget([PROCESS_KEY.encode() + name for name in names]) if names else []
        dead = [name for name, report in zip(names, values, strict=True) if report is None]
        if dead:
            _client().srem(PROCESSES_KEY, *dead)
    except UNAVAILABLE:
        return None
    return [json.loads(report) for report in values if report is not None]


def release_status(
    slug: str, release: int, reports: Iterable[Mapping[str, Any]] | None, role: str = "release", *, revision: int = 0
) -> ReleaseStatus:
    """Return the status of a release from the processes' reports.

    Args:
        slug: The endpoint.
        release: Number of the release that is to have the role.
        reports: Of all processes; ``None`` when they could not be read.
        role: release, canary or shadow.
        revision: The snapshot that assigns the role. A report on an earlier one is ignored: its failure may be that
            of the release that is being replaced.
    """
    live = list(reports or ())
    found = [report["endpoints"].get(slug) or {} for report in live if report["revision"] >= revision]
    if not live:
        return ReleaseStatus("offline")
    if len(found) == len(live) and all(one.get(role, 0) == release for one in found):
        return ReleaseStatus("ready")
    failures = [_failure(one, role) for one in found if one.get(role, 0) != release]
    failure = next(filter(None, failures), "")
    return ReleaseStatus("failed", failure) if failure else ReleaseStatus("starting")


def _failure(report: Mapping[str, Any], role: str) -> str:
    text, parts = (report.get(name, {}).get(role) for name in ("failures", "failure_parts"))
    return Message.from_parts(text or "", parts)


def wait_for(slug: str, release: int, *, revision: int, seconds: float, role: str = "release") -> ReleaseStatus:
    """Wait until every process answers with the release, one fails to load it, or time is up; return the status.

    Args:
        slug: The endpoint.
        release: Number of the release that is to have the role.
        revision: The snapshot that assigns the role; see `release_status`.
        seconds: The longest wait.
        role: release, canary or shadow.
    """
    deadline = time.monotonic() + seconds
    while True:
        current = reports()
        status = release_status(slug, release, current, role, revision=revision)
        if current is None or status.state in {"ready", "failed"} or time.monotonic() >= deadline:
            return status
        time.sleep(POLL_SECONDS)


def take_statistics() -> StatisticsBatch | None:
    """Return the next batch of counts to store; ``None`` without any.

    The batch is moved to a list of its own, which `forget_statistics` deletes. Until then every call returns the same
    batch: a process that is killed while it stores the counts loses none.

    Raises:
        redis.RedisError: Redis is unavailable.
    """
    names = (STATISTICS_KEY, STATISTICS_BATCH_KEY)
    values: Any = _client().eval(TAKE_STATISTICS, len(names), *names, str(uuid.uuid4()), STATISTICS_BATCH_SIZE)
    return StatisticsBatch(uuid.UUID(values[0].decode()), values[1:]) if values else None


def forget_statistics(batch: StatisticsBatch) -> None:
    """Delete a batch that is stored, unless another process did. Raises ``redis.RedisError``."""
    _client().eval(FORGET_STATISTICS, 1, STATISTICS_BATCH_KEY, str(batch.id))


def predict(slug: str, body: Mapping[str, Any]) -> tuple[int, Any]:
    """Send rows to an endpoint; return status and body of the response.

    Raises:
        ApplicationError: 503 when the serving plane does not answer.
    """
    status, _, answer = _post(slug, "", json.dumps(body).encode(), "application/json")
    try:
        return status, json.loads(answer)
    except ValueError:  # no JSON: a proxy in between answered
        raise _unavailable() from None


def predict_csv(slug: str, content: bytes) -> tuple[int, str, bytes]:
    """Send CSV text to an endpoint; return status, media type and body of the response, which a person opens.

    Raises:
        ApplicationError: 503 when the serving plane does not answer.
    """
    return _post(slug, "?spreadsheet=true", content, "text/csv")


def _post(slug: str, query: str, content: bytes, media_type: str) -> tuple[int, str, bytes]:
    url = urlsplit(settings.LEPTON_SERVE_URL)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.netloc, timeout=REQUEST_TIMEOUT_SECONDS)
    headers = {"Authorization": f"Bearer {page_key(slug)}", "Content-Type": media_type, "Accept": media_type}
    try:
        connection.request("POST", f"{url.path}/endpoints/{slug}/predict{query}", content, headers)
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException):
        raise _unavailable() from None
    finally:
        connection.close()
    if response.status in NOT_SYNCED:
        message = Message(
            "serving.not_ready", "The serving plane does not know this endpoint yet. Try again in a moment."
        )
        raise ApplicationError("not_ready", message, 503, retry_after_seconds=1)
    return response.status, response.headers.get_content_type(), body


def _unavailable() -> ApplicationError:
    message = Message("serving.away", "The serving plane does not answer. Try again in a moment.")
    return ApplicationError("serving_away", message, 503, retry_after_seconds=2)


def _client() -> Any:
    return _connect(settings.REDIS_URL)


@lru_cache(maxsize=2)
def _connect(url: str) -> Any:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=1, socket_keepalive=True)
