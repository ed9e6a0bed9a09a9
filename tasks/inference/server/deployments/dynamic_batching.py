"""Dynamic batching: rows of several requests answered in one call, for models that gain by it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from time import perf_counter

from tasks.inference.server.deployments.row_program import RowProgram
from tasks.inference.server.immediate_future import ImmediateFuture
from tasks.inference.server.limits.admission import RequestQueue
from tasks.inference.server.responses import Answer

logger = logging.getLogger(__name__)

MAX_ROWS = 64
"""Rows in one call where batching gains."""

TRIAL_ROWS = 32
TRIAL_SIZES = (2, 3, 5, 8, 16, 31)
SINGLE_TRIALS, BATCH_TRIALS = 7, 3
LEAST_GAIN_SECONDS = 25e-6
"""What a row must gain: being collected costs about half of this."""


class DynamicBatcher:
    """Collects the rows that came within one iteration of the event loop and answers them in one call.

    No row waits for others to come: while one call computes, the next rows arrive. A lone row is answered at the end of
    the iteration.

    Args:
        program: The model.
        queue: Where the time is recorded.
        max_rows: Rows in one call.
    """

    def __init__(self, program: RowProgram, queue: RequestQueue, max_rows: int = MAX_ROWS) -> None:
        self._program = program
        self._queue = queue
        self._max_rows = max_rows
        self._waiting: list[tuple[Sequence[float], ImmediateFuture[Answer | None]]] = []

    async def answer(self, vector: Sequence[float]) -> Answer | None:
        """Return the answer to a row; ``None`` when it is not finite or the model fails."""
        answer: ImmediateFuture[Answer | None] = ImmediateFuture()
        self._waiting.append((vector, answer))
        if len(self._waiting) >= self._max_rows:
            self._flush()
        elif len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._flush)
        return await answer

    def _flush(self) -> None:
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        begun = perf_counter()
        answers: Sequence[Answer | None]
        try:
            answers = self._program.predict_vectors([vector for vector, _ in waiting])
        except Exception:  # process edge: each row is answered again by itself, which says and logs what failed
            logger.debug("a model failed on rows of several requests")
            answers = [None] * len(waiting)
        self._queue.spent(perf_counter() - begun, len(waiting))
        for (_, future), answer in zip(waiting, answers, strict=True):
            if not future.done():  # a task that waited for it was cancelled
                future.set_result(answer)


def find_batch_rows(program: RowProgram, rows: Sequence[object]) -> int:
    """Return how many rows this program should answer in one call, found by trying; 1 when batching gains nothing.

    Rows are never batched where an answer would differ in its last bit from the one to the row alone.
    """
    vectors = [vector for vector in map(program.vector, rows) if vector is not None][:TRIAL_ROWS]
    if not vectors:
        return 1
    many = [vectors[at % len(vectors)] for at in range(TRIAL_ROWS)]
    alone = min(_seconds(program, many[:1]) for _ in range(SINGLE_TRIALS))
    batched = min(_seconds(program, many) for _ in range(BATCH_TRIALS)) / TRIAL_ROWS
    if alone - batched < LEAST_GAIN_SECONDS or batched > alone / 2:
        return 1
    single = [program.predict_vectors((vector,))[0] for vector in many]
    if any(program.predict_vectors(many[:size]) != single[:size] for size in (*TRIAL_SIZES, TRIAL_ROWS)):
        return 1
    return MAX_ROWS


def _seconds(program: RowProgram, vectors: Sequence[Sequence[float]]) -> float:
    begun = perf_counter()
    program.predict_vectors(vectors)
    return perf_counter() - begun
