"""What people write on a version's card; every text they wrote stays."""

from __future__ import annotations

from django.db import transaction

from apps.accounts import audit
from apps.accounts.models import User
from apps.common.errors import ApplicationError
from apps.registry.models import CardText, ModelVersion
from tasks.graph.messages import Message, Term

LONGEST = 50_000


def current_text(version: ModelVersion) -> CardText | None:
    """Return the current text of the card, or ``None`` without any."""
    return version.texts.select_related("created_by").first()


def write(*, version: ModelVersion, user: User, text: str, after: int) -> CardText | None:
    """Put a text on the card and return it; the same text again is no other one.

    Args:
        version: Whose card.
        user: Who writes.
        text: Markdown; may be empty.
        after: Number of the text it was written upon, 0 for none.

    Raises:
        ApplicationError: 409 with the text that is there now, when somebody else wrote meanwhile.
    """
    with transaction.atomic():
        held = ModelVersion.objects.select_for_update(of=("self",)).select_related("model__workspace")
        locked = held.get(pk=version.pk)
        latest = current_text(locked)
        known = latest.number if latest else 0
        if (latest.text if latest else "") == text:
            return latest
        if known != after:
            raise _changed(latest)
        written = CardText.objects.create(version=locked, number=known + 1, text=text, created_by=user)
        model = locked.model
        audit.record(
            actor=user, action="model.card_written", subject=model.name, workspace=model.workspace,
            version=locked.number, text=written.number,
        )  # fmt: skip
    return written


def _changed(latest: CardText | None) -> ApplicationError:
    who = latest.created_by.username if latest and latest.created_by else Term("person.somebody", "somebody")
    message = Message(
        "card.changed_elsewhere",
        "{user} changed this card since you opened it. Keep yours, or take theirs.",
        user=who,
    )
    details = {"number": latest.number if latest else 0, "text": latest.text if latest else "", "written_by": who}
    return ApplicationError("card_changed", message, 409, details=details)
