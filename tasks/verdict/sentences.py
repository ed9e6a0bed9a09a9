"""The sentences of verdicts."""

from __future__ import annotations

from collections.abc import Mapping

from tasks.graph.messages import Message, Term
from tasks.verdict.values import Caveat, Judged, State

WELL_ORDERED = 0.65
"""Area under the ROC curve from which the order of the rows is of use."""

WORDS: Mapping[State, Term] = {
    State.EXCELLENT: Term("verdict.excellent", "Excellent"),
    State.USEFUL: Term("verdict.useful", "Good"),
    State.UNPROVEN: Term("verdict.unproven", "Not proven"),
    State.WEAK: Term("verdict.weak", "Weak"),
}


def regression_sentence(judged: Judged, state: State, score: float, baseline: float, leak: Caveat | None) -> str:
    """Return the sentence for a model of numbers. ``score``, ``baseline``: RMSE; ``leak``: the first one found."""
    explained = judged.score("r2")
    numbers = {
        "score": _shown(score),
        "baseline": _shown(baseline),
        "explained": "–" if explained is None else f"{explained:.2f}".replace("-", "−"),
    }
    if state is State.TOO_GOOD:
        return _too_good(leak, Message("verdict.error", "error {score} against {baseline}", **numbers))
    if state is State.GUESSING:
        if numbers["score"] != numbers["baseline"] and score < baseline:
            error = Message("verdict.error_alone", "error {score}", score=numbers["score"])
            return _perhaps_chance(judged.rows, Term("verdict.mean", "the mean"), {**numbers, "score": error})
        return Message(
            "verdict.regression_guessing",
            "No better than always answering the mean: error {score} against {baseline} (R² {explained}).",
            **numbers,
        )
    if judged.scored_on == "train":
        return Message(
            "verdict.regression_untested",
            "Not tested: error {score} on the very rows it learned from; always answering the mean has {baseline} (R² "
            "{explained}).",
            **numbers,
        )
    return Message(
        "verdict.regression",
        "{state}: error {score}; always answering the mean has {baseline} (R² {explained}).",
        state=WORDS[state],
        **numbers,
    )


def class_sentence(judged: Judged, state: State, score: float, baseline: float, leak: Caveat | None) -> str:
    """Return the sentence for a model of classes. ``score``, ``baseline``: accuracy; ``leak``: the first one found."""
    numbers = {"score": f"{score:.2f}", "baseline": f"{baseline:.2f}"}
    right, guessed = of_100(score), of_100(baseline)
    if state is State.TOO_GOOD:
        accuracy = Message("verdict.accuracy", "{score} of the rows right against {baseline} by guessing", **numbers)
        return _too_good(leak, accuracy)
    common: str = Message("verdict.answer", "“{name}”", name=judged.common)
    if not judged.common:
        common = Message("verdict.common", "what is commonest")
    if state is State.GUESSING:
        if (ordered := _well_ordered(judged)) is not None:
            return ordered
        if numbers["score"] != numbers["baseline"] and score > baseline:
            return _perhaps_chance(judged.rows, common, numbers)
        return Message(
            "verdict.class_guessing",
            "No better than always answering {common}: {score} against {baseline}.",
            common=common,
            **numbers,
        )
    if judged.scored_on == "train":
        return Message(
            "verdict.class_untested",
            "Not tested: right in {right} of 100 of the very rows it learned from; always answering {common} is right "
            "in {guessed}.",
            common=common,
            right=right,
            guessed=guessed,
        )
    if judged.found is None or len(judged.class_rows) != 2:
        return Message(
            "verdict.classes",
            "{state}: right in {right} of 100 rows; always answering {common} is right in {guessed}.",
            state=WORDS[state],
            common=common,
            right=right,
            guessed=guessed,
        )
    return _two_class_sentence(judged, state)


def _well_ordered(judged: Judged) -> str | None:
    """Return the sentence for answers that are guessing though the rows are well ordered; ``None`` for others."""
    area, decision = judged.score("auc"), judged.decision
    if area is None or area < WELL_ORDERED or decision is None or not judged.right or judged.found is None:
        return None
    return Message(
        "verdict.threshold_guesses",
        "No better than guessing: “{name}” is answered for {answered} of 100 rows, and {share} of 100 are. It orders "
        "the rows well (ROC AUC {area}), so another threshold would answer better.",
        name=decision.positive,
        answered=of_100(judged.found * decision.share / judged.right),
        share=of_100(decision.share),
        area=f"{area:.2f}",
    )


def _perhaps_chance(rows: int | None, answer: str, numbers: Mapping[str, str]) -> str:
    """Return the sentence for a score that beats a constant answer by so little that it may be chance."""
    numbers = {"score": numbers["score"], "baseline": numbers["baseline"]}
    if not rows:
        return Message(
            "verdict.hardly_better",
            "Hardly better than always answering {answer}: {score} against {baseline}, which may be chance.",
            answer=answer,
            **numbers,
        )
    return Message(
        "verdict.perhaps_chance",
        "Not surely better than always answering {answer}: {score} against {baseline}, which may be chance on "
        "{count:,} rows.",
        one="Not surely better than always answering {answer}: {score} against {baseline}, which may be chance on a "
        "single row.",
        answer=answer,
        count=rows,
        **numbers,
    )


def _two_class_sentence(judged: Judged, state: State) -> str:
    positive = list(judged.class_rows)[1]
    found, right = judged.found or 0.0, judged.right
    if right is None:
        return Message(
            "verdict.never_answered",
            "{state}: never answers “{name}”, though it ranks the rows better than chance (ROC AUC {area}). Lower the "
            "threshold.",
            state=WORDS[state],
            name=positive,
            area=f"{judged.scores['auc']:.2f}",
        )
    share = judged.class_rows[positive] / max(sum(judged.class_rows.values()), 1)
    return Message(
        "verdict.two_classes",
        "{state}: finds {found} of 100 “{name}”; {wrong} of 100 answers “{name}” are wrong, by guessing {guessed}.",
        state=WORDS[state],
        name=positive,
        found=of_100(found),
        wrong=of_100(1 - right),
        guessed=of_100(1 - share),
    )


def _too_good(leak: Caveat | None, numbers: str) -> str:
    if leak is not None:
        return Message("verdict.leak", "Too good to be true ({numbers}): {leak}", numbers=numbers, leak=leak.message)
    return Message(
        "verdict.perfect",
        "Too good to be true: {numbers}. Look for columns that are made of the answer, or known only after it.",
        numbers=numbers,
    )


def of_100(share: float) -> int:
    """Return a share as so many of 100; 0 and 100 only when it is exactly that."""
    rounded = round(100 * share)
    return min(max(rounded, 1), 99) if 0 < share < 1 else rounded


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
