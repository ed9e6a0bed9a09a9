"""Redis and Celery.

The database is the truth and re-publishes what was lost, so messages are acknowledged early (a long
job must never be delivered twice), carry ids only, and publishing gives up quickly.
"""

from typing import Any

from kombu import Exchange, Queue

from leptonweb.settings import env

# Redis carries live events, and jobs too unless LEPTON_BROKER_URL names another broker.
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
LEPTON_BROKER_URL = env.text("LEPTON_BROKER_URL", REDIS_URL)
_IS_RABBITMQ = LEPTON_BROKER_URL.startswith(("amqp://", "amqps://"))

CELERY_BROKER_URL = LEPTON_BROKER_URL
CELERY_RESULT_BACKEND = None
CELERY_IMPORTS = ("tasks.jobs",)
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_EVENT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TRACK_STARTED = False
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_TASK_DEFAULT_QUEUE = "cpu"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_WORKER_POOL = "leptonweb.thread_pool:EagerConsumerThreadPool"
CELERY_WORKER_CONCURRENCY = env.integer("LEPTON_WORKER_SLOTS", 2, minimum=1)
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_DISABLE_PREFETCH = not _IS_RABBITMQ  # which hands out one message for each slot by itself
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A Redis that is out of memory or disk refuses commands. Without this setting the worker would exit, with its jobs.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
_REDIS_OPTIONS: dict[str, Any] = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 15,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 15,
}
# A job counts as sent once the broker has confirmed it.
_RABBITMQ_OPTIONS: dict[str, Any] = {"confirm_publish": True, "confirm_timeout": 5, "connect_timeout": 5}
CELERY_BROKER_TRANSPORT_OPTIONS = _RABBITMQ_OPTIONS if _IS_RABBITMQ else _REDIS_OPTIONS
if _IS_RABBITMQ:
    CELERY_BROKER_HEARTBEAT = 30
    # Quorum queues: confirmed once most brokers have a copy. A message that was delivered often and never acknowledged
    # is dropped: the work itself is in the database, the message only notifies a worker.
    CELERY_TASK_QUEUES = [
        Queue(
            name,
            Exchange(name),
            routing_key=name,
            queue_arguments={"x-queue-type": "quorum", "x-delivery-limit": 10},
        )
        for name in ("cpu", "gpu")
    ]
CELERY_ENABLE_UTC = True
CELERY_TIMEZONE = "UTC"

# 0: most of the machine's memory, divided by the slots.
LEPTON_ATTEMPT_MEMORY_MB = env.integer("LEPTON_ATTEMPT_MEMORY_MB", 0)
# 0: no limit.
LEPTON_NODE_DEADLINE_SECONDS = env.integer("LEPTON_NODE_DEADLINE_SECONDS", 24 * 3600)
# For a whole run, counted from its first node; 0: no limit.
LEPTON_RUN_DEADLINE_SECONDS = env.integer("LEPTON_RUN_DEADLINE_SECONDS", 7 * 24 * 3600)
# One name:gigabytes each; when empty, what NVIDIA's driver reports.
LEPTON_GPUS = env.words("LEPTON_GPUS")
# Shortest time between two checkpoints of a training.
LEPTON_CHECKPOINT_SECONDS = env.integer("LEPTON_CHECKPOINT_SECONDS", 20)
