"""A database that lies and a broker that loses, as the file of `tests.chaos.faultfile` says.

Installed by `tests.chaos.settings` only. The file holds shares from 0 to 1:

- ``commit_lies``: the commit (or the single statement) happened, the caller is told that it did not
- ``commit_fails``: it did not happen, and the caller is told so
- ``message_drops``, ``message_repeats`` (three times), ``message_delays`` (up to ``delay_seconds``)
- ``message_lies``: the message was sent, the sender is told that it was not
- ``result_lies``: the result was stored, the engine is told that it was not (`tests.chaos.plugin`)
"""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from django.db.utils import OperationalError
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.chaos.faultfile import sabotage

WRITING = ("UPDATE", "INSERT", "DELETE")


class LyingDatabase:
    """Mixed into a database wrapper."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.execute_wrappers.append(self._execute_and_lie)  # type: ignore[attr-defined]

    def _commit(self) -> None:
        if sabotage.strikes("commit_fails"):
            raise OperationalError("simulated: the commit failed")
        super()._commit()  # type: ignore[misc]
        if sabotage.strikes("commit_lies"):
            raise OperationalError("simulated: no answer to the commit, which happened")

    def _execute_and_lie(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        is_alone = not self.in_atomic_block and str(sql).startswith(WRITING)  # type: ignore[attr-defined]
        if is_alone and sabotage.strikes("commit_lies"):
            raise OperationalError("simulated: no answer to the statement, which happened")
        return result


def install_broker_faults() -> None:
    """Let messages to queues be dropped, repeated and delayed."""
    from kombu.transport.redis import Channel

    deliver = Channel._put

    def put(channel: Any, queue: str, message: Any, **options: Any) -> None:
        if sabotage.strikes("message_drops"):
            return
        copies = 3 if sabotage.strikes("message_repeats") else 1
        for _ in range(copies):
            if sabotage.strikes("message_delays"):
                seconds = sabotage.chance.uniform(0, sabotage.share("delay_seconds"))
                timer = threading.Timer(seconds, _late, (deliver, channel, queue, message))
                timer.daemon = True
                timer.start()
            else:
                deliver(channel, queue, message, **options)
        if sabotage.strikes("message_lies"):
            raise RedisConnectionError("simulated: no answer to a message, which was sent")

    Channel._put = put


def _late(deliver: Any, channel: Any, queue: str, message: Any) -> None:
    with contextlib.suppress(Exception):  # Redis may be away: then the late message is a lost one
        deliver(channel, queue, message)
