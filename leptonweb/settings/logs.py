"""Logging to the standard error stream; the parent process redirects it."""

from leptonweb.settings import env
from leptonweb.settings.base import DEBUG

LEPTON_LOG_FORMAT = env.one_of("LEPTON_LOG_FORMAT", ("text", "json"))
_IS_JSON = LEPTON_LOG_FORMAT == "json"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "apps.common.log_formatters.TextFormatter"},
        "json": {"()": "apps.common.log_formatters.JsonFormatter"},
    },
    "filters": {"one_line": {"()": "apps.common.log_formatters.OneLineFilter"}},
    "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": LEPTON_LOG_FORMAT}},
    "root": {"handlers": ["stream"], "level": "INFO"},
    "loggers": {
        # One line for each request and node: for log collectors, too many for a terminal.
        "leptonweb.requests": {"level": "INFO" if _IS_JSON else "WARNING"},
        "leptonweb.work": {"level": "INFO" if _IS_JSON else "WARNING"},
        "leptonweb.engine": {"level": "INFO" if _IS_JSON else "WARNING"},
        "django.server": {"level": "INFO" if DEBUG else "WARNING"},
        "django.request": {"level": "ERROR"},
        # Anybody can send a foreign host name, or a cookie that somebody changed: that is no fault of ours.
        "django.security.DisallowedHost": {"filters": ["one_line"]},
        "django.security.SuspiciousSession": {"filters": ["one_line"]},
        "httpx": {"level": "WARNING"},
        # The supervisor logs itself which process started and ended.
        "circus": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        # Two lines per message, without information that the run does not have.
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        # It warns that RabbitMQ cannot delay messages, which this program never requests.
        "kombu.transport.native_delayed_delivery": {"level": "ERROR"},
    },
}
