"""What is asked of a child before a start counts as done."""

from __future__ import annotations

import http.server
import threading

from leptonweb.supervise import readiness
from leptonweb.supervise.start import known_host_name


def test_the_page_is_asked_by_a_name_that_it_answers_to(settings):
    """Otherwise each start behind a proxy would begin with an error about a foreign host in the log."""
    asked = []

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.headers["Host"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Page) as server:
        for hosts in (["localhost", "127.0.0.1"], [".example.com", "localhost"], ["*"]):
            settings.ALLOWED_HOSTS = hosts
            answering = threading.Thread(target=server.handle_request)
            answering.start()
            name = known_host_name("127.0.0.1")
            assert readiness.http_answers("127.0.0.1", server.server_port, "/", name=name)
            answering.join()
        own = f"127.0.0.1:{server.server_port}"
    assert asked == [own, "example.com", own]
