#!/usr/bin/env python
"""Command line of LeptonWeb: ``python manage.py up`` starts everything."""

import contextlib
import os
import sys
from pathlib import Path

KEY_IS_MISSING = (
    "LEPTON_SECRET_KEY is not set. “make run” makes one and keeps it in the data folder; or set the variable."
)

FOR_THE_SOURCE_TREE = frozenset({"makemigrations", "makemessages", "spectacular", "export_events", "startapp"})


def read_environment_file() -> None:
    """Set the variables of the file that ``LEPTON_ENV_FILE`` names; those that are set already win.

    Without that variable it is ``.env`` beside this program, if there is one; with an empty one, no file.
    """
    beside = Path(__file__).resolve().with_name(".env")
    name = os.environ.get("LEPTON_ENV_FILE", str(beside) if beside.is_file() else "").strip()
    if not name:
        return
    if not Path(name).is_file():
        sys.exit(f"LEPTON_ENV_FILE names “{name}”, and there is no such file.")
    from dotenv import load_dotenv

    load_dotenv(name, encoding="utf-8")
    os.environ["LEPTON_ENV_FILE"] = str(Path(name).resolve())  # what this starts may work in another folder


def main() -> None:
    """Run the command named on the command line."""
    read_environment_file()
    if not FOR_THE_SOURCE_TREE & set(sys.argv[1:2]):
        # Whatever a command writes, the database above all, is for this user alone.
        os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leptonweb.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, ProgrammingError

    try:
        # What cannot be made is explained by the command that needs it.
        with contextlib.suppress(OSError):
            settings.LEPTON_DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        is_key = "SECRET_KEY" in str(error)
        sys.exit(KEY_IS_MISSING if is_key else f"{error}")
    except (OperationalError, ProgrammingError):
        from apps.common.database_state import database_fault

        # `migrate` is what makes the tables, so its own errors are about something else.
        is_explained = not {"migrate", "--traceback"} & set(sys.argv)
        sentence = database_fault() if is_explained else None
        if sentence is None:
            raise
        sys.exit(sentence)


if __name__ == "__main__":
    main()
