"""What becomes of columns when one is predicted, over HTTP."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.graphs.column_uses import ColumnUse, Use
from tasks.graph.messages import message_json


class ColumnUsesRequestSerializer(serializers.Serializer[None]):
    """A data set, and the column to predict."""

    dataset = serializers.UUIDField(source="dataset_id")
    target = serializers.CharField(trim_whitespace=False)


class UseChoiceSerializer(serializers.Serializer[None]):
    """A use that a column may have, and what that means for the model."""

    use = serializers.ChoiceField(choices=[str(use) for use in Use])
    message = serializers.CharField()
    message_id = serializers.CharField()
    message_params = serializers.JSONField()


class ColumnUseSerializer(serializers.Serializer[Any]):
    """A column that is not simply used as it is; the first of its options is what happens unless decided otherwise."""

    column = serializers.CharField()
    options = UseChoiceSerializer(many=True)

    def to_representation(self, instance: ColumnUse) -> dict[str, Any]:
        """Return the options with their sentences."""
        options = [{"use": str(option.use), **message_json(option.message)} for option in instance.options]
        return {"column": instance.column, "options": options}


class ColumnUsesSerializer(serializers.Serializer[Any]):
    """The columns worth a word; ``is_searched``: whether columns that give the target away could be looked for."""

    columns = ColumnUseSerializer(many=True)
    is_searched = serializers.BooleanField()
