"""Differences for the test suite: throw-away folder, cheap passwords, no broker. Honours ``DATABASE_URL``."""

import tempfile
from pathlib import Path

from leptonweb.settings import *  # noqa: F403
from leptonweb.settings.database import DATABASES

SECRET_KEY = "only-for-tests"  # noqa: S105
LEPTON_ARTIFACT_KEY = "only-for-tests"
# A name only: the fixture that needs the folder makes it.
LEPTON_DATA_DIR = Path(tempfile.gettempdir()) / "leptonweb-tests"
UPLOAD_DIR = LEPTON_DATA_DIR / "uploads"
LEPTON_ARTIFACTS_URL = str(LEPTON_DATA_DIR / "artifacts")
LEPTON_ADMIN_USERNAME = ""
LEPTON_ADMIN_PASSWORD = ""
ALLOWED_HOSTS = ["testserver", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_BROKER_URL = "memory://"
DATABASES["default"].get("OPTIONS", {}).pop("pool", None)
WHITENOISE_AUTOREFRESH = True
