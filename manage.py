#!/usr/bin/env python
"""Command line of LeptonWeb: ``python manage.py up`` starts everything."""

import contextlib
import os
import sys
from pathlib import Path


def read_environment_file() -> None:
    """Set the variables of the file that ``LEPTON_ENV_FILE`` names; those that are set already win."""
    name = os.environ.get("LEPTON_ENV_FILE", "").strip()
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
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leptonweb.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        # What cannot be made is explained by the command that needs it.
        with contextlib.suppress(OSError):
            settings.LEPTON_DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    except ImproperlyConfigured as error:
        sys.exit(f"{error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
