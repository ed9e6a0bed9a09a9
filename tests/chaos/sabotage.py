"""Faults inside our own processes, switched on and off while they run by a file in the data folder.

Installed by `tests.chaos.settings` only. ``sabotage.json`` holds shares from 0 to 1:

- ``commit_lies``: the commit (or the single statement) happened, the caller is told that it did not
- ``commit_fails``: it did not happen, and the caller is told so
- ``message_drops``, ``message_repeats`` (three times), ``message_delays`` (up to ``delay_seconds``)
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import threading
import time
from pathlib import Path
from typing import Any

from django.db.utils import OperationalError

from tests.chaos.faultfile import FILE

SECONDS_BETWEEN_LOOKS = 0.2
WRITING = ("UPDATE", "INSERT", "DELETE")


class Sabotage:
    """What goes wrong in this process now."""

    def __init__(self) -> None:
        self._path = Path(os.environ["LEPTON_DATA_DIR"]) / FILE
        self._read_at = 0.0
        self._shares: dict[str, float] = {}
        self.chance = random.Random(f"{os.environ.get('LEPTON_CHAOS_SEED')}:{os.environ.get('LEPTON_CHAOS_ROLE')}")

    def strikes(self, kind: str) -> bool:
        """Return whether this fault happens now."""
        share = self.share(kind)
        return share > 0 and self.chance.random() < share

    def share(self, kind: str) -> float:
        """Return a number of the file, 0 when it is not there."""
        now = time.monotonic()
        if now - self._read_at > SECONDS_BETWEEN_LOOKS:
            self._read_at = now
            try:
                self._shares = json.loads(self._path.read_text())
            except (OSError, ValueError):
                self._shares = {}
        return self._shares.get(kind, 0.0)


sabotage = Sabotage()


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

    Channel._put = put


def _late(deliver: Any, channel: Any, queue: str, message: Any) -> None:
    with contextlib.suppress(Exception):  # Redis may be away: then the late message is a lost one
        deliver(channel, queue, message)
