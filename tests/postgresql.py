"""Prints the address of a PostgreSQL in which the tests may make a database; exits with 1 when none answers.

``LEPTON_TEST_DATABASE_URL`` names one; otherwise the server on localhost is tried as ``postgres``, then as the
person who runs the tests. Run as a program by ``make test``.
"""

import getpass
import os
import sys

import psycopg

CONNECT_SECONDS = 2


def answering_url() -> str | None:
    """Return the address of a server that lets us make databases, or None."""
    given = os.environ.get("LEPTON_TEST_DATABASE_URL")
    names = [getpass.getuser(), "postgres"]
    candidates = [given] if given else [f"postgresql://{name}@localhost:5432/postgres" for name in names]
    return next((url for url in candidates if may_make_databases(url)), None)


def may_make_databases(url: str) -> bool:
    """Return whether a connection works and its role may make databases."""
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


if __name__ == "__main__":
    url = answering_url()
    if url is None:
        sys.exit(1)
    sys.stdout.write(f"{url}\n")
