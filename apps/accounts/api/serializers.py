"""What accounts look like over HTTP."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from rest_framework import serializers

from apps.accounts.models import ApiToken, AuditEntry, BrowserSession, Membership, Workspace
from apps.accounts.session_store import stored_key
from apps.common.roles import SCOPES, Role

ROLES = [role.value for role in Role]


class CredentialsSerializer(serializers.Serializer[None]):
    """A name and its password."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1024, trim_whitespace=False, write_only=True)


class PasswordSerializer(serializers.Serializer[None]):
    """The present password and another one. ``revoke_tokens``: end every token of the person too."""

    current = serializers.CharField(max_length=1024, trim_whitespace=False)
    new = serializers.CharField(max_length=1024, trim_whitespace=False)
    revoke_tokens = serializers.BooleanField(required=False, default=False)


class TokenRequestSerializer(CredentialsSerializer):
    """Credentials and what the token is for."""

    name = serializers.CharField(max_length=120, required=False, default="password login")


class TokenSecretSerializer(serializers.Serializer[None]):
    """A token's secret, and when it expires."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField()


class SetupLinkSerializer(serializers.Serializer[None]):
    """The one-time token of a set-up link."""

    token = serializers.CharField(max_length=200)


class SetupSerializer(CredentialsSerializer):
    """The one-time token and the first account."""

    token = serializers.CharField(max_length=200)
    workspace_name = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class PersonSerializer(serializers.Serializer[None]):
    """A person."""

    id = serializers.UUIDField()
    username = serializers.CharField()
    email = serializers.CharField()
    is_administrator = serializers.BooleanField()
    must_change_password = serializers.BooleanField()


class SeatSerializer(serializers.Serializer[None]):
    """A workspace and the person's role there."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=ROLES)


class LimitsSerializer(serializers.Serializer[None]):
    """What the server accepts."""

    upload_bytes = serializers.IntegerField()
    part_bytes = serializers.IntegerField()


class SessionSerializer(serializers.Serializer[None]):
    """Who is logged in, where, and what the server can do."""

    user = PersonSerializer(allow_null=True)
    needs_setup = serializers.BooleanField()
    workspaces = SeatSerializer(many=True)
    limits = LimitsSerializer()
    has_gpu = serializers.BooleanField()
    version = serializers.CharField()


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    """A token without its secret. ``username``: whose it is; ``expires_at``: null for one that never does."""

    username = serializers.CharField(source="user.username", read_only=True)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=SCOPES), required=False, default=list(SCOPES), min_length=1, max_length=10
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)

    def validate_expires_at(self, value: datetime | None) -> datetime | None:
        """Refuse a time that is over."""
        if value is not None and value <= timezone.now():
            raise serializers.ValidationError("Choose a time that is still to come.", code="past")
        return value

    class Meta:
        model = ApiToken
        fields = ("id", "name", "prefix", "username", "scopes", "created_at", "last_used_at", "expires_at")
        read_only_fields = ("prefix", "created_at", "last_used_at")


class TokenListSerializer(serializers.Serializer[None]):
    """Which tokens are listed. ``everyone``: for an administrator those of all people, not only their own."""

    everyone = serializers.BooleanField(default=False)


class NewTokenSerializer(TokenSerializer):
    """A token with its secret, shown once."""

    token = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = (*TokenSerializer.Meta.fields, "token")  # type: ignore[assignment]


class BrowserSessionSerializer(serializers.ModelSerializer[BrowserSession]):
    """A browser in which the person is signed in; ``is_current``: the one that sent this request."""

    is_current = serializers.SerializerMethodField()

    class Meta:
        model = BrowserSession
        fields = ("id", "device", "address", "created_at", "last_seen_at", "is_current")

    def get_is_current(self, browser_session: BrowserSession) -> bool:
        """Return whether this request came from it."""
        return bool(browser_session.session_key == stored_key(self.context["request"].session.session_key))


class AuditSerializer(serializers.ModelSerializer[AuditEntry]):
    """An entry of the audit trail. ``actor`` is null for actions without a signed-in person."""

    actor = serializers.CharField(source="actor.username", default=None, read_only=True, allow_null=True)
    workspace = serializers.CharField(source="workspace.name", default=None, read_only=True, allow_null=True)
    details = serializers.DictField(read_only=True)

    class Meta:
        model = AuditEntry
        fields = ("id", "created_at", "actor", "action", "subject", "workspace", "details")


class AuditExportSerializer(serializers.Serializer[None]):
    """Which entries of the audit trail are wanted as a file, and in which form."""

    form = serializers.ChoiceField(choices=["csv", "json"], default="csv")
    after = serializers.DateTimeField(required=False)
    before = serializers.DateTimeField(required=False)


class MemberSerializer(serializers.ModelSerializer[Membership]):
    """Somebody's place in a workspace."""

    user = serializers.UUIDField(source="user.id", read_only=True)
    username = serializers.CharField(source="user.username", read_only=True)
    email = serializers.CharField(source="user.email", read_only=True)
    is_active = serializers.BooleanField(source="user.is_active", read_only=True)
    role = serializers.ChoiceField(choices=ROLES)

    class Meta:
        model = Membership
        fields = ("id", "workspace", "user", "username", "email", "role", "is_active", "created_at")
        read_only_fields = ("workspace",)


class MemberRequestSerializer(serializers.Serializer[None]):
    """Whom to add."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(
        max_length=1024, required=False, allow_blank=True, default="", trim_whitespace=False
    )
    email = serializers.EmailField(required=False, allow_blank=True, default="")
    role = serializers.ChoiceField(choices=ROLES)


class NewMemberSerializer(MemberSerializer):
    """A new member; ``password`` is the one made for them, shown once, or empty."""

    password = serializers.CharField(read_only=True)

    class Meta(MemberSerializer.Meta):
        fields = (*MemberSerializer.Meta.fields, "password")  # type: ignore[assignment]


class WorkspaceSerializer(serializers.ModelSerializer[Workspace]):
    """A workspace."""

    class Meta:
        model = Workspace
        fields = ("id", "name", "created_at")
