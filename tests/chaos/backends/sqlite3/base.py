from django.db.backends.sqlite3 import base

from tests.chaos.sabotage import LyingDatabase


class DatabaseWrapper(LyingDatabase, base.DatabaseWrapper):
    """May lie."""
