"""Paths, installed applications, middleware, templates and language."""

from pathlib import Path

from leptonweb.settings import env

VERSION = "0.1.0"

BASE_DIR = Path(__file__).resolve().parents[2]
LEPTON_DATA_DIR = env.folder("LEPTON_DATA_DIR", BASE_DIR / "data")
LEPTON_HOST = env.text("LEPTON_HOST", "127.0.0.1")
LEPTON_PORT = env.integer("LEPTON_PORT", 8000, minimum=1)
LEPTON_SERVE_PORT = env.integer("LEPTON_SERVE_PORT", 8001, minimum=1)
# A wildcard address cannot be called. Installations that listen on every interface set LEPTON_SERVE_URL.
_SERVE_NAME = "localhost" if LEPTON_HOST in {"0.0.0.0", "::"} else LEPTON_HOST  # noqa: S104
LEPTON_SERVE_URL = env.text("LEPTON_SERVE_URL", f"http://{_SERVE_NAME}:{LEPTON_SERVE_PORT}").rstrip("/")
LEPTON_WORKER_SLOTS = env.integer("LEPTON_WORKER_SLOTS", 2, minimum=1)
LEPTON_ADMIN_USERNAME = env.text("LEPTON_ADMIN_USERNAME")
LEPTON_ADMIN_PASSWORD = env.text("LEPTON_ADMIN_PASSWORD")

DEBUG = env.flag("LEPTON_DEBUG", default=False)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "channels",
    "leptonweb",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "apps.common",
    "apps.live",
    "apps.accounts",
    "apps.compute",
    "apps.datasets",
    "apps.graphs",
    "apps.runs",
    "apps.registry",
    "apps.serving",
]

MIDDLEWARE = [
    "apps.common.middleware.RequestId",
    "apps.common.middleware.SecurityHeaders",
    "apps.common.middleware.DiskReserve",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "leptonweb.urls"
ASGI_APPLICATION = "leptonweb.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    },
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
