"""Secrets, passwords, sessions, cookies and headers."""

from leptonweb.settings import env
from leptonweb.settings.base import LEPTON_DATA_DIR, LEPTON_HOST, LEPTON_PORT

LEPTON_SECRETS_DIR = LEPTON_DATA_DIR / "secrets"
LEPTON_SECRET_KEY = env.secret("LEPTON_SECRET_KEY", LEPTON_SECRETS_DIR)
SECRET_KEY = LEPTON_SECRET_KEY
LEPTON_ARTIFACT_KEY = env.secret("LEPTON_ARTIFACT_KEY", LEPTON_SECRETS_DIR)

ALLOWED_HOSTS = env.words("LEPTON_ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]", LEPTON_HOST))
CSRF_TRUSTED_ORIGINS = [
    f"{scheme}://{'*' if host.startswith('.') else ''}{host}{port}"
    for host in ALLOWED_HOSTS
    if host != "*"
    for scheme, port in (("http", f":{LEPTON_PORT}"), ("https", ""))
]

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "apps.accounts.password_rules.NotBlank"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Addresses or networks of proxies whose headers about the client, the protocol and the port are believed.
LEPTON_TRUSTED_PROXIES = env.words("LEPTON_TRUSTED_PROXIES")
# Sent over HTTPS alone; 0: not at all.
SECURE_HSTS_SECONDS = env.integer("LEPTON_HSTS_SECONDS", 365 * 24 * 3600)
# Days after which entries of the audit trail are removed; 0: never.
LEPTON_AUDIT_DAYS = env.integer("LEPTON_AUDIT_DAYS", 0)
SESSION_ENGINE = "apps.accounts.session_store"
SESSION_COOKIE_NAME = "leptonweb_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_NAME = "csrftoken"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "apps.common.spa_shell.csrf_failure"

PERMISSIONS_POLICY = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), "
    "midi=(), payment=(), usb=()"
)
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; "
    # The component library and the charts write style elements at run time.
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'"
)
