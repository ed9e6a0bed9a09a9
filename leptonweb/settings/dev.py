"""Differences for development: debug pages, static files read on each request, a fixed key."""

from leptonweb.settings import *  # noqa: F403
from leptonweb.settings import LEPTON_ARTIFACT_KEY, SECRET_KEY

DEBUG = True
SECRET_KEY = SECRET_KEY or "only-for-development-on-this-machine"
LEPTON_ARTIFACT_KEY = LEPTON_ARTIFACT_KEY or "only-for-development-on-this-machine"
WHITENOISE_AUTOREFRESH = True
