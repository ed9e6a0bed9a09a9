#!/usr/bin/env python
"""Command line of LeptonWeb: ``python manage.py up`` starts everything."""

import contextlib
import os
import sys


def main() -> None:
    """Run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leptonweb.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        # What cannot be made is explained by the command that needs it.
        with contextlib.suppress(OSError):
            settings.LEPTON_DATA_DIR.mkdir(parents=True, exist_ok=True)
    except ImproperlyConfigured as error:
        sys.exit(f"{error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
