"""A database and a broker of our own in the servers that answer here, made for a test and dropped after it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from kombu import Connection

from tests.postgresql import answering_url

RABBITMQ = os.environ.get("LEPTON_TEST_RABBITMQ_URL", "amqp://guest:guest@localhost:5672")
RABBITMQ_PAGES = os.environ.get("LEPTON_TEST_RABBITMQ_PAGES", "http://localhost:15672")


@contextmanager
def database() -> Iterator[str]:
    """Lend the address of a new database."""
    server = answering_url()
    if server is None:
        pytest.skip("needs PostgreSQL on localhost:5432")
    name = f"lepton_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def virtual_host() -> Iterator[str]:
    """Lend the address of a new virtual host of RabbitMQ."""
    try:
        with Connection(RABBITMQ, connect_timeout=3) as connection:
            connection.connect()
    except OSError as error:
        pytest.skip(f"needs RabbitMQ at {RABBITMQ}: {error}")
    name = f"lepton-{uuid.uuid4().hex}"
    if not _change(name, "PUT"):
        pytest.skip("neither the pages of RabbitMQ nor rabbitmqctl let us make a virtual host")
    try:
        yield f"{RABBITMQ}/{name}"
    finally:
        _change(name, "DELETE")


def _change(name: str, method: str) -> bool:
    user = urlsplit(RABBITMQ).username or "guest"
    with suppress(OSError, urllib.error.URLError):
        _ask(f"vhosts/{name}", method)
        if method == "PUT":
            _ask(f"permissions/{name}/{user}", "PUT", {"configure": ".*", "write": ".*", "read": ".*"})
        return True
    commands = [["delete_vhost", name]]
    if method == "PUT":
        commands = [["add_vhost", name], ["set_permissions", "-p", name, user, ".*", ".*", ".*"]]
    with suppress(OSError):
        return all(
            subprocess.run(["rabbitmqctl", "-q", *rest], check=False, capture_output=True, timeout=60).returncode == 0
            for rest in commands
        )
    return False


def queues_of(virtual_host: str) -> dict[str, str]:
    """Return the kinds of the queues in a virtual host, by name."""
    command = ["rabbitmqctl", "-q", "list_queues", "-p", virtual_host, "name", "type", "--formatter", "json"]
    done = subprocess.run(command, check=True, capture_output=True, timeout=60)
    return {queue["name"]: queue["type"].rpartition("_")[2] for queue in json.loads(done.stdout)}


def _ask(path: str, method: str, body: dict[str, str] | None = None) -> None:
    parts = urlsplit(RABBITMQ)
    key = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
    request = urllib.request.Request(
        f"{RABBITMQ_PAGES}/api/{path}",
        method=method,
        data=json.dumps(body or {}).encode(),
        headers={"Authorization": f"Basic {key}", "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=10).close()
