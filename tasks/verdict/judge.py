"""From scores to a verdict, and from a verdict to what a deploy has to ask.

A verdict is judged by `judge` where a model is scored, and travels as JSON data (`Verdict.to_json`) with the model, its
metrics and its package. Of results that were stored without one, `verdict_of` says what their scores allow.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from tasks.graph.messages import Message, from_json
from tasks.verdict.sentences import class_sentence, of_100, regression_sentence
from tasks.verdict.values import LEAKS, UNPROVEN_BY, Caveat, Judged, State, Verdict

FEW_ROWS = 30
FEW_OF_CLASS = 10
CHANCE = 0.05
"""Share of the way from the baseline to a perfect score that a model without skill may reach on any number of rows."""

SHIFT_OF_SHARE, SHIFT_OF_MEAN = 0.1, 0.5
"""Of a class's share of the rows, and of the mean in deviations: from so much on it is said."""

CERTAINTY = 1.645  # one-sided, 95 %

PERFECT_ROWS = 200
"""So many rows answered without a mistake are no luck and hardly skill. On fewer, a good model may do that."""

WARNED_STATES: Mapping[State, str] = {
    State.GUESSING: "no_better_than_guessing",
    State.TOO_GOOD: "too_good_to_be_true",
}
WARNED_CAVEATS = frozenset(
    {
        "few_rows",
        "few_of_class",
        "few_duplicates_across_split",
        "no_held_out_rows",
    }
    | UNPROVEN_BY
)


def judge(judged: Judged, notes: Iterable[Caveat] = ()) -> Verdict | None:
    """Return the verdict on a scored model; ``None`` when its scores have no baseline.

    Args:
        notes: What was found in the table it learned from: leaks and other caveats, see `tasks.training.leaks`.
    """
    is_regression = judged.task == "regression"
    measure, reference = ("rmse", "baseline_rmse") if is_regression else ("accuracy", "baseline_accuracy")
    score, baseline = (judged.score(name) for name in (measure, reference))
    if score is None or baseline is None:
        return None
    caveats = (*notes, *_caveats(judged))
    state = _regression_state(judged, score, baseline) if is_regression else _class_state(judged, score, baseline)
    leak = next((caveat for caveat in caveats if caveat.code in LEAKS), None)
    is_perfect = _is_perfect(judged, score, baseline)
    if state is not State.GUESSING and (leak is not None or is_perfect):
        state = State.TOO_GOOD
    elif state is not State.GUESSING and judged.scored_on == "train":
        state = State.WEAK
    elif state in {State.EXCELLENT, State.USEFUL} and any(caveat.code in UNPROVEN_BY for caveat in caveats):
        state = State.UNPROVEN
    sentence = regression_sentence if is_regression else class_sentence
    message = sentence(judged, state, score, baseline, leak)
    return Verdict(
        state,
        message,
        measure,
        score,
        baseline,
        judged.scored_on,
        judged.rows,
        judged.dropped,
        caveats,
        judged.decision,
    )


def verdict_of(stored: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the verdict of something stored, as JSON data; ``None`` when its numbers do not allow one.

    Args:
        stored: The stored description of a model, of metrics or of a package: its ``verdict`` where it has one, else
            judged from ``metrics`` or ``values``.
    """
    own = stored.get("verdict")
    if isinstance(own, Mapping):
        return dict(own)
    scores = stored.get("metrics") or stored.get("values") or {}
    if not isinstance(scores, Mapping):
        return None
    task = stored.get("task") or ("regression" if "rmse" in scores else "classification")
    scored_on = str(stored.get("scored_on") or "")
    made = judge(Judged(str(task), str(stored.get("target") or ""), scores, scored_on))
    return made.to_json() if made else None


def deploy_warnings(verdict: Mapping[str, Any] | None) -> list[Caveat]:
    """Return what a person has to acknowledge before a model with this verdict answers; empty for a good one."""
    if not verdict:
        return []
    found = []
    code = WARNED_STATES.get(State(verdict["state"]))
    if code:
        found.append(Caveat(code, from_json(verdict)))
    for one in verdict["caveats"]:
        if one["code"] in WARNED_CAVEATS:
            found.append(Caveat(one["code"], from_json(one)))
    return found


def _caveats(judged: Judged) -> Iterable[Caveat]:
    if judged.scored_on == "train":
        yield Caveat(
            "no_held_out_rows",
            Message(
                "verdict.no_held_out_rows",
                "It was judged on the rows it learned from, so nobody knows how it does on others. Put a Split before "
                "the model.",
            ),
        )
    elif judged.rows is not None and judged.rows < FEW_ROWS:
        yield Caveat(
            "few_rows",
            Message(
                "verdict.few_rows",
                "Judged on only {count} rows: other rows may give quite another result.",
                one="Judged on a single row: other rows may give quite another result.",
                count=judged.rows,
            ),
        )
    rarest = min(judged.class_rows, key=lambda name: judged.class_rows[name], default=None)
    if rarest is not None and judged.class_rows[rarest] < FEW_OF_CLASS:
        few = sum(count < FEW_OF_CLASS for count in judged.class_rows.values())
        is_one_of_many = len(judged.class_rows) > 2 * few and len(judged.class_rows) > 2
        yield Caveat(
            "rare_class" if is_one_of_many else "few_of_class",
            Message(
                "verdict.few_of_class",
                "Only {count} of the {rows:,} judged rows are “{name}”, too few to tell how well it is found.",
                one="Only 1 of the {rows:,} judged rows is “{name}”, too few to tell how well it is found.",
                count=judged.class_rows[rarest],
                rows=judged.rows or sum(judged.class_rows.values()),
                name=rarest,
            ),
        )
    yield from _shift(judged)
    if judged.dropped:
        yield Caveat(
            "rows_dropped",
            Message(
                "verdict.rows_dropped",
                "{count:,} rows without a value of “{target}” were left out, in training and here.",
                one="1 row without a value of “{target}” was left out, in training and here.",
                count=judged.dropped,
                target=judged.target,
            ),
        )


def _shift(judged: Judged) -> Iterable[Caveat]:
    """Yield that the judged rows have another target than the training rows, by more than chance."""
    if judged.means is not None and judged.rows and abs(judged.shift) > max(SHIFT_OF_MEAN, 3 / math.sqrt(judged.rows)):
        learned, here = (f"{mean:.4g}".replace("-", "−") for mean in judged.means)
        yield Caveat(
            "target_shifted",
            Message(
                "verdict.mean_shifted",
                "The mean of “{target}” is {here} in the rows it was judged on and {learned} in those it learned from: "
                "what it learned may be of another time.",
                target=judged.target,
                here=here,
                learned=learned,
            ),
        )
    rows, learned_rows = sum(judged.class_rows.values()), sum(judged.learned_rows.values())
    if not rows or not learned_rows:
        return
    shares = {
        name: (judged.class_rows.get(name, 0) / rows, count / learned_rows)
        for name, count in judged.learned_rows.items()
    }
    name = max(shares, key=lambda name: (abs(shares[name][0] - shares[name][1]), list(shares).index(name)))
    here_share, learned_share = shares[name]
    chance = 3 * math.sqrt(learned_share * (1 - learned_share) * (1 / rows + 1 / learned_rows))
    if abs(here_share - learned_share) > max(SHIFT_OF_SHARE, chance):
        yield Caveat(
            "target_shifted",
            Message(
                "verdict.share_shifted",
                "{here} of 100 of the rows it was judged on are “{name}”, and {learned} of 100 of those it learned "
                "from: what it learned may be of another time.",
                name=name,
                here=of_100(here_share),
                learned=of_100(learned_share),
            ),
        )


def _regression_state(judged: Judged, score: float, baseline: float) -> State:
    if baseline <= 0:  # all judged rows have one value
        return State.GUESSING if score > 0 else State.WEAK
    skill = 1 - (score / baseline) ** 2
    # A line through noise explains 1 / rows of the spread in the mean.
    if skill < max(CHANCE, CERTAINTY**2 / judged.rows if judged.rows else 0.0):
        return State.GUESSING
    return _graded(skill, useful=0.3, excellent=0.9)


def _class_state(judged: Judged, score: float, baseline: float) -> State:
    """Return the state by the area under the curve for two classes, by accuracy for more."""
    gain = (score - baseline) / (1 - baseline) if baseline < 1 else 0.0
    area = judged.score("auc")
    ranking = 2 * area - 1 if area is not None else None
    if gain < _chance_of_gain(judged, baseline) and (ranking is None or ranking < _chance_of_ranking(judged)):
        return State.GUESSING
    if ranking is None or len(judged.class_rows) > 2:
        if score <= baseline:  # a constant answer is no worse, however well the rows are ordered
            return State.GUESSING
        return _graded(gain, useful=0.2, excellent=0.9)
    state = _graded(ranking, useful=0.3, excellent=0.8)
    if judged.found is None:
        return state
    # Ranking rows well is of no use when the answer never follows it.
    if judged.right is not None and judged.decision and judged.right <= judged.decision.share:
        return State.GUESSING
    gain = _gain_of_decision(judged)
    if gain < 2 * CHANCE:
        return State.GUESSING
    worst = min(judged.found, judged.right or 0.0)
    if worst < 0.1 or gain < 5 * CHANCE:
        return State.WEAK
    return State.USEFUL if state is State.EXCELLENT and worst < 0.5 else state


def _gain_of_decision(judged: Judged) -> float:
    """Return how much better the answers are than by guessing, 0 to 1: as found and as right, whichever is more.

    Of a common class almost all may be found by answering it nearly always; of a rare one few may be found, surely.
    """
    decision, advantage = judged.decision, judged.advantage
    if decision is None or advantage is None:
        return 1.0
    surer = ((judged.right or 0.0) - decision.share) / (1 - decision.share)
    return max(advantage, surer)


def _graded(skill: float, *, useful: float, excellent: float) -> State:
    if skill >= excellent:
        return State.EXCELLENT
    return State.USEFUL if skill >= useful else State.WEAK


def _chance_of_gain(judged: Judged, baseline: float) -> float:
    """Return which share of the baseline's mistakes a guess may avoid by luck."""
    if not judged.rows or not 0 < baseline < 1:
        return CHANCE
    deviation = math.sqrt(baseline * (1 - baseline) / judged.rows)
    return max(CHANCE, CERTAINTY * deviation / (1 - baseline))


def _chance_of_ranking(judged: Judged) -> float:
    """Return up to which 2 AUC - 1 a random order may come by luck.

    Source: H. B. Mann, D. R. Whitney, Annals of Mathematical Statistics 18 (1947), doi:10.1214/aoms/1177730491.
    Deviation: of several classes, the rarest against the rest stands for all.
    """
    rows = sum(judged.class_rows.values())
    rarest = min((count for count in judged.class_rows.values() if count), default=0)
    if not rarest or rows <= rarest:
        return 2 * CHANCE
    deviation = math.sqrt((rows + 1) / (12 * rarest * (rows - rarest)))
    return max(2 * CHANCE, 2 * CERTAINTY * deviation)


def _is_perfect(judged: Judged, score: float, baseline: float) -> bool:
    if judged.scored_on == "train" or not judged.rows or judged.rows < PERFECT_ROWS:
        return False
    return score <= baseline * 1e-3 if judged.task == "regression" else score >= 1 > baseline
