"""Sessions of browsers in the database, under a hash of their key: who reads the database, or a backup, is no one else.

The key itself is in the cookie of the browser and nowhere else.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone

STORED_CHARACTERS = 40  # what Django's column holds: 160 bits


def stored_key(session_key: str | None) -> str:
    """Return what the database has in place of the key of a session.

    A plain hash is enough: keys are random, of 165 bits.
    """
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:STORED_CHARACTERS]


class SessionStore(DatabaseSessions):
    """One session; its key is that of the cookie."""

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        found: AbstractBaseSession | None = self.model.objects.filter(
            session_key=stored_key(self.session_key), expire_date__gt=timezone.now()
        ).first()
        if found is None:
            self._session_key = None
        return found

    async def _aget_session_from_db(self) -> AbstractBaseSession | None:
        found: AbstractBaseSession | None = await self.model.objects.filter(
            session_key=stored_key(self.session_key), expire_date__gt=timezone.now()
        ).afirst()
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str | None) -> bool:
        """Return whether there is a session of this key, of the cookie."""
        return super().exists(stored_key(session_key))

    async def aexists(self, session_key: str | None) -> bool:
        """Return whether there is a session of this key, of the cookie."""
        return await super().aexists(stored_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        """Return the row of this session."""
        row = super().create_model_instance(data)
        row.session_key = stored_key(row.session_key)
        return row

    async def acreate_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        """Return the row of this session."""
        row: AbstractBaseSession = await super().acreate_model_instance(data)
        row.session_key = stored_key(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        """End the session of this key, of the cookie; without one, this session."""
        if key := session_key or self.session_key:
            super().delete(stored_key(key))

    async def adelete(self, session_key: str | None = None) -> None:
        """End the session of this key, of the cookie; without one, this session."""
        if key := session_key or self.session_key:
            await super().adelete(stored_key(key))
