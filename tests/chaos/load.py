"""People who start many small runs, again with the same key when they heard no answer, and cancel some."""

from __future__ import annotations

import http.client
import random
import threading
import time
import urllib.error
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.installation import Installation
from tests.chaos.reference import LONG_NODE_SECONDS, Drawn, draw
from tests.worker.stack import CallRefused

STARTERS = 3
CANCELLED_SHARE = 0.04
PAUSE_SECONDS = 0.3
MOST_REFUSALS = 20  # of one call in a row: what is wrong with it stays so, whichever process fails
TRY_LATER = (408, 429)
NO_ANSWER = (OSError, http.client.HTTPException, AssertionError, urllib.error.URLError)


@dataclass
class Accepted:
    """A run that was accepted: the server answered with its id."""

    run: str
    drawn: Drawn
    at: float
    is_cancelled: bool = False


@dataclass
class Load:
    """Starts ``wanted`` runs, never more than ``window`` unfinished at once, and none after ``until`` (monotonic).

    Attributes:
        refusal: A call that the server refuses again and again, which no fault explains: nothing is started any more.
    """

    installation: Installation
    seed: int
    wanted: int
    window: int
    seconds: tuple[float, float] = LONG_NODE_SECONDS
    cancelled_share: float = CANCELLED_SHARE
    until: float = float("inf")
    accepted: list[Accepted] = field(default_factory=list)
    unanswered: int = 0
    refusal: CallRefused | None = None

    def __post_init__(self) -> None:
        self._chance = random.Random(f"{self.seed}:load")
        self._salts: list[str] = []
        self._lock = threading.Lock()
        self._drawn = 0
        self._threads: list[threading.Thread] = []
        self.graph = ""

    def start(self) -> None:
        """Begin to start runs in the background.

        Raises:
            CallRefused: The server refuses the graph.
        """
        document: dict[str, Any] = {"nodes": [], "edges": []}
        self.graph = str(self._insist("POST", "graphs/", {"name": "chaos", "document": document})["id"])
        self._threads = [threading.Thread(target=self._go_on, daemon=True) for _ in range(STARTERS)]
        for thread in self._threads:
            thread.start()

    @property
    def is_over(self) -> bool:
        """Whether all runs were accepted."""
        return not any(thread.is_alive() for thread in self._threads)

    def unfinished(self) -> int:
        """Return how many runs have not ended."""
        return int(self._ask("SELECT count(*) FROM runs_run WHERE state IN ('queued', 'running')")[0][0])

    def _ask(self, statement: str) -> list[tuple[Any, ...]]:
        while True:
            try:
                return self.installation.rows(statement)
            except Exception:  # noqa: BLE001 - the database is under attack; whoever asks asks again
                time.sleep(PAUSE_SECONDS)

    def _go_on(self) -> None:
        while True:
            with self._lock:
                if self.refusal or self._drawn >= self.wanted or time.monotonic() > self.until:
                    return
                self._drawn += 1
                drawn = draw(self._chance, self._salts, seconds=self.seconds)
                key = f"chaos-{self._drawn}"
                cancel_after = self._chance.uniform(0, 2) if self._chance.random() < self.cancelled_share else None
            while self.unfinished() >= self.window:
                time.sleep(PAUSE_SECONDS)
            try:
                self._start_one(drawn, key, cancel_after)
            except CallRefused as refusal:
                self.refusal = refusal

    def _start_one(self, drawn: Drawn, key: str, cancel_after: float | None) -> None:
        body = {"document": drawn.document, "idempotency_key": key}
        path = f"graphs/{self.graph}/runs/"
        run = str(self._insist("POST", path, body)["id"])
        accepted = Accepted(run, drawn, time.time())
        with self._lock:
            self.accepted.append(accepted)
        if cancel_after is not None:
            time.sleep(cancel_after)
            self._insist("POST", f"runs/{run}/cancel/", {})
            accepted.is_cancelled = True

    def _insist(self, method: str, path: str, body: Any) -> Any:
        refusals = 0
        while True:
            try:
                return self.installation.call(method, path, body)
            except NO_ANSWER as error:
                status = error.status if isinstance(error, CallRefused) else 0
                is_refusal = 400 <= status < 500 and status not in TRY_LATER
                refusals = refusals + 1 if is_refusal else 0
                if refusals == MOST_REFUSALS:
                    raise
                self.unanswered += 1
                time.sleep(PAUSE_SECONDS)
