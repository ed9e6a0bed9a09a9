"""Logging to the standard error stream; who started the process decides where it goes."""

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
    "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": LEPTON_LOG_FORMAT}},
    "root": {"handlers": ["stream"], "level": "INFO"},
    "loggers": {
        # One line for each request and node: for machines that gather them, too many for a terminal.
        "leptonweb.requests": {"level": "INFO" if _IS_JSON else "WARNING"},
        "leptonweb.work": {"level": "INFO" if _IS_JSON else "WARNING"},
        "leptonweb.engine": {"level": "INFO" if _IS_JSON else "WARNING"},
        "django.server": {"level": "INFO" if DEBUG else "WARNING"},
        "django.request": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
        # The supervisor says itself what started and ended.
        "circus": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        # Two lines a message tell nothing that the run does not.
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        # RabbitMQ's exchanges cannot hold messages back until a time; no message of ours asks for it.
        "kombu.transport.native_delayed_delivery": {"level": "ERROR"},
    },
}
