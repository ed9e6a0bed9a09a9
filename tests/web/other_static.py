"""The usual settings with static files of a test."""

import os
from pathlib import Path

from leptonweb.settings import *  # noqa: F403

STATICFILES_DIRS = [Path(os.environ["STATIC_HERE"]) / "static"]
