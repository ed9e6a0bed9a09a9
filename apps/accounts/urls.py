"""Routes of accounts."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.accounts.api.views import (
    AuditViewSet,
    BrowserSessionViewSet,
    LoginTokenView,
    MemberViewSet,
    PasswordView,
    SessionView,
    SetupLinkView,
    SetupView,
    TokenViewSet,
)

router = SimpleRouter()
router.register("tokens", TokenViewSet, basename="token")
router.register("sign-ins", BrowserSessionViewSet, basename="sign-in")
router.register("audit", AuditViewSet, basename="audit")
router.register("members", MemberViewSet, basename="member")

urlpatterns = [
    path("session/", SessionView.as_view(), name="session"),
    path("setup/", SetupView.as_view(), name="setup"),
    path("setup/link/", SetupLinkView.as_view(), name="setup-link"),
    path("password/", PasswordView.as_view(), name="password"),
    path("auth/token/", LoginTokenView.as_view(), name="token-from-password"),
    *router.urls,
]
