"""The Celery side: jobs by id that call services and supervise engine processes."""

from tasks.jobs import execute as execute
from tasks.jobs import ingest as ingest
from tasks.jobs import worker as worker
