"""Rows of several requests answered together, for models that gain by it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from time import perf_counter

from tasks.inference.server.deployments.package import Answer, RowProgram
from tasks.inference.server.limits.admission import RequestQueue

logger = logging.getLogger(__name__)

Take = Callable[[Answer | None], None]
MOST_ROWS = 64
"""Rows answered together where it gains."""

TRIED_ROWS = 32
TRIED_SIZES = (2, 3, 5, 8, 16, 31)
SINGLE_TRIES, TOGETHER_TRIES = 7, 3
LEAST_GAIN_SECONDS = 25e-6
"""What a row must gain: being collected costs about half of this."""


class DynamicBatcher:
    """Collects the rows that lie in the sockets at one look at the network, and answers them in one call.

    Nobody waits for others to come: while one call computes, the next ones arrive. A lone row is answered at once.

    Args:
        program: Who answers.
        queue: Where the time is noted.
        most: Rows in one call.
    """

    def __init__(self, program: RowProgram, queue: RequestQueue, most: int = MOST_ROWS) -> None:
        self._program = program
        self._queue = queue
        self._most = most
        self._waiting: list[tuple[Sequence[float], Take]] = []

    def add(self, vector: Sequence[float], take: Take) -> None:
        """Have a row answered; ``take`` gets ``None`` when its answer is no number or the model fails."""
        self._waiting.append((vector, take))
        if len(self._waiting) >= self._most:
            self.flush()
        elif len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Answer what was collected."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        begun = perf_counter()
        try:
            answers = self._program.predict_vectors([vector for vector, _ in waiting])
        except Exception:  # process edge: each is asked again alone, and whose row is at fault is told
            logger.debug("a model failed on rows of several requests")
            answers = [None] * len(waiting)
        self._queue.spent(perf_counter() - begun, len(waiting))
        for (_, take), answer in zip(waiting, answers, strict=True):
            take(answer)

    async def answer(self, vector: Sequence[float]) -> Answer | None:
        """Answer a row together with others."""
        done: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self.add(vector, lambda answer: None if done.done() else done.set_result(answer))
        return await done


def rows_together(program: RowProgram, rows: Sequence[object]) -> int:
    """Return how many rows this program should answer together: 1 when it gains nothing, found by trying.

    Rows are never answered together where an answer would differ in its last bit from the one given alone.
    """
    vectors = [vector for vector in map(program.vector, rows) if vector is not None][:TRIED_ROWS]
    if not vectors:
        return 1
    many = [vectors[at % len(vectors)] for at in range(TRIED_ROWS)]
    alone = min(_seconds(program, many[:1]) for _ in range(SINGLE_TRIES))
    together = min(_seconds(program, many) for _ in range(TOGETHER_TRIES)) / TRIED_ROWS
    if alone - together < LEAST_GAIN_SECONDS or together > alone / 2:
        return 1
    single = [program.predict_vectors((vector,))[0] for vector in many]
    if any(program.predict_vectors(many[:size]) != single[:size] for size in (*TRIED_SIZES, TRIED_ROWS)):
        return 1
    return MOST_ROWS


def _seconds(program: RowProgram, vectors: Sequence[Sequence[float]]) -> float:
    begun = perf_counter()
    program.predict_vectors(vectors)
    return perf_counter() - begun
