"""Slow clients, many clients, clients that do not read, and the end of the process."""

from __future__ import annotations

import json
import signal
import socket
import struct
import threading

import pytest

from tests.stack import wait_for
from tests.web.process import Web

HEAD = b"GET /api/v1/health/ HTTP/1.1\r\nHost: localhost\r\n"
KIBIBYTE = 1024
MEBIBYTE = 1024 * KIBIBYTE
QUICK = {"head_seconds": 1, "body_grace_seconds": 1, "drain_seconds": 5, "request_seconds": 2, "connections": 20}


@pytest.fixture
def web(tmp_path):
    with Web.start(tmp_path / "data", stand_in=True, limits=QUICK) as web:
        yield web


def read_all(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as file:
        return file.read()


def frame_of(connection: socket.socket) -> tuple[int, bytes]:
    """Return kind and content of the next frame of a websocket."""
    with connection.makefile("rb", buffering=0) as file:

        def take(size: int) -> bytes:
            got = b""
            while len(got) < size:
                piece = file.read(size - len(got))
                assert piece, "the connection ended"
                got += piece
            return got

        kind, length = take(2)
        if length == 126:
            (length,) = struct.unpack("!H", take(2))
        return kind & 15, take(length)


def message(payload: bytes, *, announced: int = 0) -> bytes:
    """Return a text frame as a client sends it."""
    length = announced or len(payload)
    size = bytes([0x80 | length]) if length < 126 else b"\xff" + struct.pack("!Q", length)
    return b"\x81" + size + b"\0\0\0\0" + payload


def test_a_head_that_does_not_come_to_its_end_is_ended(web):
    answer = read_all(web.connect(HEAD))
    assert b" 408 " in answer.splitlines()[0]
    said = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert (said["code"], said["message_id"]) == ("too_slow", "request.slow_head")
    assert read_all(web.connect()) == b""


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (HEAD + b"Cookie: " + b"a" * 40_000 + b"\r\n\r\n", 431),
        (HEAD + b"".join(b"X-%d: %s\r\n" % (at, b"a" * 4000) for at in range(10)) + b"\r\n", 431),
    ],
    ids=["the address", "one header", "many headers"],
)
def test_a_head_that_is_too_large_is_said_to_be(web, head, status):
    answer = read_all(web.connect(head))
    assert b" %d " % status in answer.splitlines()[0]
    assert "KiB" in json.loads(answer.partition(b"\r\n\r\n")[2])["message"]


def test_a_body_that_drips_is_ended(web):
    answer = read_all(web.connect(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nx"))
    assert b" 408 " in answer.splitlines()[0]


def test_an_answer_that_does_not_begin_in_time_is_a_503_in_the_one_form(web):
    status, _, body = web.call("GET", "/slow")
    assert (status, json.loads(body)["code"], json.loads(body)["message_id"]) == (503, "too_slow", "server.too_slow")


def test_connections_without_a_request_make_room_for_new_ones_of_their_address(web):
    idle = [web.connect(HEAD) for _ in range(60)]
    assert web.call("GET", "/")[0] == 200
    elsewhere = web.connect(HEAD + b"\r\n", source="127.0.0.2")
    assert b" 200 " in elsewhere.recv(100)
    assert sum(_is_open(connection) for connection in idle) <= 20


def _is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return bool(connection.recv(1))
    except BlockingIOError:
        return True
    except OSError:
        return False


def test_an_address_whose_connections_are_all_worked_on_gets_no_more(web):
    busy = [web.open_socket("/quiet") for _ in range(20)]
    with pytest.raises((OSError, AssertionError)):
        web.open_socket("/quiet")
    busy.pop().close()
    wait_for("a free place", lambda: _answers(web))


def _answers(web: Web) -> bool:
    try:
        return web.call("GET", "/")[0] == 200
    except OSError:
        return False


def test_a_client_that_does_not_read_its_answer_costs_no_memory_and_is_ended(web):
    web.call("GET", "/")
    before = web.resident_bytes()
    silent = [
        web.connect(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n", receive_bytes=4096) for _ in range(8)
    ]  # 256 MiB each
    reader = web.connect(b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert sum(iter(lambda: len(reader.recv(MEBIBYTE)), 0)) > 256 * MEBIBYTE
    assert web.resident_bytes() - before < 20 * MEBIBYTE
    for connection in silent:
        wait_for("the end", lambda connection=connection: not _is_open_to_writing(connection), timeout_seconds=20)


def _is_open_to_writing(connection: socket.socket) -> bool:
    try:
        connection.send(b"x")
    except OSError:
        return False
    return True


def test_websockets_that_never_read_cost_no_memory(web):
    before = web.resident_bytes()
    silent = [web.open_socket("/flood", receive_bytes=4096) for _ in range(15)]
    reader = web.open_socket("/flood")
    received = sum(len(frame_of(reader)[1]) for _ in range(2000))
    assert received == 2000 * 32_768
    assert web.resident_bytes() - before < 20 * MEBIBYTE
    assert len(silent) == 15


def test_a_message_above_64_kibibytes_ends_the_websocket(web):
    connection = web.open_socket("/quiet")
    connection.sendall(message(b"x" * 100, announced=65 * KIBIBYTE))
    kind, content = frame_of(connection)
    assert (kind, struct.unpack("!H", content[:2])[0]) == (8, 1009)


def test_a_websocket_that_sends_faster_than_it_is_read_is_sent_away(web):
    connection = web.open_socket("/never-reads")
    connection.sendall(message(b"x" * 10) * 3)
    connection.sendall(message(b"x" * 10) * 1500)
    kind, content = frame_of(connection)
    assert (kind, struct.unpack("!H", content[:2])[0]) == (8, 1008)


def test_an_application_may_close_a_websocket_with_any_code(web):
    kind, content = frame_of(web.open_socket("/try-again"))
    assert (kind, struct.unpack("!H", content[:2])[0]) == (8, 1013)


def test_asked_to_end_it_finishes_requests_then_closes_websockets_then_ends(tmp_path):
    folder = tmp_path / "data"
    with Web.start(folder, stand_in=True, limits=QUICK | {"request_seconds": 30, "drain_seconds": 30}) as web:
        watcher = web.open_socket("/quiet")
        answers: list[bytes] = []
        asking = threading.Thread(target=lambda: answers.append(web.call("GET", "/slow")[2]))
        asking.start()
        wait_for("the request is worked on", (folder / "begun").exists)
        web.process.send_signal(signal.SIGTERM)
        wait_for("it listens no more", lambda: not _takes_connections(web))
        assert web.process.poll() is None
        (folder / "go").touch()
        asking.join()
        assert answers == [b"done"]
        kind, content = frame_of(watcher)
        assert (kind, struct.unpack("!H", content[:2])[0]) == (8, 1001)
        watcher.close()
        assert web.process.wait(timeout=10) == 0


def _takes_connections(web: Web) -> bool:
    try:
        web.connect().close()
    except OSError:
        return False
    return True


def test_a_process_that_is_ending_says_that_it_is_not_ready(tmp_path):
    with Web.start(tmp_path / "data", limits={"drain_seconds": 30}) as web:
        kept = web.connect(HEAD + b"\r\n")
        assert b" 200 " in kept.recv(65_536)
        upload = web.connect(b"POST /api/v1/session/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{")
        web.process.send_signal(signal.SIGTERM)
        wait_for("it listens no more", lambda: not _takes_connections(web))
        kept.sendall(HEAD + b"\r\n")
        answer = read_all(kept)
        assert b" 503 " in answer.splitlines()[0]
        assert b'"code":"ending"' in answer
        upload.sendall(b"}")
        assert b" 403 " in upload.recv(65_536)
        assert web.process.wait(timeout=10) == 0


def test_a_second_signal_ends_it_at_once(tmp_path):
    folder = tmp_path / "data"
    with Web.start(folder, stand_in=True, limits=QUICK | {"drain_seconds": 30, "request_seconds": 30}) as web:
        held = web.connect(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_for("the request is worked on", (folder / "begun").exists)
        web.process.send_signal(signal.SIGTERM)
        wait_for("it listens no more", lambda: not _takes_connections(web))
        web.process.send_signal(signal.SIGTERM)
        assert web.process.wait(timeout=10) == 0
        held.close()
