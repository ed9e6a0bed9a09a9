"""Differences for an installation behind TLS: secure cookies, strict transport security.

That a request came by HTTPS is believed from ``LEPTON_TRUSTED_PROXIES`` alone: `leptonweb.web.trusted_proxies`.
"""

from leptonweb.settings import *  # noqa: F403

DEBUG = False
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_NAME = "__Host-leptonweb_session"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
