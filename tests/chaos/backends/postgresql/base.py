from django.db.backends.postgresql import base

from tests.chaos.sabotage import LyingDatabase


class DatabaseWrapper(LyingDatabase, base.DatabaseWrapper):
    """May lie."""
