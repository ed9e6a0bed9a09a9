"""HTTP calls about people."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from django.db.models.functions import Lower
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect, ensure_csrf_cookie
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from apps.accounts import browser_sessions, services, tokens
from apps.accounts.api.serializers import (
    AuditExportSerializer,
    AuditSerializer,
    BrowserSessionSerializer,
    CredentialsSerializer,
    MemberRequestSerializer,
    MemberSerializer,
    NewMemberSerializer,
    NewTokenSerializer,
    PasswordSerializer,
    SessionSerializer,
    SetupLinkSerializer,
    SetupSerializer,
    TokenListSerializer,
    TokenRequestSerializer,
    TokenSecretSerializer,
    TokenSerializer,
)
from apps.accounts.audit_export import export, select_span
from apps.accounts.current_user import user_of
from apps.accounts.login import check_password
from apps.accounts.models import ApiToken, AuditEntry, BrowserSession, Membership, User
from apps.accounts.selectors import session_of
from apps.accounts.session_store import stored_key
from apps.common.best_effort import best_effort
from apps.common.ordering import ColumnOrdering
from apps.common.pagination import list_parameters
from apps.common.request_data import validated_body, validated_query
from apps.common.roles import Action, Role
from apps.common.search import WordSearch
from apps.common.viewsets import ScopedViewSet


@method_decorator([ensure_csrf_cookie, csrf_protect], name="dispatch")
class SessionView(APIView):
    """The page's login."""

    permission_classes = (AllowAny,)
    needs_reserve = ("POST",)  # who cannot sign in cannot delete

    @extend_schema(operation_id="session_read", responses=SessionSerializer)
    def get(self, request: Request) -> Response:
        """Return who is logged in, and set the cookie against cross-site requests."""
        if isinstance(request.user, User):
            touch = partial(browser_sessions.touch, request=request._request, user=request.user)
            best_effort("when a browser was last seen", touch)
        return Response(session_of(request.user))

    @extend_schema(operation_id="session_start", request=CredentialsSerializer, responses=SessionSerializer)
    def post(self, request: Request) -> Response:
        """Log in."""
        user = check_password(request=request._request, **validated_body(CredentialsSerializer, request))
        browser_sessions.start(request=request._request, user=user)
        return Response(session_of(user))

    @extend_schema(operation_id="session_end", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Log out."""
        browser_sessions.end_current(request=request._request)
        return Response(status=204)


@method_decorator(csrf_protect, name="dispatch")
class SetupView(APIView):
    """The first account."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="setup", request=SetupSerializer, responses=SessionSerializer)
    def post(self, request: Request) -> Response:
        """Make the first administrator with the one-time token and log them in."""
        user = services.set_up(**validated_body(SetupSerializer, request))
        browser_sessions.start(request=request._request, user=user)
        return Response(session_of(user))


@method_decorator(csrf_protect, name="dispatch")
class SetupLinkView(APIView):
    """The link to the form of the first account."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="setup_link_check", request=SetupLinkSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Return whether a set-up link still makes an account."""
        services.check_setup_link(**validated_body(SetupLinkSerializer, request))
        return Response(status=204)


class PasswordView(APIView):
    """The person's own password."""

    serves_first_password = True
    acts: ClassVar = {"post": Action.OWN_ACCOUNT}

    @extend_schema(operation_id="password_change", request=PasswordSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Choose another password; other sessions end, this one goes on."""
        user = user_of(request)
        values = validated_body(PasswordSerializer, request)
        services.change_password(user=user, current=values["current"], new=values["new"])
        if values["revoke_tokens"]:
            tokens.revoke_all(user=user)
        browser_sessions.keep_only_current(request=request._request, user=user)
        return Response(status=204)


class LoginTokenView(APIView):
    """A token for a program that knows name and password."""

    permission_classes = (AllowAny,)
    authentication_classes = ()
    needs_reserve = ("POST",)

    @extend_schema(operation_id="token_from_password", request=TokenRequestSerializer, responses=TokenSecretSerializer)
    def post(self, request: Request) -> Response:
        """Return a new token, which expires after a few hours."""
        values = validated_body(TokenRequestSerializer, request)
        name = values.pop("name")
        user = check_password(request=request._request, **values)
        token, secret = tokens.issue_for_login(user=user, name=name)
        return Response({"token": secret, "expires_at": token.expires_at})


class TokenViewSet(ListModelMixin, GenericViewSet[ApiToken]):
    """The person's own tokens."""

    queryset = ApiToken.objects.all()
    serializer_class = TokenSerializer
    own_parameters = tuple(TokenListSerializer().fields)
    filter_backends = (WordSearch, ColumnOrdering)
    search_fields = ("name", "prefix", "user__username")
    orders: ClassVar[dict[str, Any]] = {
        "name": Lower("name"),
        "owner": "user__username",
        "created": "created_at",
        "used": "last_used_at",
        "expires": "expires_at",
    }
    acts: ClassVar = {
        "list": Action.OWN_ACCOUNT,
        "create": Action.OWN_ACCOUNT,
        "destroy": Action.OWN_ACCOUNT,
    }

    def get_queryset(self) -> Any:
        """Return the person's own tokens; an administrator revokes, and lists with ``?everyone=true``, those of all."""
        every = self.action == "destroy" or self._asks_for_everyone()
        rows = ApiToken.objects.select_related("user")
        return rows.revocable_by(self.request.user) if every else rows.of(self.request.user)

    def _asks_for_everyone(self) -> bool:
        return bool(validated_query(TokenListSerializer, self.request, others=list_parameters(self))["everyone"])

    @extend_schema(parameters=[TokenListSerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the person's own tokens, or to an administrator who asks for them those of everyone."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=TokenSerializer, responses={201: NewTokenSerializer})
    def create(self, request: Request) -> Response:
        """Make a token and show its secret once."""
        values = validated_body(TokenSerializer, request)
        tokens.check_narrower(parent=request.auth, scopes=values["scopes"], expires_at=values["expires_at"])
        token, secret = tokens.issue(user=user_of(request), **values)
        return Response({**TokenSerializer(token).data, "token": secret}, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Revoke a token."""
        tokens.revoke(token=self.get_object(), actor=user_of(request))
        return Response(status=204)


class BrowserSessionViewSet(ListModelMixin, GenericViewSet[BrowserSession]):
    """The browsers in which the person is signed in."""

    queryset = BrowserSession.objects.all()
    serializer_class = BrowserSessionSerializer
    acts: ClassVar = {
        "list": Action.OWN_ACCOUNT,
        "destroy": Action.OWN_ACCOUNT,
        "elsewhere": Action.OWN_ACCOUNT,
    }

    def get_queryset(self) -> Any:
        """Return the person's own ones only."""
        return BrowserSession.objects.of(self.request.user)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Sign out on one device."""
        self.get_object()
        browser_sessions.revoke(sessions=self.get_queryset().filter(pk=pk), actor=user_of(request))
        return Response(status=204)

    @extend_schema(operation_id="sign_ins_end_elsewhere", responses={204: None})
    @action(detail=False, methods=["delete"])
    def elsewhere(self, request: Request) -> Response:
        """Sign out everywhere but here."""
        others = self.get_queryset().elsewhere(stored_key(request.session.session_key))
        browser_sessions.revoke(sessions=others, actor=user_of(request))
        return Response(status=204)


class AuditViewSet(ListModelMixin, GenericViewSet[AuditEntry]):
    """Who did what on this site."""

    queryset = AuditEntry.objects.select_related("actor", "workspace")
    serializer_class = AuditSerializer
    filter_backends = (WordSearch, ColumnOrdering)
    search_fields = ("actor__username", "action", "subject")
    orders: ClassVar[dict[str, Any]] = {
        "action": "action",
        "subject": Lower("subject"),
        "who": "actor__username",
        "when": "created_at",
    }
    acts: ClassVar = {"list": Action.ADMINISTER, "export": Action.ADMINISTER}

    @extend_schema(
        parameters=[AuditExportSerializer],
        responses={(200, "text/csv"): OpenApiTypes.STR, (200, "application/json"): OpenApiTypes.STR},
    )
    @action(detail=False, pagination_class=None)
    def export(self, request: Request) -> HttpResponse:
        """Return the entries, those that a search finds or those of a span of time, as a file."""
        asked = validated_query(AuditExportSerializer, request, others=list_parameters(self))
        span = select_span(self.filter_queryset(self.get_queryset()), asked.get("after"), asked.get("before"))
        text, media_type = export(span, asked["form"])
        named = {"Content-Disposition": f'attachment; filename="audit.{asked["form"]}"'}
        return HttpResponse(text, content_type=media_type, headers=named)


class MemberViewSet(ListModelMixin, ScopedViewSet):
    """The people of a workspace."""

    queryset = Membership.objects.select_related("user").all()
    serializer_class = MemberSerializer
    acts: ClassVar = {
        "list": Action.VIEW,
        "create": Action.MANAGE_MEMBERS,
        "partial_update": Action.MANAGE_MEMBERS,
        "destroy": Action.MANAGE_MEMBERS,
    }

    @extend_schema(request=MemberRequestSerializer, responses={201: NewMemberSerializer})
    def create(self, request: Request) -> Response:
        """Add a member, with a new account if the name is new."""
        values = validated_body(MemberRequestSerializer, request)
        role = Role(values.pop("role"))
        added, made = services.add_member(workspace=self.workspace, actor=user_of(request), role=role, **values)
        return Response({**MemberSerializer(added).data, "password": made}, status=201)

    @extend_schema(request=MemberSerializer, responses=MemberSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Give a member another role."""
        membership = self.get_object()
        role = Role(validated_body(MemberSerializer, request)["role"])
        changed = services.change_role(membership=membership, actor=user_of(request), role=role)
        return Response(MemberSerializer(changed).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Remove a member."""
        services.remove_member(membership=self.get_object(), actor=user_of(request))
        return Response(status=204)
