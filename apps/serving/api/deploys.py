"""Requests and responses of a deploy."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class VersionDeploySerializer(serializers.Serializer[None]):
    """How to deploy.

    ``acknowledged``: the codes of the warnings that the person has read and deploys in spite of; ``canary_percent``:
    the share of the requests that the new release answers beside the active one, ``null`` for all of them.
    """

    acknowledged = serializers.ListField(child=serializers.CharField(max_length=64), required=False, default=list)
    canary_percent = serializers.FloatField(min_value=0, max_value=100, required=False, allow_null=True, default=None)


class DeploySerializer(VersionDeploySerializer):
    """Which Deploy node to deploy, and the name of the endpoint."""

    node = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    wants_key = serializers.BooleanField(required=False, default=False)


class DeployedEndpointSerializer(serializers.Serializer[None]):
    """The endpoint of a deploy."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    url = serializers.CharField()
    version = serializers.IntegerField(source="active.graph_version")
    release = serializers.IntegerField(source="active.number")


class DeployedSerializer(serializers.Serializer[Any]):
    """A deployed endpoint; ``key`` is shown this once, ``notice`` says so when it does not answer yet."""

    endpoint = DeployedEndpointSerializer()
    key = serializers.CharField(allow_null=True)
    notice = serializers.CharField(allow_blank=True)
    notice_parts = serializers.JSONField(allow_null=True)
