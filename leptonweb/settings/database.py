"""The database: SQLite in the data folder, or PostgreSQL by ``DATABASE_URL``.

Requests are not wrapped in a transaction: under immediate transactions that would hold the only write
lock for whole requests, reads included.
"""

from typing import Any

from leptonweb.settings import env
from leptonweb.settings.base import LEPTON_DATA_DIR

SQLITE: dict[str, Any] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": LEPTON_DATA_DIR / "leptonweb.sqlite3",
    "OPTIONS": {
        # A deferred transaction that reads before it writes fails with "database is locked" whatever the
        # timeout; taking the write lock at the start makes it wait instead.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
            "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-16000"
        ),
    },
}

# A query on a connection whose server has vanished fails within half a minute.
_PATIENCE: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}

_chosen = env.database("DATABASE_URL", SQLITE)
if _chosen["ENGINE"].endswith("postgresql"):
    _chosen["OPTIONS"] = {"pool": {"min_size": 2, "max_size": 10, "timeout": 5}, **_PATIENCE, **_chosen["OPTIONS"]}

DATABASES = {"default": {**_chosen, "ATOMIC_REQUESTS": False}}
