"""What a verdict looks like over HTTP, and where it stands in what a node left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from tasks.verdict.judge import verdict_of
from tasks.verdict.values import State

JUDGED_KINDS = ("metrics", "model")


class CaveatSerializer(serializers.Serializer[None]):
    """Something to know beside a verdict, with its message id and parameters, by which the page translates it."""

    code = serializers.CharField()
    message = serializers.CharField()
    message_id = serializers.CharField(required=False)
    message_params = serializers.JSONField(required=False)


class DecisionSerializer(serializers.Serializer[None]):
    """How one of two classes is answered: which is the positive one, its share of the judged rows, the threshold."""

    positive = serializers.CharField()
    share = serializers.FloatField()
    threshold = serializers.FloatField()


class VerdictSerializer(serializers.Serializer[None]):
    """What the scores of a model are worth, in a sentence with the baseline.

    ``score`` and ``baseline``: of the model and of a constant answer, by ``measure``; ``rows``: how many were judged,
    null when unknown; ``dropped``: rows left out because their target is missing; ``decision``: of two classes.
    """

    state = serializers.ChoiceField(choices=[str(state) for state in State])
    message = serializers.CharField()
    message_id = serializers.CharField(required=False)
    message_params = serializers.JSONField(required=False)
    measure = serializers.CharField()
    score = serializers.FloatField()
    baseline = serializers.FloatField()
    scored_on = serializers.CharField(allow_blank=True)
    rows = serializers.IntegerField(allow_null=True)
    dropped = serializers.IntegerField()
    caveats = CaveatSerializer(many=True)
    decision = DecisionSerializer(required=False)


def with_verdict(output: Mapping[str, Any]) -> dict[str, Any]:
    """Return the output of a node with a verdict in its summary, where its scores allow one."""
    verdict = verdict_in({"": output})
    return {**output, "summary": {**output["summary"], "verdict": verdict}} if verdict else dict(output)


def verdict_in(outputs: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the verdict among the outputs of a node; ``None`` when none of them is judged."""
    for output in (outputs or {}).values():
        if output.get("wire") in JUDGED_KINDS:
            verdict = verdict_of(output.get("summary") or {})
            if verdict is not None:
                return verdict
    return None
