"""Rules for passwords beside Django's."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from apps.accounts.models import User


class NotBlank:
    """Refuses a password of spaces alone."""

    def validate(self, password: str, user: User | None = None) -> None:  # noqa: ARG002
        """Raise ``ValidationError`` for one without a visible character."""
        if not password.strip():
            raise ValidationError(self.get_help_text(), code="password_blank")

    def get_help_text(self) -> str:
        """Return the rule."""
        return "A password must not consist of spaces alone."
