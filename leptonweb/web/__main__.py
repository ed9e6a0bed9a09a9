"""``python -m leptonweb.web``: the page, the interface and the websockets on one port."""

from __future__ import annotations

import argparse
import os
import sys


def main() -> None:
    """Serve until asked to end."""
    os.umask(0o077)  # uploads are for this user alone
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leptonweb.settings")
    from daphne.server import Server  # noqa: F401 - installs the reactor before anything imports Twisted
    from django.conf import settings

    parser = argparse.ArgumentParser(prog="python -m leptonweb.web")
    parser.add_argument("--host", default=settings.LEPTON_HOST)
    parser.add_argument("--port", type=int, default=settings.LEPTON_PORT)
    parser.add_argument("--fd", type=int, help="listen on this open socket instead")
    arguments = parser.parse_args()

    from tasks.catalogue import CatalogueError, catalogue

    try:
        catalogue()
    except CatalogueError as error:
        sys.exit(str(error))

    from daphne.endpoints import build_endpoint_description_strings

    from apps.common.disk_space import make_reserve
    from leptonweb.asgi import application
    from leptonweb.web import periodic_tasks
    from leptonweb.web.limits import Limits
    from leptonweb.web.loop_lag import measure_loop_lag
    from leptonweb.web.server import WebServer

    if arguments.fd is not None:
        endpoints = build_endpoint_description_strings(file_descriptor=arguments.fd)
    else:
        endpoints = [
            f"{endpoint}:backlog=1024"
            for endpoint in build_endpoint_description_strings(host=arguments.host, port=arguments.port)
        ]
    make_reserve()  # before anybody fills the disk
    server = WebServer(application, endpoints, Limits.of_settings(settings))

    def begin() -> None:
        measure_loop_lag()
        periodic_tasks.start()

    sys.exit(0 if server.run(begin=begin) else 1)


if __name__ == "__main__":
    main()
