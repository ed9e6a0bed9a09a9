"""Talking to the serving plane: what it shall serve, what it says it serves, what it counted, and asking it."""

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
from tasks.graph.messages import Message
from tasks.serving_interface import (
    CHANGED_CHANNEL,
    PROCESS_KEY,
    PROCESSES_KEY,
    REVISION_KEY,
    SNAPSHOT_KEY,
    STATISTICS_KEY,
)

STATISTICS_BATCH_KEY = "lepton:serving:statistics:batch"  # of the control plane alone

AWAY = (redis.RedisError, OSError)
STATISTICS_AT_ONCE = 1000
ASK_SECONDS = 30
NOT_TOLD = frozenset({401, 404})  # its view of our own key, which a page must not take for the person's
POLL_SECONDS = 0.05
# Older content never replaces newer, whoever writes last.
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
    """How far a release is.

    ``state``: ready, starting, failed or offline; waiting where none may answer yet. ``failure``: why it cannot be
    loaded.
    """

    state: str
    failure: str = ""


@dataclass(frozen=True)
class StatisticsBatch:
    """Counts that are written down together. ``counts``: JSON, as the serving processes left it."""

    id: uuid.UUID
    counts: list[bytes]


class PublishResult(IntEnum):
    """What became of a snapshot."""

    KNOWN = 0
    NEW = 1
    OUTDATED = 2  # a newer one is there


def write_snapshot(revision: int, content: bytes) -> PublishResult:
    """Hand the snapshot to every serving process, unless they have it or a newer one.

    Raises:
        redis.RedisError: Redis is away.
    """
    names = (SNAPSHOT_KEY, REVISION_KEY, CHANGED_CHANNEL)
    return PublishResult(_client().eval(WRITE_IF_NEWER, len(names), *names, content, str(revision)))


def reports() -> list[dict[str, Any]] | None:
    """Return what each living serving process says it serves; ``None`` when Redis is away and nobody can say."""
    try:
        names = sorted(_client().smembers(PROCESSES_KEY))
        said = _client().mget([PROCESS_KEY.encode() + name for name in names]) if names else []
        dead = [name for name, report in zip(names, said, strict=True) if report is None]
        if dead:
            _client().srem(PROCESSES_KEY, *dead)
    except AWAY:
        return None
    return [json.loads(report) for report in said if report is not None]


def release_status(
    slug: str, release: int, reports: Iterable[Mapping[str, Any]] | None, role: str = "release", *, revision: int = 0
) -> ReleaseStatus:
    """Return the status of a release from the processes' reports.

    Args:
        slug: The endpoint.
        release: Number of the release that shall have the role.
        reports: Of all processes; ``None`` when nobody can say.
        role: release, canary or shadow.
        revision: The snapshot that says so. A report from before it speaks of what was wanted then: its failure may
            be that of the release that is being replaced.
    """
    known = list(reports or ())
    found = [report["endpoints"].get(slug) or {} for report in known if report["revision"] >= revision]
    if not known:
        return ReleaseStatus("offline")
    if len(found) == len(known) and all(one.get(role, 0) == release for one in found):
        return ReleaseStatus("ready")
    failures = [one.get("failures", {}).get(role, "") for one in found if one.get(role, 0) != release]
    failure = next(filter(None, failures), "")
    return ReleaseStatus("failed", failure) if failure else ReleaseStatus("starting")


def wait_for(slug: str, release: int, *, revision: int, seconds: float, role: str = "release") -> ReleaseStatus:
    """Return the status once every process answers with the release or one cannot, at the latest after a while.

    Args:
        slug: The endpoint.
        release: Number of the release that shall have the role.
        revision: The snapshot that says so; see `release_status`.
        seconds: The longest wait.
        role: release, canary or shadow.
    """
    deadline = time.monotonic() + seconds
    while True:
        said = reports()
        now = release_status(slug, release, said, role, revision=revision)
        if said is None or now.state in {"ready", "failed"} or time.monotonic() >= deadline:
            return now
        time.sleep(POLL_SECONDS)


def take_statistics() -> StatisticsBatch | None:
    """Return the counts to write down next; ``None`` without any.

    They lie in a list of their own until `forget_statistics`, and until then every call returns the same batch: a
    process that is killed while it writes them loses none.

    Raises:
        redis.RedisError: Redis is away.
    """
    names = (STATISTICS_KEY, STATISTICS_BATCH_KEY)
    said: Any = _client().eval(TAKE_STATISTICS, len(names), *names, str(uuid.uuid4()), STATISTICS_AT_ONCE)
    return StatisticsBatch(uuid.UUID(said[0].decode()), said[1:]) if said else None


def forget_statistics(batch: StatisticsBatch) -> None:
    """Delete a batch that is written down, unless another process did. Raises ``redis.RedisError``."""
    _client().eval(FORGET_STATISTICS, 1, STATISTICS_BATCH_KEY, str(batch.id))


def ask(slug: str, body: Mapping[str, Any]) -> tuple[int, Any]:
    """Return status and body of the serving plane's answer to rows.

    Raises:
        ApplicationError: 503, it does not answer.
    """
    status, _, answer = _post(slug, json.dumps(body).encode(), "application/json")
    try:
        return status, json.loads(answer)
    except ValueError:  # something between here and the serving plane answered
        raise _away() from None


def ask_table(slug: str, content: bytes) -> tuple[int, str, bytes]:
    """Return status, media type and body of the serving plane's answer to CSV text.

    Raises:
        ApplicationError: 503, it does not answer.
    """
    return _post(slug, content, "text/csv")


def _post(slug: str, content: bytes, media_type: str) -> tuple[int, str, bytes]:
    address = urlsplit(settings.LEPTON_SERVE_URL)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.netloc, timeout=ASK_SECONDS)
    headers = {"Authorization": f"Bearer {page_key(slug)}", "Content-Type": media_type, "Accept": media_type}
    try:
        connection.request("POST", f"{address.path}/endpoints/{slug}/predict", content, headers)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        raise _away() from None
    finally:
        connection.close()
    if answer.status in NOT_TOLD:
        message = Message(
            "serving.not_ready", "The serving plane does not know this endpoint yet. Try again in a moment."
        )
        raise ApplicationError("not_ready", message, 503, retry_after_seconds=1)
    return answer.status, answer.headers.get_content_type(), body


def _away() -> ApplicationError:
    message = Message("serving.away", "The serving plane does not answer. Try again in a moment.")
    return ApplicationError("serving_away", message, 503, retry_after_seconds=2)


def _client() -> Any:
    return _connect(settings.REDIS_URL)


@lru_cache(maxsize=2)
def _connect(url: str) -> Any:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=1, socket_keepalive=True)
