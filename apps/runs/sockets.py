"""The websocket of a run."""

from __future__ import annotations

from channels.db import database_sync_to_async
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from apps.accounts import tokens
from apps.accounts.browser_sessions import has_ended
from apps.live.sockets import EventSocket
from apps.runs.models import Run
from apps.runs.run_transaction import topic_of
from apps.runs.selectors import event_bodies


class RunSocket(EventSocket):
    """``/ws/runs/<id>/?after=<seq>``: the events of a run that the person may see."""

    async def topic(self) -> str | None:
        """Return the run's topic, ``None`` for a run that does not exist or may not be seen."""
        topic: str | None = await database_sync_to_async(self._topic)()
        return topic

    async def events_after(self, after: int, limit: int) -> list[tuple[int, str]]:
        """Return the events from the database."""
        read = database_sync_to_async(event_bodies)
        events: list[tuple[int, str]] = await read(self._run_id, after=after, limit=limit)
        return events

    @property
    def _run_id(self) -> str:
        return str(self.scope["url_route"]["kwargs"]["run"])

    def _topic(self) -> str | None:
        user = self.scope["user"]
        session = self.scope.get("session")
        if session is not None and user.pk is not None and has_ended(session.session_key):
            return None
        token = self.scope.get("token")
        if token is not None and tokens.has_ended(token):
            return None
        if user.pk is not None:
            # Read the row again: the person may have been disabled since they connected.
            user = get_user_model().objects.filter(pk=user.pk, is_active=True, must_change_password=False).first()
        if user is None:
            return None
        try:
            is_seen = Run.objects.visible_to(user).filter(pk=self._run_id).exists()
        except ValidationError:
            return None
        return topic_of(self._run_id) if is_seen else None
