"""A field that a call does not take is refused: it would be thought to have been followed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from rest_framework import serializers

from apps.accounts.models import ApiToken
from apps.common.request_data import validated_body


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("tokens", {"name": "t", "scope": ["read"]}, "scope"),
        ("members", {"username": "new", "pasword": "correct horse battery", "role": "viewer"}, "pasword"),
        ("graphs", {"name": "g", "foo": 1}, "foo"),
    ],
)
def test_a_misspelt_field_is_named_with_those_there_are(as_alice, path, body, name):
    answer = as_alice.post(f"/api/v1/{path}/", body, format="json")
    assert (answer.status_code, answer.json()["problems"][0]["at"]) == (400, name)
    assert f"no field “{name}”" in answer.json()["message"]
    assert "name" in answer.json()["message"].partition("Those it takes are")[2]
    assert not ApiToken.objects.exists()


class Part(serializers.Serializer):
    size = serializers.IntegerField()


class Whole(serializers.Serializer):
    parts = Part(many=True)
    made = serializers.CharField(read_only=True)


def test_fields_within_are_refused_by_their_place():
    from apps.common.errors import ApplicationError

    body = SimpleNamespace(data={"parts": [{"size": 1}, {"size": 2, "sise": 3}], "made": "now"})
    with pytest.raises(ApplicationError) as refused:
        validated_body(Whole, body)
    assert [problem["at"] for problem in refused.value.problems] == ["parts.1.sise", "made"]
    body = SimpleNamespace(data={"parts": [{"size": 1}]})
    assert validated_body(Whole, body) == {"parts": [{"size": 1}]}
